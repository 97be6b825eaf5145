// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <limits>

#include "config_root.h"
#include "fields_text.h"
#include "fields_value.h"

namespace syconn {
namespace {

Json table_schema(const Fields& fields);

template <class T>
Json integer_schema(const Field& field) {
  Json schema = {
      {"type", "integer"}, {"minimum", std::numeric_limits<T>::min()}, {"maximum", std::numeric_limits<T>::max()}};
  if (!field.range) return schema;
  if (field.range->min > static_cast<double>(std::numeric_limits<T>::min()))
    schema["minimum"] = static_cast<T>(std::ceil(field.range->min));
  if (field.range->max < static_cast<double>(std::numeric_limits<T>::max()))
    schema["maximum"] = static_cast<T>(std::floor(field.range->max));
  return schema;
}

Json number_schema(const Field& field) {
  Json schema = {{"type", "number"}};
  if (field.range && std::isfinite(field.range->min)) schema["minimum"] = field.range->min;
  if (field.range && std::isfinite(field.range->max)) schema["maximum"] = field.range->max;
  return schema;
}

Json text_schema(const Field& field) {
  Json schema = {{"type", "string"}};
  if (!field.choices.empty()) schema["enum"] = field.choices;
  return schema;
}

Json triple_schema(Json component) {
  return {{"type", "array"}, {"items", std::move(component)}, {"minItems", 3}, {"maxItems", 3}};
}

Json slot_schema(const Field& field, const Slot& slot) {
  return std::visit(
      Overloaded{[](bool*) {
                   return Json{{"type", "boolean"}};
                 },
                 [&](int*) { return integer_schema<int>(field); },
                 [&](std::int64_t*) { return integer_schema<std::int64_t>(field); },
                 [&](std::uint64_t*) { return integer_schema<std::uint64_t>(field); },
                 [&](double*) { return number_schema(field); }, [&](std::string*) { return text_schema(field); },
                 [&](Vec3i*) { return triple_schema(integer_schema<std::int64_t>(field)); },
                 [&](Vec3d*) { return triple_schema(number_schema(field)); },
                 [](const DescribeFunction& describe) { return table_schema(fields_of(describe)); },
                 [&](const std::shared_ptr<ListSlot>& list) {
                   return Json{{"type", "array"}, {"items", slot_schema(field, list->sample())}};
                 },
                 [&](const std::shared_ptr<MapSlot>& map) {
                   return Json{{"type", "object"},
                               {"propertyNames", {{"pattern", "^[A-Za-z0-9_-]+$"}}},
                               {"additionalProperties", slot_schema(field, map->sample())}};
                 },
                 [&](const std::shared_ptr<OptionalSlot>& optional) {
                   return Json{{"anyOf", {slot_schema(field, optional->sample()), Json{{"type", "null"}}}}};
                 }},
      slot.value);
}

Json field_schema(const Field& field) {
  Json schema = slot_schema(field, field.slot);
  schema["description"] = comment_of(field);
  if (!field.required && !std::holds_alternative<DescribeFunction>(field.slot.value))
    schema["default"] = json_of(field.slot, false);
  return schema;
}

Json table_schema(const Fields& fields) {
  Json properties = Json::object(), required = Json::array();
  for (const Field& field : fields.list()) {
    properties[field.key] = field_schema(field);
    if (field.required) required.push_back(field.key);
  }
  // A table without text, all its keys commented out, stands for its defaults.
  Json schema = {{"type", required.empty() ? Json{"object", "null"} : Json("object")},
                 {"additionalProperties", false},
                 {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

}  // namespace

Json config_schema(const std::vector<Section>& sections) {
  RunConfig config = default_config(sections);
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Configuration of a syconn run"}};
  schema.update(table_schema(root_fields(config, sections)));
  return schema;
}

}  // namespace syconn
