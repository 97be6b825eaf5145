// SPDX-License-Identifier: GPL-3.0-or-later
// A run folder with tables as the stages leave them, small and odd: ids up to 2^64, sizes that nothing divides.
#pragma once
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <vector>

#include "algo/label_patterns.h"
#include "support/stage_run.h"
#include "syconn/algo/mesh.h"
#include "syconn/core/rng.h"
#include "syconn/io/dataset_builder.h"

namespace syconn::test {

/// A closed surface of 2 · rows · columns faces or so, with bumps.
inline Mesh bumpy_ball(const Vec3d& centre_nm, double radius_nm, int rows, int columns) {
  Mesh mesh;
  const auto add = [&](double theta, double phi) {
    const double r = radius_nm * (1 + 0.1 * std::sin(5 * phi) * std::sin(3 * theta) * std::sin(theta));
    mesh.vertices_nm.push_back(Vec3f(
        centre_nm + r * Vec3d(std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta))));
  };
  add(0, 0);
  for (int i = 1; i < rows; ++i)
    for (int k = 0; k < columns; ++k) add(std::numbers::pi * i / rows, 2 * std::numbers::pi * k / columns);
  add(std::numbers::pi, 0);
  const auto at = [&](int i, int k) {
    return static_cast<std::uint32_t>(i == 0      ? 0
                                      : i == rows ? 1 + (rows - 1) * columns
                                                  : 1 + (i - 1) * columns + k % columns);
  };
  for (int i = 0; i < rows; ++i)
    for (int k = 0; k < columns; ++k) {
      if (i > 0) mesh.faces.insert(mesh.faces.end(), {at(i, k), at(i + 1, k), at(i, k + 1)});
      if (i + 1 < rows) mesh.faces.insert(mesh.faces.end(), {at(i, k + 1), at(i + 1, k), at(i + 1, k + 1)});
    }
  return weld(mesh);
}

struct ExportRun {
  explicit ExportRun(const Box3& box_, std::uint64_t seed_ = 3) : box(box_), seed(seed_) {}
  Box3 box;
  std::uint64_t seed;
  int n_supervoxels = 40, n_synapses = 200;
  bool with_sv = true, with_raw = true, with_synapses = true;
  std::string more = {};  ///< lines of the config

  TempFolder temp;
  std::map<Id, Id> cell_of;
  std::map<Id, Mesh> meshes;

  std::string yaml(int threads = 1, const std::string& chunk_vx = "[64, 64, 64]") const {
    const auto triple = [](const Vec3i& v) {
      return "[" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + "]";
    };
    std::string volumes;
    if (with_sv) volumes += "sv: {path: sv.h5, dataset: sv, kind: labels}, ";
    if (with_raw) volumes += "raw: {path: raw.h5, dataset: raw, kind: image}, ";
    return "dataset: {name: t, voxel_size_nm: [10, 10, 25], chunk_vx: " + chunk_vx +
           ", box_vx: {min: " + triple(box.min) + ", max: " + triple(box.max) + "}, volumes: {" + volumes +
           "}}\nstages: [export]\nexecution: {threads: " + std::to_string(threads) + "}\n" + more;
  }
  fs::path run() const { return temp / "run"; }

  void write() {
    const Box3 whole{{}, box.max};
    Volume<Id> sv = patterns::voronoi(whole, n_supervoxels, 0.2, seed);
    sv.at(box.max - Vec3i(1)) = UINT64_MAX;
    std::map<Id, std::uint64_t> sizes;
    for (std::size_t i = 0; i < sv.count(); ++i) ++sizes[sv.data()[i]];
    sizes.erase(kBackground);
    Id last = kBackground;  // every second supervoxel joins the one before it
    for (const auto& [id, size] : sizes)
      cell_of[id] = last == kBackground ? id : last, last = last == kBackground ? id : kBackground;
    if (with_sv) write_volume(temp / "sv.h5", "sv", sv);
    Volume<std::uint8_t> raw(whole);
    Rng rng(seed);
    for (std::size_t i = 0; i < raw.count(); ++i) raw.data()[i] = static_cast<std::uint8_t>(rng.below(256));
    if (with_raw) write_volume(temp / "raw.h5", "raw", raw);
    write_supervoxels();
    write_cells();
    if (with_synapses) write_synapses();
  }

