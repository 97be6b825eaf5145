// SPDX-License-Identifier: GPL-3.0-or-later
#include <map>

#include "fields_value.h"
#include "syconn/core/sha256.h"
#include "syconn/exec/config.h"

namespace syconn {
namespace {

/// One text for one value: sorted keys, no spaces, numbers in their shortest form (7.0 is 7).
std::string canonical(const Json& json) {
  if (json.is_object()) {
    std::map<std::string, std::string> sorted;
    for (const auto& [key, value] : json.items()) sorted[key] = canonical(value);
    std::string text;
    for (const auto& [key, value] : sorted) text += (text.empty() ? "" : ",") + Json(key).dump() + ":" + value;
    return "{" + text + "}";
  }
  if (json.is_array()) {
    std::string text;
    for (const Json& item : json) text += (text.empty() ? "" : ",") + canonical(item);
    return "[" + text + "]";
  }
  return json.is_number_float() ? number_text(json.get<double>()) : json.dump();
}

/// Leaves by their dotted keys; arrays and empty objects are leaves.
void flatten(const Json& json, const std::string& prefix, std::map<std::string, std::string>& leaves) {
  if (!json.is_object() || json.empty()) {
    if (!prefix.empty()) leaves[prefix] = canonical(json);
    return;
  }
  for (const auto& [key, value] : json.items()) flatten(value, prefix.empty() ? key : prefix + "." + key, leaves);
}

}  // namespace

Json result_keys(const AnyConfig& config) {
  const auto copy = config.clone();  // describing binds members, so it cannot work on a const config
  Fields fields;
  copy->describe(fields);
  return json_of(fields, true);
}

Json result_keys(const DatasetConfig& config) {
  DatasetConfig copy = config;
  Fields fields;
  copy.describe(fields);
  return json_of(fields, true);
}

std::string config_hash(const Json& keys) { return sha256_hex(canonical(keys)); }

std::vector<std::string> changed_keys(const Json& before, const Json& now) {
  std::map<std::string, std::string> old_leaves, new_leaves, all;
  flatten(before, "", old_leaves);
  flatten(now, "", new_leaves);
  all.insert(old_leaves.begin(), old_leaves.end());
  all.insert(new_leaves.begin(), new_leaves.end());
  const auto text = [](const std::map<std::string, std::string>& leaves, const std::string& key) {
    const auto found = leaves.find(key);
    return found == leaves.end() ? std::string("(none)") : found->second;
  };
  std::vector<std::string> lines;
  for (const auto& [key, ignored] : all) {
    const std::string was = text(old_leaves, key), is = text(new_leaves, key);
    if (was != is) lines.push_back(key + ": " + was + " -> " + is);
  }
  return lines;
}

}  // namespace syconn
