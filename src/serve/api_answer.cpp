// SPDX-License-Identifier: GPL-3.0-or-later
#include "api_answer.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace syconn {
namespace {

bool is_id(const std::string& name) {
  constexpr std::array<const char*, 7> kNames{"id", "cell_a", "cell_b", "cell", "partner", "pre", "post"};
  return name.ends_with("_id") || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

const char* type_name(const QueryColumn& c) {
  if (is_id(c.name) && c.names.empty()) return "id";
  return c.type == SqlType::integer ? "integer" : c.type == SqlType::real ? "number" : "text";
}

}  // namespace

Json columns_json(const std::vector<QueryColumn>& columns) {
  Json list = Json::array();
  for (const QueryColumn& c : columns) {
    Json names = Json::object();
    for (const auto& [code, name] : c.names) names[std::to_string(code)] = name;
    list.push_back({{"name", c.name}, {"type", type_name(c)}, {"units", c.units}, {"doc", c.description}});
    if (!c.names.empty()) list.back()["names"] = names;
  }
  return list;
}

void JsonAnswer::begin(const std::vector<QueryColumn>& columns, const AnswerAbout& about) {
  columns_ = columns;
  about_ = Json::parse(about.json());
}

void JsonAnswer::row(const std::vector<QueryValue>& values) {
  const std::int64_t place = n_++;
  if (place < skipped_ || place - skipped_ >= most_) return;
  Json row = Json::array();
  for (std::size_t i = 0; i < values.size(); ++i) row.push_back(value(i, values[i]));
  rows_.push_back(std::move(row));
}

Json JsonAnswer::value(std::size_t column, const QueryValue& value) const {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  const QueryColumn& c = columns_.at(column);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    const auto name = c.names.find(*integer);
    if (!codes_ && name != c.names.end()) return name->second;
    if ((is_id(c.name) && c.names.empty()) || *integer > kExact || *integer < -kExact) return std::to_string(*integer);
    return *integer;
  }
  if (const auto* real = std::get_if<double>(&value)) return std::isfinite(*real) ? Json(*real) : Json(nullptr);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return nullptr;
}

Json JsonAnswer::json() const {
  return {{"about", about_}, {"columns", columns_json(columns_)}, {"n_rows", n_}, {"rows", rows_}};
}

Json JsonAnswer::object(std::size_t i) const {
  Json object = Json::object();
  for (std::size_t c = 0; c < columns_.size(); ++c) object[columns_[c].name] = rows_.at(i).at(c);
  return object;
}

}  // namespace syconn
