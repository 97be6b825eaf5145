// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/connectome.h"

#include <algorithm>

#include "syconn/core/compartments.h"

#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/core/nearest_word.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {
namespace {

fs::path file_of(const fs::path& path) {
  const fs::path file = fs::is_directory(path) ? path / "connectome.sqlite" : path;
  if (!fs::exists(file))
    throw Error(Category::input,
                "no '" + file.string() + "': give a run whose stage tables is done, or an imported file");
  return file;
}

std::int64_t pragma(const fs::path& file, const std::string& name) {
  SqliteQuery query(file, "PRAGMA " + name);
  return query.next() ? query.integer(0) : 0;
}

SqlType type_of(const std::string& name) {
  return name == "REAL" ? SqlType::real : name == "TEXT" ? SqlType::text : SqlType::integer;
}

std::map<std::int64_t, std::string> names_of(const std::string& json, const fs::path& file) {
  std::map<std::int64_t, std::string> names;
  if (json.empty()) return names;
  const Json parsed = parse_json(json, file.string() + ", meta cell_types");
  if (!parsed.is_object()) return names;
  for (const auto& [code, name] : parsed.items())
    if (name.is_string() && !code.empty() && code.size() < 10 && code.find_first_not_of("0123456789") == code.npos)
      names[std::stoll(code)] = name.get<std::string>();
  names.erase(255);
  return names;
}

}  // namespace

std::vector<SqlIndex> synapse_indices(const std::vector<SqlColumn>& columns) {
  const auto has = [&](const char* name) {
    return std::any_of(columns.begin(), columns.end(), [&](const SqlColumn& c) { return c.name == name; });
  };
  std::vector<SqlIndex> indices{{"pre_id", "post_id"}, {"post_id", "pre_id"}};
  for (SqlIndex& index : indices)
    for (const char* summed : {"area_um2", "prob", "post_comp"})
      if (has(summed)) index.columns.emplace_back(summed);
  if (has("cell_a") && has("cell_b")) {
    indices.emplace_back(std::initializer_list<std::string>{"cell_a", "cell_b"}, kNoDirection);
    indices.emplace_back(std::initializer_list<std::string>{"cell_b", "cell_a"}, kNoDirection);
  }
  return indices;
}

const std::map<std::int64_t, std::string>& compartment_names() {
  static const std::map<std::int64_t, std::string> names = [] {
    std::map<std::int64_t, std::string> by_code;
    for (const char* name : kCompartmentNames) by_code.emplace(static_cast<std::int64_t>(by_code.size()), name);
    return by_code;
  }();
  return names;
}

Connectome::Connectome(const fs::path& path) : path_(file_of(path)) {
  if (pragma(path_, "application_id") != kConnectomeFile.application_id)
    throw Error(Category::input, "'" + path_.string() + "' is a SQLite file, but no connectome of syconn");
  if (const std::int64_t v = pragma(path_, "user_version"); v > kConnectomeFile.user_version)
    throw Error(Category::input, "'" + path_.string() + "' is of version " + std::to_string(v) +
                                     ", this program reads up to " + std::to_string(kConnectomeFile.user_version));
  for (SqliteQuery rows(path_, "SELECT name, value FROM meta"); rows.next();) meta_[rows.text(0)] = rows.text(1);
  types_ = names_of(meta("cell_types"), path_);
  std::map<std::string, QueryColumn> known;
  for (SqliteQuery rows(path_, "SELECT table_name, column_name, type, units, description FROM columns"); rows.next();)
    known[rows.text(0) + '\n' + rows.text(1)] = {rows.text(1), type_of(rows.text(2)), rows.text(3), rows.text(4)};
  // The order of columns is that of the tables themselves.
  SqliteQuery rows(path_,
                   "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' "
                   "AND m.name NOT IN ('meta', 'columns') ORDER BY m.name, c.cid");
  while (rows.next()) {
    const auto found = known.find(rows.text(0) + '\n' + rows.text(1));
    if (found == known.end()) continue;
    QueryColumn column = found->second;
    if (column.name == "pre_comp" || column.name == "post_comp") {
      column.names = compartment_names();
      for (const CompartmentGroup& group : kCompartmentGroups)
        for (std::size_t code = 0; code < kCompartmentNames.size(); ++code)
          if (group.holds(static_cast<std::uint8_t>(code)))
            column.groups[group.word].push_back(static_cast<std::int64_t>(code));
    }
    if (column.name == "pre_type" || column.name == "post_type" || (rows.text(0) == "cells" && column.name == "type"))
      column.names = types_;
    columns_[rows.text(0)].push_back(std::move(column));
  }
}

std::vector<std::string> Connectome::tables() const {
  std::vector<std::string> names;
  for (const auto& [name, columns] : columns_) names.push_back(name);
  return names;
}

const std::vector<QueryColumn>& Connectome::columns(const std::string& table) const {
  const auto found = columns_.find(table);
  if (found == columns_.end())
    throw Error(Category::usage,
                "'" + path_.string() + "' has no table '" + table + "'." + did_you_mean(table, tables()));
  return found->second;
}

bool Connectome::has_column(const std::string& table, const std::string& column) const {
  const auto found = columns_.find(table);
  if (found == columns_.end()) return false;
  for (const QueryColumn& c : found->second)
    if (c.name == column) return true;
  return false;
}

std::string Connectome::meta(const std::string& name) const {
  const auto found = meta_.find(name);
  return found == meta_.end() ? std::string() : found->second;
}

std::string Connectome::run_id() const {
  const Json provenance = Json::parse(meta("provenance"), nullptr, false);
  const std::string hash = provenance.is_object() ? provenance.value("stage_sha256", "") : "";
  return meta("dataset") + (hash.empty() ? "" : ":" + hash.substr(0, 16));
}

}  // namespace syconn
