// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "support/stage_run.h"
#include "syconn/core/union_find.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {
namespace {

// 30 um box, 3 cells.
std::string yaml(int threads, const std::string& keys = "") {
  return "dataset:\n  name: cells\n  voxel_size_nm: [10, 10, 25]\n  box_vx: {min: [0, 0, 0], max: [3000, 3000, "
         "1200]}\n  volumes: {}\n"
         "stages: [phantom-vector]\nphantom-vector: {n_cells: 3, seed: 3, mesh_grid_nm: 150" +
         keys + "}\nexecution: {threads: " + std::to_string(threads) + "}\n";
}

const fs::path& run_folder() {
  static const test::TempFolder folder;
  static const fs::path run = [] {
    test::run_stages(yaml(1), folder.path());
    return folder.path() / "run";
  }();
  return run;
}
SegmentationDataset table(const std::string& type) {
  return SegmentationDataset::open(run_folder() / "datasets" / (type + ".h5"));
}

template <class F>
void for_all(const SegmentationDataset& set, F fn) {
  for (std::uint32_t s = 0; s < set.n_shards(); ++s) set.for_each(s, fn);
}

// Every directed edge once and its opposite once: closed and oriented.
void expect_closed(const SegmentationDataset& set, Id id) {
  const auto faces = set.ragged<std::uint32_t>("mesh", "faces", id);
  const std::size_t vertices = set.ragged<float>("mesh", "vertices_nm", id).size() / 3;
  ASSERT_GT(faces.size(), 0u) << set.type() << ' ' << id;
  std::set<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (std::size_t f = 0; f < faces.size(); f += 3)
    for (std::size_t k = 0; k < 3; ++k) {
      ASSERT_LT(faces[f + k], vertices);
      ASSERT_TRUE(edges.insert({faces[f + k], faces[f + (k + 1) % 3]}).second) << set.type() << ' ' << id;
    }
  for (const auto& [a, b] : edges) ASSERT_TRUE(edges.contains({b, a})) << set.type() << ' ' << id;
}

TEST(PhantomVector, EveryMeshIsClosed) {
  for (const char* type : {"ssv", "mi", "vc", "syn_ssv"}) {
    const SegmentationDataset set = table(type);
    EXPECT_GT(set.size(), type == std::string("ssv") ? 2u : 10u) << type;
    EXPECT_TRUE(set.verify(VerifyLevel::full).empty()) << type;
    for_all(set, [&](Id id, Row) { expect_closed(set, id); });
  }
}

TEST(PhantomVector, ASkeletonIsOneTree) {
  const SegmentationDataset ssv = table("ssv");
  ASSERT_EQ(ssv.size(), 3u);
  const auto path_um = ssv.column<float>("path_length_um");
  for_all(ssv, [&](Id id, Row row) {
    const auto xyz = ssv.ragged<float>("skeleton", "nodes_nm", id);
    const auto edges = ssv.ragged<std::uint32_t>("skeleton", "edges", id);
    const auto parent = ssv.ragged<std::int32_t>("skeleton", "parent", id);
    const std::size_t n = parent.size();
    ASSERT_EQ(xyz.size(), 3 * n);
    ASSERT_EQ(edges.size(), 2 * (n - 1));
    ASSERT_EQ(ssv.ragged<float>("skeleton", "radius_nm", id).size(), n);
    UnionFind pieces(static_cast<std::uint32_t>(n));
    double length_nm = 0;
    for (std::size_t e = 0; e < edges.size(); e += 2) {
      ASSERT_NE(pieces.find(edges[e]), pieces.find(edges[e + 1]));  // no ring
      pieces.unite(edges[e], edges[e + 1]);
      ASSERT_EQ(parent[edges[e + 1]], static_cast<std::int32_t>(edges[e]));
      double sum = 0;
      for (std::size_t k = 0; k < 3; ++k)
        sum += std::pow(static_cast<double>(xyz[3 * edges[e] + k]) - static_cast<double>(xyz[3 * edges[e + 1] + k]), 2);
      length_nm += std::sqrt(sum);
    }
    EXPECT_NEAR(static_cast<double>(path_um(row)), length_nm / 1000, 0.01);
    for (const std::uint8_t c : ssv.ragged<std::uint8_t>("skeleton", "compartment", id))
      EXPECT_TRUE(c <= 6 || c == 255);
    EXPECT_EQ(ssv.ragged<std::uint8_t>("vertex_comp", "values", id).size() * 3,
              ssv.ragged<float>("mesh", "vertices_nm", id).size());
  });
}

// Skeletons run through the soma, and its nodes are those within it.
TEST(PhantomVector, TheSomasNodesLieInIt) {
  const SegmentationDataset ssv = table("ssv");
  const auto radius = ssv.column<float>("soma_radius_nm"), soma_um = ssv.column<float>("soma_um");
  std::size_t somata = 0;
  for_all(ssv, [&](Id id, Row row) {
    const auto xyz = ssv.ragged<float>("skeleton", "nodes_nm", id), r = ssv.ragged<float>("skeleton", "radius_nm", id);
    const auto comp = ssv.ragged<std::uint8_t>("skeleton", "compartment", id);
    if (std::isnan(radius(row))) return;
    ++somata;
    std::size_t inside = 0;
    for (std::size_t i = 0; i < comp.size(); ++i) {
      double square = 0;
      for (std::size_t k = 0; k < 3; ++k)
        square += std::pow(static_cast<double>(xyz[3 * i + k]) - static_cast<double>(xyz[k]), 2);
      if (comp[i] != 6) continue;
      ++inside;
      EXPECT_LT(std::sqrt(square), radius(row));
      EXPECT_GT(r[i], 100);
    }
    EXPECT_GT(inside, 10u);  // a node every half micrometre of each stem
    EXPECT_GT(soma_um(row), 2 * radius(row) / 1000);
  });
  EXPECT_GT(somata, 0u);
}

// What the cells list is what the objects say, and the other way round.
TEST(PhantomVector, IdsAgreeAcrossTables) {
  const SegmentationDataset ssv = table("ssv");
  for (const std::string type : {"mi", "vc"}) {
    const SegmentationDataset set = table(type);
    std::map<Id, std::set<Id>> by_cell;
    const auto cell_id = set.column<Id>("cell_id");
    for_all(set, [&](Id id, Row row) { by_cell[cell_id(row)].insert(id); });
    const auto count = ssv.column<std::uint32_t>("n_" + type);
    std::size_t cells = 0;
    for_all(ssv, [&](Id id, Row row) {
      const auto ids = ssv.ragged<Id>(type + "_ids", "ids", id);
      EXPECT_EQ(std::set<Id>(ids.begin(), ids.end()), by_cell[id]);
      EXPECT_EQ(count(row), ids.size());
      cells += !by_cell[id].empty();
    });
    EXPECT_LE(by_cell.size(), ssv.size());
    EXPECT_GT(cells, 0u);
  }
}

TEST(PhantomVector, SynapsesNameTheirCells) {
  const SegmentationDataset ssv = table("ssv"), syn = table("syn_ssv");
  const auto a = syn.column<Id>("cell_a"), b = syn.column<Id>("cell_b"), pre = syn.column<Id>("pre_id"),
             post = syn.column<Id>("post_id");
  const auto sign = syn.column<std::int8_t>("sign");
  std::map<Id, std::set<Id>> by_cell;
  for_all(syn, [&](Id id, Row row) {
    ASSERT_LT(a(row), b(row));
    EXPECT_EQ(std::minmax(pre(row), post(row)), std::minmax(a(row), b(row)));
    EXPECT_EQ(std::abs(int{sign(row)}), 1);
    for (const Id cell : {a(row), b(row)})
      if (cell != kBackground) by_cell[cell].insert(id);
  });
  std::size_t listed = 0;
  for_all(ssv, [&](Id id, Row) {
    const auto ids = ssv.ragged<Id>("syn_ids", "ids", id);
    EXPECT_EQ(std::set<Id>(ids.begin(), ids.end()), by_cell[id]);
    listed += !ids.empty();
  });
  EXPECT_GT(listed, 0u);
  EXPECT_LE(by_cell.size(), ssv.size());  // no cell that is not there
}

TEST(PhantomVector, ColumnsFitTheMesh) {
  for (const char* type : {"ssv", "mi", "vc", "syn_ssv"}) {
    const SegmentationDataset set = table(type);
    const auto lo = set.column<std::int64_t>("bbox_min_vx"), hi = set.column<std::int64_t>("bbox_max_vx"),
               rep = set.column<std::int64_t>("rep_vx");
    const auto size = set.column<std::uint64_t>("size_vx");
    for_all(set, [&](Id id, Row row) {
      EXPECT_GT(size(row), 0u);
      const auto l = lo.values(row), h = hi.values(row), r = rep.values(row);
      const double voxel_nm[3] = {10, 10, 25};
      const auto xyz = set.ragged<float>("mesh", "vertices_nm", id);
      for (std::size_t i = 0; i < xyz.size(); ++i) {
        const double v = static_cast<double>(xyz[i]) / voxel_nm[i % 3];
        ASSERT_TRUE(v >= static_cast<double>(l[i % 3]) && v < static_cast<double>(h[i % 3])) << type << ' ' << id;
      }
      for (std::size_t k = 0; k < 3; ++k) ASSERT_TRUE(r[k] >= l[k] && r[k] < h[k]) << type << ' ' << id;
    });
  }
}

std::map<std::string, std::string> files_of(const fs::path& run) {
  std::map<std::string, std::string> files;
  for (const char* folder : {"datasets", "truth"})
    for (const auto& entry : fs::recursive_directory_iterator(run / folder))
      if (entry.is_regular_file()) files[fs::relative(entry.path(), run).string()] = read_file(entry.path());
  return files;
}

TEST(PhantomVector, SameBytesForAnyThreads) {
  const test::TempFolder folder;
  test::run_stages(yaml(2), folder.path());
  const auto one = files_of(run_folder()), two = files_of(folder.path() / "run");
  EXPECT_GT(one.size(), 12u);
  ASSERT_EQ(one.size(), two.size());
  for (const auto& [name, bytes] : one) EXPECT_TRUE(two.contains(name) && two.at(name) == bytes) << name;
}

TEST(PhantomVector, BadKeysAreConfigErrors) {
  const test::TempFolder folder;
  EXPECT_THROW(test::run_stages(yaml(1, ", preset: other"), folder.path()), Error);
}

}  // namespace
}  // namespace syconn
