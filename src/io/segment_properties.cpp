// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/segment_properties.h"

#include <cctype>
#include <charconv>
#include <cmath>

#include "precomputed_dtype.h"
#include "syconn/core/json.h"

namespace syconn {
namespace {

/// "[a,b,…]" of what text_of(i) gives.
template <class TextOf>
void add_list(std::string& text, std::size_t n, const TextOf& text_of) {
  text += '[';
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0) text += ',';
    text += text_of(i);
  }
  text += ']';
}

std::string number_text(DType dtype, double value) {
  if (!std::isfinite(value)) return "0";
  char buffer[64];
  const auto end = dtype == DType::f32
                       ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(value)).ptr
                       : std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(value)).ptr;
  return {buffer, end};
}

std::string tag_name(const std::string& name) {
  std::string tag = name.substr(std::min(name.find_first_not_of('#'), name.size()));
  for (char& c : tag)
    if (std::isspace(static_cast<unsigned char>(c)) != 0) c = '_';
  return tag.empty() ? "unnamed" : tag;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

SegmentProperties::SegmentProperties(const std::vector<Id>& ids) : n_(ids.size()) {
  text_ = R"({"@type":"neuroglancer_segment_properties","inline":{"ids":)";
  add_list(text_, n_, [&](std::size_t i) { return '"' + std::to_string(ids[i]) + '"'; });
  text_ += ",\n\"properties\":[";
}

/// An object of JSON, with a list of values to follow.
void SegmentProperties::begin(const std::string& json_without_end) {
  text_ += (any_ ? ",\n" : "\n") + json_without_end + ",\"values\":";
  any_ = true;
}

void SegmentProperties::add_labels(const std::string& description, const std::vector<std::string>& values) {
  begin(R"({"id":"label","type":"label","description":)" + Json(description).dump());
  add_list(text_, n_, [&](std::size_t i) { return Json(values[i]).dump(); });
  text_ += '}';
}

void SegmentProperties::add_tags(const std::vector<std::string>& names, const std::vector<int>& tag_of) {
  std::vector<std::string> tags;
  std::vector<std::size_t> place(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string tag = tag_name(names[i]);
    std::size_t at = 0;
    while (at < tags.size() && lower(tags[at]) != lower(tag)) ++at;
    if (at == tags.size()) tags.push_back(tag);
    place[i] = at;
  }
  begin(R"({"id":"tags","type":"tags","tags":)" + Json(tags).dump());
  add_list(text_, n_, [&](std::size_t i) {
    return tag_of[i] < 0 ? std::string("[]")
                         : '[' + std::to_string(place.at(static_cast<std::size_t>(tag_of[i]))) + ']';
  });
  text_ += '}';
}

void SegmentProperties::add_numbers(const std::string& id, DType dtype, const std::string& description,
                                    std::span<const double> values) {
  const DType stored = dtype_bytes(dtype) > 4 ? DType::f32 : dtype;
  begin(R"({"id":)" + Json(id).dump() + R"(,"type":"number","data_type":")" + precomputed_dtype(stored) +
        R"(","description":)" + Json(description).dump());
  add_list(text_, n_, [&](std::size_t i) { return number_text(stored, values[i]); });
  text_ += '}';
}

std::string SegmentProperties::info() const { return text_ + "\n]}}\n"; }

}  // namespace syconn
