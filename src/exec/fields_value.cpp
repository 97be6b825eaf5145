// SPDX-License-Identifier: GPL-3.0-or-later
#include "fields_value.h"

#include <charconv>
#include <cmath>

namespace syconn {

Fields fields_of(const DescribeFunction& describe) {
  Fields fields;
  describe(fields);
  return fields;
}

namespace {

/// "+7" is 7; "007" is refused, as some YAML readers take it for octal.
std::optional<std::string> plain_digits(std::string text) {
  if (text.starts_with('+')) text.erase(0, 1);
  const std::string digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  return text;
}

template <class T>
std::optional<T> from_text(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_integer_text(const std::string& text) { return plain_digits(text).has_value(); }

std::optional<std::int64_t> parse_int(const std::string& text) {
  const auto digits = plain_digits(text);
  return digits ? from_text<std::int64_t>(*digits) : std::nullopt;
}

std::optional<std::uint64_t> parse_uint(const std::string& text) {
  const auto digits = plain_digits(text);
  return digits ? from_text<std::uint64_t>(*digits) : std::nullopt;
}

std::optional<double> parse_real(const std::string& text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  const auto value = from_text<double>(plus ? text.substr(1) : text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::string number_text(double value) {
  char buffer[32];
  if (value == 0) return "0";
  const bool is_round = std::abs(value) < 1e15 && value == std::floor(value);  // 1000000, not 1e+06
  const auto end = is_round ? std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr
                            : std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string yaml_text(const std::string& text) {
  static const std::vector<std::string> kReserved = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  std::string lower;
  bool plain = !text.empty();
  for (const char c : text) {
    plain = plain && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' || c == '.' || c == '-');
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const char first = text.empty() ? ' ' : text[0];
  if (std::isalpha(static_cast<unsigned char>(first)) == 0 && first != '/' && !text.starts_with("./") &&
      !text.starts_with("../") && text != "." && text != "..")
    plain = false;
  if (std::find(kReserved.begin(), kReserved.end(), lower) != kReserved.end()) plain = false;
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

namespace {

template <class T>
std::string scalar_text(const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::same_as<T, double>) {
    return number_text(value);
  } else if constexpr (std::same_as<T, std::string>) {
    return yaml_text(value);
  } else {
    return std::to_string(value);
  }
}

template <class T>
std::string scalar_text(const Vec3<T>& v) {
  return '[' + scalar_text(v.x) + ", " + scalar_text(v.y) + ", " + scalar_text(v.z) + ']';
}

std::string flow_table(const DescribeFunction& describe) {
  std::string text = "{";
  const Fields fields = fields_of(describe);
  for (const Field& field : fields.list())
    text += (text.size() > 1 ? ", " : "") + field.key + ": " + flow_yaml(field.slot);
  return text + "}";
}

std::string flow_list(ListSlot& list) {
  std::string text = "[";
  for (std::size_t i = 0; i < list.size(); ++i) text += (i > 0 ? ", " : "") + flow_yaml(list.at(i));
  return text + "]";
}

std::string flow_map(MapSlot& map) {
  std::string text = "{";
  for (const std::string& key : map.keys())
    text += (text.size() > 1 ? ", " : "") + yaml_text(key) + ": " + flow_yaml(map.put(key));
  return text + "}";
}

}  // namespace

std::string flow_yaml(const Slot& slot) {
  return std::visit(Overloaded{[](const DescribeFunction& describe) { return flow_table(describe); },
                               [](const std::shared_ptr<ListSlot>& list) { return flow_list(*list); },
                               [](const std::shared_ptr<MapSlot>& map) { return flow_map(*map); },
                               [](const std::shared_ptr<OptionalSlot>& optional) {
                                 return optional->has_value() ? flow_yaml(optional->get()) : std::string("null");
                               },
                               [](const auto* value) { return scalar_text(*value); }},
                    slot.value);
}

namespace {

Json scalar_json(double value) { return value == 0 ? 0.0 : value; }
template <class T>
Json scalar_json(const T& value) {
  return value;
}
template <class T>
Json scalar_json(const Vec3<T>& v) {
  return Json::array({scalar_json(v.x), scalar_json(v.y), scalar_json(v.z)});
}

Json json_list(ListSlot& list, bool only_results) {
  Json json = Json::array();
  for (std::size_t i = 0; i < list.size(); ++i) json.push_back(json_of(list.at(i), only_results));
  return json;
}

Json json_map(MapSlot& map, bool only_results) {
  Json json = Json::object();
  for (const std::string& key : map.keys()) json[key] = json_of(map.put(key), only_results);
  return json;
}

}  // namespace

Json json_of(const Slot& slot, bool only_results) {
  return std::visit(
      Overloaded{[&](const DescribeFunction& describe) { return json_of(fields_of(describe), only_results); },
                 [&](const std::shared_ptr<ListSlot>& list) { return json_list(*list, only_results); },
                 [&](const std::shared_ptr<MapSlot>& map) { return json_map(*map, only_results); },
                 [&](const std::shared_ptr<OptionalSlot>& optional) {
                   return optional->has_value() ? json_of(optional->get(), only_results) : Json();
                 },
                 [](const auto* value) { return scalar_json(*value); }},
      slot.value);
}

Json json_of(const Fields& fields, bool only_results) {
  Json json = Json::object();
  for (const Field& field : fields.list()) {
    if (only_results && !field.changes_results) continue;
    const auto* optional = std::get_if<std::shared_ptr<OptionalSlot>>(&field.slot.value);
    if (only_results && !field.hashed_unset && optional != nullptr && !(*optional)->has_value()) continue;
    json[field.key] = json_of(field.slot, only_results);
  }
  return json;
}

}  // namespace syconn
