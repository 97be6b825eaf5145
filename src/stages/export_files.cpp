// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/export_files.h"

#include <algorithm>
#include <functional>

#include "node_compartments.h"
#include "syconn/core/compartments.h"
#include "syconn/core/error.h"
#include "syconn/core/ids.h"
#include "syconn/io/mesh_files.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/swc_writer.h"

namespace syconn {
namespace {

SegmentationDataset open_cells(const FileExport& o, const std::string& field, const std::string& part) {
  const fs::path file = o.run / "datasets/ssv.h5";
  if (!fs::exists(file))
    throw Error(Category::input, "'" + o.run.string() + "' has no datasets/ssv.h5: it is no run with cells");
  auto cells = SegmentationDataset::open(file);
  if (!cells.has_part(field, part))
    throw Error(Category::input, "'" + file.string() + "': its cells have no field '" + field + "'");
  return cells;
}

/// Calls one(id, row) for the cells asked for; counts those for which it is true.
std::size_t for_cells(const FileExport& o, const SegmentationDataset& cells, const std::function<bool(Id, Row)>& one) {
  make_folder(o.out);
  std::size_t written = 0;
  if (!o.cells.empty()) {
    std::vector<std::pair<Id, Row>> rows;  // a wrong id is an error before anything is written
    for (const Id id : o.cells) rows.push_back({id, cells.at(id)});
    for (const auto& [id, row] : rows) written += one(id, row);
    return written;
  }
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard)
    cells.for_each(shard, [&](Id id, Row row) { written += one(id, row); });
  return written;
}

std::int32_t swc_type(std::uint8_t compartment) {
  constexpr std::int32_t kUndefined = 0, kSoma = 1, kAxon = 2, kDendrite = 3;
  if (is_soma(compartment)) return kSoma;
  if (is_dendrite(compartment)) return kDendrite;
  return is_axon(compartment) ? kAxon : kUndefined;
}

/// Parents first: the stored order where it is so already, else by depth.
NeuronTree tree_of(const std::vector<float>& xyz, const std::vector<float>& radius,
                   const std::vector<std::int32_t>& parent, const std::vector<std::uint8_t>& compartment) {
  const std::size_t n = parent.size();
  std::vector<std::int32_t> place(n, -1);
  std::vector<std::size_t> order, chain;
  for (std::size_t i = 0; i < n; ++i) {
    for (auto at = static_cast<std::int32_t>(i);
         at >= 0 && place[static_cast<std::size_t>(at)] < 0 && chain.size() <= n;
         at = parent[static_cast<std::size_t>(at)])
      chain.push_back(static_cast<std::size_t>(at));
    for (; !chain.empty(); chain.pop_back())
      if (place[chain.back()] < 0)
        place[chain.back()] = static_cast<std::int32_t>(order.size()), order.push_back(chain.back());
  }
  NeuronTree tree;
  for (const std::size_t i : order) {
    tree.nodes_nm.push_back(
        {static_cast<double>(xyz[3 * i]), static_cast<double>(xyz[3 * i + 1]), static_cast<double>(xyz[3 * i + 2])});
    tree.radius_nm.push_back(static_cast<double>(radius[i]));
    tree.type.push_back(compartment.empty() ? 0 : swc_type(compartment[i]));
    tree.parent.push_back(parent[i] < 0 ? -1 : place[static_cast<std::size_t>(parent[i])]);
  }
  return tree;
}

void check_skeleton(Id id, std::size_t nodes, const std::vector<float>& radius,
                    const std::vector<std::int32_t>& parent) {
  const bool good = radius.size() == nodes && parent.size() == nodes &&
                    std::all_of(parent.begin(), parent.end(),
                                [&](std::int32_t p) { return p < 0 || static_cast<std::size_t>(p) < nodes; });
  if (!good) throw Error(Category::input, "the skeleton of cell " + std::to_string(id) + " is damaged");
}

using WriteMesh = void (*)(const fs::path&, std::span<const float>, std::span<const std::uint32_t>, const std::string&);

std::size_t export_meshes_as(const FileExport& o, const std::string& extension, WriteMesh write) {
  const SegmentationDataset cells = open_cells(o, "mesh", "vertices_nm");
  const auto vertices = cells.ragged<float>("mesh", "vertices_nm");
  const auto faces = cells.ragged<std::uint32_t>("mesh", "faces");
  return for_cells(o, cells, [&](Id id, Row row) {
    const std::vector<std::uint32_t> list = faces(row);
    if (list.empty()) return false;
    write(o.out / (std::to_string(id) + extension), vertices(row), list,
          "cell " + std::to_string(id) + ", units nm, origin: corner of the data set; syconn");
    return true;
  });
}

}  // namespace

std::size_t export_swc(const FileExport& o) {
  const SegmentationDataset cells = open_cells(o, "skeleton", "parent");
  const auto nodes = cells.ragged<float>("skeleton", "nodes_nm");
  const auto radii = cells.ragged<float>("skeleton", "radius_nm");
  const auto parents = cells.ragged<std::int32_t>("skeleton", "parent");
  const NodeCompartments compartments(cells);
  const std::string unit = o.nm_per_unit == 1 ? "nm" : "um";
  return for_cells(o, cells, [&](Id id, Row row) {
    const std::vector<float> xyz = nodes(row), radius = radii(row);
    const std::vector<std::int32_t> parent = parents(row);
    if (xyz.empty()) return false;
    check_skeleton(id, xyz.size() / 3, radius, parent);
    const std::vector<std::uint8_t> compartment = compartments.read(id, row, parent.size());
    write_swc(o.out / (std::to_string(id) + ".swc"), tree_of(xyz, radius, parent, compartment), o.nm_per_unit,
              {"cell " + std::to_string(id) + "; syconn", "units: " + unit + "; origin: corner of the data set",
               "types: 0 unknown, 1 soma, 2 axon, 3 dendrite", "provenance: " + cells.provenance_json(),
               "id type x y z radius parent"});
    return true;
  });
}

std::size_t export_ply(const FileExport& o) { return export_meshes_as(o, ".ply", write_ply); }
std::size_t export_obj(const FileExport& o) { return export_meshes_as(o, ".obj", write_obj); }

}  // namespace syconn
