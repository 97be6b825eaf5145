// SPDX-License-Identifier: GPL-3.0-or-later
#include "dataset_sources.h"

#include <cstdio>

#include "syconn/io/dataset_top.h"

namespace syconn {
namespace {

constexpr std::string_view kNumber = "%04d";

std::string numbered(const std::string& pattern, std::size_t shard) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%04zu", shard);
  std::string name = pattern;
  return name.replace(name.find(kNumber), kNumber.size(), digits);
}

std::string pattern_of(const std::vector<std::string>& files) {
  constexpr std::string_view kEnd = "0000.h5";
  if (files.empty() || !files[0].ends_with(kEnd) || files[0].find('%') != std::string::npos) return "";
  const std::string pattern = files[0].substr(0, files[0].size() - kEnd.size()) + std::string(kNumber) + ".h5";
  for (std::size_t k = 0; k < files.size(); ++k)
    if (files[k] != numbered(pattern, k)) return "";
  return pattern;
}

std::vector<std::string> files_from_json(const Json& json, std::size_t n_shards) {
  if (!json.is_string()) return json.get<std::vector<std::string>>();
  const std::string pattern = json.get<std::string>();
  std::vector<std::string> files;
  if (pattern.find(kNumber) == std::string::npos) return files;
  for (std::size_t k = 0; k < n_shards; ++k) files.push_back(numbered(pattern, k));
  return files;
}

}  // namespace

Json files_to_json(const std::vector<std::string>& files) {
  const std::string pattern = pattern_of(files);
  return pattern.empty() ? Json(files) : Json(pattern);
}

Json sources_to_json(const std::vector<StageSource>& sources) {
  Json json = Json::array();
  for (const StageSource& s : sources)
    json.push_back({{"stage", s.stage},
                    {"files", files_to_json(s.files)},
                    {"bytes", s.bytes},
                    {"columns", s.columns},
                    {"fields", s.fields}});
  return json;
}

std::vector<StageSource> sources_from_json(const std::string& text, std::size_t n_shards, const std::string& origin) {
  const Json json = parse_json(text, origin);
  std::vector<StageSource> sources;
  try {
    for (const Json& s : json) {
      sources.push_back({s.at("stage").get<std::string>(), files_from_json(s.at("files"), n_shards),
                         s.at("bytes").get<std::vector<std::uint64_t>>(),
                         s.at("columns").get<std::vector<std::string>>(),
                         s.at("fields").get<std::vector<std::string>>()});
      if (sources.back().files.size() != n_shards || sources.back().bytes.size() != n_shards)
        throw Error(Category::input, origin + ": stage '" + sources.back().stage + "' does not list " +
                                         std::to_string(n_shards) + " files and sizes");
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(Category::input, origin + ": " + error.what());
  }
  if (sources.empty()) throw Error(Category::input, origin + ": lists no files");
  return sources;
}

}  // namespace syconn