 private:
  static DatasetSchema schema(const std::string& type) {
    DatasetSchema s;
    s.type = type, s.voxel_size_nm = {10, 10, 25};
    return s;
  }
  void write_supervoxels() {
    DatasetSchema s = schema("sv");
    s.columns = {{"cell_id", DType::u64}};
    DatasetBuilder builder(s, 2);
    for (const auto& [sv, cell] : cell_of) {
      ShardBuilder& shard = builder.begin(sv);
      shard.set("cell_id", cell);
      shard.end();
    }
    builder.commit(run() / "datasets", "sso", "00000000");
  }
  void write_cells() {
    DatasetSchema s = schema("ssv");
    s.columns = {{"size_vx", DType::u64},
                 {"path_length_um", DType::f32, 1, "um", "length"},
                 {"cell_type", DType::u8, 1, "", "type", R"({"0":"MSN","1":"type two","255":"unknown"})"},
                 {"cell_type_certainty", DType::f32}};
    s.fields = {mesh_field(), skeleton_field({{"myelin", DType::u8, 1, "node_offset"},
                                              {"compartment", DType::u8, 1, "node_offset"}})};
    DatasetBuilder builder(s, 2);
    std::set<Id> cells;
    for (const auto& [sv, cell] : cell_of) cells.insert(cell);
    int number = 0;
    for (const Id id : cells) add_cell(builder.begin(id), id, number++);
    builder.commit(run() / "datasets", "sso", "00000000");
  }
  void add_cell(ShardBuilder& shard, Id id, int number) {
    Rng rng(seed, id);
    shard.set("size_vx", rng.below(1000));
    shard.set("path_length_um", static_cast<float>(rng.uniform(0, 100)));
    shard.set("cell_type", static_cast<std::uint8_t>(number % 3 == 2 ? 255 : number % 3));
    shard.set("cell_type_certainty", number % 3 == 2 ? std::nanf("") : static_cast<float>(rng.uniform()));
    if (number > 0) {  // the first has neither mesh nor skeleton
      const int rows = number == 1 ? 120 : number == 2 ? 40 : 6;
      const Mesh mesh =
          bumpy_ball(Vec3d(1000, 500, 800) * rng.uniform(0.1, 1), number == 1 ? 9000 : 700, rows, 2 * rows);
      meshes[id] = mesh;
      std::vector<float> xyz;
      for (const Vec3f& v : mesh.vertices_nm) xyz.insert(xyz.end(), {v.x, v.y, v.z});
      shard.append<float>("mesh", "vertices_nm", xyz);
      shard.append<std::uint32_t>("mesh", "faces", mesh.faces);
      add_skeleton(shard, rng, 1 + number);
    }
    shard.end();
  }
  static void add_skeleton(ShardBuilder& shard, Rng& rng, int n) {
    std::vector<float> xyz, radius;
    std::vector<std::int32_t> parent;
    std::vector<std::uint32_t> edges;
    std::vector<std::uint8_t> myelin, compartment;
    for (int i = 0; i < n; ++i) {
      for (int axis = 0; axis < 3; ++axis) xyz.push_back(static_cast<float>(rng.uniform(0, 2000)));
      radius.push_back(static_cast<float>(rng.uniform(20, 300)));
      parent.push_back(i == 0 ? -1 : static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(i))));
      if (i > 0) edges.insert(edges.end(), {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(parent.back())});
      myelin.push_back(static_cast<std::uint8_t>(rng.below(2)));
      compartment.push_back(static_cast<std::uint8_t>(rng.below(8) == 7 ? 255 : rng.below(7)));
    }
    shard.append<float>("skeleton", "nodes_nm", xyz);
    shard.append<float>("skeleton", "radius_nm", radius);
    shard.append<std::int32_t>("skeleton", "parent", parent);
    shard.append<std::uint32_t>("skeleton", "edges", edges);
    shard.append<std::uint8_t>("skeleton", "myelin", myelin);
    shard.append<std::uint8_t>("skeleton", "compartment", compartment);
  }
  void write_synapses() {
    DatasetSchema s = schema("syn_ssv");
    s.columns = {{"size_vx", DType::u64}, {"rep_vx", DType::i64, 3}, {"cell_a", DType::u64},
                 {"cell_b", DType::u64},  {"pre_id", DType::u64},    {"post_id", DType::u64},
                 {"prob", DType::f32},    {"area_um2", DType::f32},  {"sign", DType::i8}};
    for (const char* name : {"pre_comp", "post_comp", "post_type"}) s.columns.push_back({name, DType::u8});
    s.columns.push_back({"pre_type", DType::u8, 1, "", "", R"({"0":"MSN","1":"type two","255":"unknown"})"});
    DatasetBuilder builder(s, 2);
    std::vector<Id> cells;
    for (const auto& [sv, cell] : cell_of) cells.push_back(cell);
    cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
    for (int i = 0; i < n_synapses && cells.size() > 1; ++i) add_synapse(builder, cells, i);
    builder.commit(run() / "datasets", "synapses", "00000000");
  }
  void add_synapse(DatasetBuilder& builder, const std::vector<Id>& cells, int number) {
    const Id id = number == 0 ? (Id{1} << 63) + 5 : static_cast<Id>(number);
    Rng rng(seed, 77, id);
    ShardBuilder& shard = builder.begin(id);
    std::uint64_t a = rng.below(cells.size()), b = rng.below(cells.size() - 1);
    if (b >= a) ++b;
    if (a > b) std::swap(a, b);
    const std::uint64_t kind = rng.below(5);  // 0: no direction
    const Id pre = kind == 0       ? 0
                   : kind % 2 == 0 ? cells[a]
                                   : cells[b],
             post = kind == 0       ? 0
                    : kind % 2 == 0 ? cells[b]
                                    : cells[a];
    const auto coordinate = [&](int axis) {
      return box.min[axis] + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(box.size()[axis])));
    };
    shard.set("size_vx", 1 + rng.below(500));
    shard.set("rep_vx", Vec3i{coordinate(0), coordinate(1), coordinate(2)});
    shard.set("cell_a", cells[a]), shard.set("cell_b", cells[b]), shard.set("pre_id", pre), shard.set("post_id", post);
    shard.set("prob", number % 7 == 0 ? std::nanf("") : static_cast<float>(rng.uniform()));
    shard.set("area_um2", static_cast<float>(rng.uniform()));
    shard.set("sign", static_cast<std::int8_t>(static_cast<int>(rng.below(3)) - 1));
    for (const char* name : {"pre_comp", "post_comp"}) shard.set(name, static_cast<std::uint8_t>(rng.below(7)));
    for (const char* name : {"pre_type", "post_type"}) shard.set(name, static_cast<std::uint8_t>(rng.below(2)));
    shard.end();
  }
};

}  // namespace syconn::test
