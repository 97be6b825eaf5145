// SPDX-License-Identifier: GPL-3.0-or-later
#include "fields_text.h"

#include <cmath>

#include "fields_value.h"

namespace syconn {

std::string range_text(const Range& range) {
  return "[" + number_text(range.min) + ", " + number_text(range.max) + "]";
}

std::string choices_text(const std::vector<std::string>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i)
    text += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i];
  return text;
}

std::string expected_text(const Field& field, const Slot& slot) {
  const bool positive = field.range && field.range->min > 0 && std::isinf(field.range->max);
  const std::string sign = positive ? "positive " : "";
  return std::visit(
      Overloaded{
          [](bool*) { return std::string("true or false"); },
          [&](int*) { return (positive ? "a positive" : "an") + std::string(" integer"); },
          [&](std::int64_t*) { return (positive ? "a positive" : "an") + std::string(" integer"); },
          [&](std::uint64_t*) { return std::string("an integer"); }, [&](double*) { return "a " + sign + "number"; },
          [&](std::string*) { return field.choices.empty() ? "text" : choices_text(field.choices); },
          [&](Vec3i*) { return "3 " + sign + "integers"; }, [&](Vec3d*) { return "3 " + sign + "numbers"; },
          [](const DescribeFunction&) { return std::string("a map of keys"); },
          [](const std::shared_ptr<ListSlot>&) { return std::string("a list"); },
          [](const std::shared_ptr<MapSlot>&) { return std::string("a map of names"); },
          [&](const std::shared_ptr<OptionalSlot>& optional) { return expected_text(field, optional->sample()); }},
      slot.value);
}

std::string limits_text(const Field& field) {
  if (!field.choices.empty()) return choices_text(field.choices);
  if (!field.range) return "";
  if (std::isinf(field.range->max)) return "at least " + number_text(field.range->min);
  return number_text(field.range->min) + " to " + number_text(field.range->max);
}

std::string comment_of(const Field& field) {
  std::string extra = field.units;
  if (const std::string limits = limits_text(field); !limits.empty()) extra += (extra.empty() ? "" : ", ") + limits;
  if (field.required) extra += extra.empty() ? "required" : ", required";
  std::string text = field.doc + (extra.empty() ? "" : " (" + extra + ")");
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string type_text(const Slot& slot) {
  return std::visit(
      Overloaded{[](bool*) { return std::string("true or false"); }, [](int*) { return std::string("integer"); },
                 [](std::int64_t*) { return std::string("integer"); }, [](std::uint64_t*) { return std::string("id"); },
                 [](double*) { return std::string("number"); }, [](std::string*) { return std::string("text"); },
                 [](Vec3i*) { return std::string("3 integers"); }, [](Vec3d*) { return std::string("3 numbers"); },
                 [](const DescribeFunction&) { return std::string("keys"); },
                 [](const std::shared_ptr<ListSlot>& list) { return "list of " + type_text(list->sample()); },
                 [](const std::shared_ptr<MapSlot>& map) { return type_text(map->sample()) + " by name"; },
                 [](const std::shared_ptr<OptionalSlot>& optional) { return type_text(optional->sample()); }},
      slot.value);
}

}  // namespace syconn
