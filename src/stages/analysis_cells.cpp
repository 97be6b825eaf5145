// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis_cells.h"

#include <cmath>

#include "code_names.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/io/connectome.h"
#include "syconn/io/dataset_top.h"
#include "syconn/io/query.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {
namespace {

fs::path top_of(const fs::path& run, const std::string& type) { return run / "datasets" / (type + ".h5"); }

/// The 8 digits of ssv/pointcloud-d7a83cff_0000.h5.
std::string hash_in(const std::string& file) {
  const std::size_t end = file.rfind('_'), begin = file.rfind('-', end);
  return end == file.npos || begin == file.npos ? "" : file.substr(begin + 1, end - begin - 1);
}

/// Shards of `sso` have hashes of their own; the stage's is in the provenance.
std::string hash_of(const TopFile& top, const ShardSet& set) {
  const Json provenance = Json::parse(top.provenance_json, nullptr, false);
  if (provenance.is_object() && provenance.value("stage", "") == set.stage)
    return provenance.value("stage_sha256", "").substr(0, 8);
  return set.files.empty() ? "" : hash_in(set.files.front());
}

}  // namespace

std::string made_by(const fs::path& run, const std::string& type) {
  const TopFile top = read_top_file(top_of(run, type));
  std::string text;
  for (const ShardSet& set : top.sets) text += (text.empty() ? "" : ", ") + set.stage + "-" + hash_of(top, set);
  return text;
}

SegmentationDataset open_table(const fs::path& run, const std::string& type, const std::string& stage) {
  const fs::path file = top_of(run, type);
  if (!fs::exists(file))
    throw Error(Category::input,
                "'" + run.string() + "' has no datasets/" + type + ".h5; run stage " + stage + " first");
  return SegmentationDataset::open(file);
}

void lacks(const fs::path& run, const std::string& type, const std::string& what, const std::string& stage) {
  throw Error(Category::input,
              "'" + top_of(run, type).string() + "' has no " + what + "; run stage " + stage + " first");
}

QueryValue known(double value) { return std::isnan(value) ? QueryValue() : QueryValue(value); }

QueryValue integer_or_unknown(bool known, Id value) {
  return known ? QueryValue(static_cast<std::int64_t>(value)) : QueryValue();
}

QueryValue type_value(std::uint8_t type) { return integer_or_unknown(type != kUnknownLabel, type); }

AnalysisCells::AnalysisCells(const fs::path& run, const std::string& where)
    : run_(run), cells_(open_table(run, "ssv", "sso")), compartments_(cells_) {
  if (cells_.has_column("cell_type")) types_ = cells_.column<std::uint8_t>("cell_type");
  names_ = code_names(cells_, "cell_type");
  names_.erase(kUnknownLabel);
  if (!cells_.has_part("skeleton", "nodes_nm")) lacks(run, "ssv", "skeletons", "sso");
  if (where.empty()) return;
  const Connectome connectome(run);
  where_ = count_clauses(connectome, "cells", "1", where, "");
  kept_.emplace();
  SqliteQuery rows(connectome.path(),
                   "SELECT id FROM cells WHERE " + sql_condition(parse_filter(where, connectome.columns("cells"))));
  while (rows.next()) kept_->insert(static_cast<Id>(rows.integer(0)));
}

AnswerAbout AnalysisCells::about(const std::string& question) const {
  AnswerAbout about = where_.value_or(AnswerAbout{});
  about.question = question, about.run = "cells made by " + made_by(run_, "ssv");
  about.rows = cells_.size();
  return about;
}

std::string AnalysisCells::type_name(std::uint8_t code) const {
  if (code == kUnknownLabel) return "unknown";
  const auto found = names_.find(code);
  return found == names_.end() ? "type " + std::to_string(code) : found->second;
}

void AnalysisCells::need_compartments() const {
  if (compartments_.source().empty()) lacks(run_, "ssv", "compartments of nodes (node_comp)", "pointcloud");
}

void AnalysisCells::need_myelin() const {
  if (!cells_.has_part("skeleton", "myelin"))
    lacks(run_, "ssv", "myelin on its skeletons: it needs dataset.volumes.myelin, or chunk-infer that makes it",
          "sso with it");
}

CellPath AnalysisCells::path(Id id, Row row, bool with_compartments, bool with_myelin) const {
  CellPath out;
  const auto xyz = cells_.ragged<float>("skeleton", "nodes_nm")(row);
  for (std::size_t i = 0; i + 2 < xyz.size(); i += 3) out.nodes_nm.push_back({xyz[i], xyz[i + 1], xyz[i + 2]});
  const std::size_t n = out.nodes_nm.size();
  const auto edges = cells_.ragged<std::uint32_t>("skeleton", "edges")(row);
  const auto parent = cells_.ragged<std::int32_t>("skeleton", "parent")(row);
  const auto bridge = cells_.has_part("skeleton", "bridge_nm") ? cells_.ragged<float>("skeleton", "bridge_nm")(row)
                                                               : std::vector<float>{};
  std::vector<std::uint8_t> myelin;
  if (with_myelin) myelin = cells_.ragged<std::uint8_t>("skeleton", "myelin")(row);
  if (with_compartments) out.comp = compartments_.read(id, row, n);
  if (parent.size() != n || (with_myelin && myelin.size() != n) ||
      (!bridge.empty() && 2 * bridge.size() != edges.size()))
    throw Error(Category::input, "skeleton of cell " + std::to_string(id) + ": not one label a node or edge");
  for (std::size_t e = 0; 2 * e + 1 < edges.size(); ++e) {
    std::uint32_t a = edges[2 * e], b = edges[2 * e + 1];
    if (a >= n || b >= n)
      throw Error(Category::input,
                  "skeleton of cell " + std::to_string(id) + ": an edge names a node it does not have");
    if (!bridge.empty() && bridge[e] > 0) continue;
    if (parent[a] == static_cast<std::int32_t>(b)) std::swap(a, b);
    const Vec3d d = Vec3d(out.nodes_nm[b]) - Vec3d(out.nodes_nm[a]);
    out.edges.push_back({a, b, std::sqrt(d.dot(d)), with_myelin && myelin[b] != 0});
  }
  return out;
}

}  // namespace syconn
