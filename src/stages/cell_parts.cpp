// SPDX-License-Identifier: GPL-3.0-or-later
#include "cell_parts.h"

#include <mutex>

#include "syconn/core/error.h"

namespace syconn {
namespace {

std::vector<Vec3f> points_of(const std::vector<float>& xyz) {
  std::vector<Vec3f> points(xyz.size() / 3);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = {xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]};
  return points;
}

SegmentationDataset open_cells(const fs::path& run, const std::vector<std::string>& without) {
  const fs::path file = run / "datasets" / "ssv.h5";
  if (!fs::exists(file))
    throw Error(Category::input, "'" + run.string() + "' has no datasets/ssv.h5; run stage sso first");
  auto cells = SegmentationDataset::open(file, without);
  if (!cells.has_part("mesh", "vertices_nm") || !cells.has_part("skeleton", "nodes_nm"))
    throw Error(Category::input, "'" + file.string() + "': its cells have no meshes or no skeletons");
  return cells;
}

}  // namespace

CellReader::CellReader(const fs::path& run, const std::vector<std::string>& without)
    : cells_(open_cells(run, without)),
      mi_(open(run / "datasets/mi.h5", "mi_ids", without)),
      vc_(open(run / "datasets/vc.h5", "vc_ids", without)),
      syn_(open(run / "datasets/syn_ssv.h5", "syn_ids", without)) {}

std::shared_ptr<const CellReader> shared_cell_reader(const fs::path& run, const std::vector<std::string>& without) {
  std::string wanted = run.string();
  for (const std::string& stage : without) wanted += " " + stage;
  for (const char* table : {"ssv.h5", "mi.h5", "vc.h5", "syn_ssv.h5"}) {
    const fs::path file = run / "datasets" / table;
    wanted += " " + (fs::exists(file) ? std::to_string(file_crc32c(file)) : "none");
  }
  static std::mutex mutex;
  static std::string kept;
  static std::shared_ptr<const CellReader> reader;
  const std::lock_guard lock(mutex);
  if (reader == nullptr || kept != wanted) {
    reader = std::make_shared<const CellReader>(run, without);
    kept = wanted;
  }
  return reader;
}

std::optional<CellReader::Objects> CellReader::open(const fs::path& file, const std::string& ids,
                                                    const std::vector<std::string>& without) const {
  if (!fs::exists(file) || !cells_.has_part(ids, "ids")) return std::nullopt;
  auto table = SegmentationDataset::open(file, without);
  if (!table.has_part("mesh", "vertices_nm")) return std::nullopt;
  auto vertices = table.ragged<float>("mesh", "vertices_nm");
  return Objects{std::move(table), cells_.ragged<Id>(ids, "ids"), std::move(vertices)};
}

std::vector<std::string> CellReader::missing() const {
  std::vector<std::string> names;
  if (!mi_) names.push_back("mi");
  if (!vc_) names.push_back("vc");
  if (!syn_) names.push_back("syn_ssv");
  return names;
}

void CellReader::append(const std::optional<Objects>& objects, Row cell, std::vector<Vec3f>& out,
                        std::vector<std::int8_t>* sign) const {
  if (!objects) return;
  std::optional<Column<std::int8_t>> signs;
  if (sign != nullptr && objects->table.has_column("sign")) signs = objects->table.column<std::int8_t>("sign");
  std::vector<float> xyz;
  for (const Id id : objects->ids(cell)) {
    const Row row = objects->table.at(id);
    objects->vertices.read(row, xyz);
    const std::vector<Vec3f> points = points_of(xyz);
    out.insert(out.end(), points.begin(), points.end());
    if (sign != nullptr) sign->resize(out.size(), signs ? (*signs)(row) : std::int8_t{0});
  }
}

CellParts CellReader::read_skeleton(Id cell, Row row) const {
  CellParts parts;
  parts.id = cell;
  parts.nodes_nm = points_of(cells_.ragged<float>("skeleton", "nodes_nm")(row));
  const auto edges = cells_.ragged<std::uint32_t>("skeleton", "edges")(row);
  for (std::size_t e = 0; e + 1 < edges.size(); e += 2) {
    if (edges[e] >= parts.nodes_nm.size() || edges[e + 1] >= parts.nodes_nm.size())
      throw Error(Category::input, "skeleton of cell " + std::to_string(cell) + ": edge " + std::to_string(e / 2) +
                                       " names a node it does not have");
    parts.edges.push_back({edges[e], edges[e + 1]});
  }
  if (cells_.has_part("skeleton", "radius_nm")) {
    parts.node_radius_nm = cells_.ragged<float>("skeleton", "radius_nm")(row);
    if (parts.node_radius_nm.size() != parts.nodes_nm.size())
      throw Error(Category::input, "skeleton of cell " + std::to_string(cell) + ": not one radius a node");
  }
  if (cells_.has_part("skeleton", "myelin")) {
    parts.node_myelin = cells_.ragged<std::uint8_t>("skeleton", "myelin")(row);
    if (parts.node_myelin.size() != parts.nodes_nm.size())
      throw Error(Category::input, "skeleton of cell " + std::to_string(cell) + ": not one myelin label a node");
  }
  return parts;
}

CellParts CellReader::read(Id cell, Row row) const {
  CellParts parts = read_skeleton(cell, row);
  parts.surface_nm = points_of(cells_.ragged<float>("mesh", "vertices_nm")(row));
  append(mi_, row, parts.mi_nm, nullptr);
  append(vc_, row, parts.vc_nm, nullptr);
  append(syn_, row, parts.syn_nm, &parts.syn_sign);
  return parts;
}

}  // namespace syconn
