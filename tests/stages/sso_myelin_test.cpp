// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <queue>

#include "algo/label_patterns.h"
#include "support/stage_run.h"
#include "syconn/io/dataset_top.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {
namespace {

constexpr Vec3i kBox{160, 125, 95};
constexpr Vec3d kVoxel_nm{40, 40, 100};

/// Long cells, so that skeletons have many nodes.
const Volume<Id>& tissue() {
  static const Volume<Id> sv = patterns::voronoi(Box3::of_size(kBox), 8, 0.1, 7, {1, 1, 2});
  return sv;
}

/// Myelin in broad bands of a cell's length; `pitch` in dataset voxels.
Volume<std::uint8_t> bands(const Vec3i& pitch) {
  Volume<std::uint8_t> map(Box3::of_size({kBox.x / pitch.x, kBox.y / pitch.y, kBox.z / pitch.z}));
  const Box3 box = map.box();
  for (std::int64_t z = 0; z < box.max.z; ++z)
    for (std::int64_t y = 0; y < box.max.y; ++y)
      for (std::int64_t x = 0; x < box.max.x; ++x) {
        const double at = static_cast<double>(x * pitch.x + z * pitch.z);
        const auto noise = static_cast<double>(mix64(static_cast<std::uint64_t>((z * 1000 + y) * 1000 + x)) % 80);
        map.at({x, y, z}) = static_cast<std::uint8_t>(128 + 60 * std::sin(at / 40) + noise - 40);
      }
  return map;
}

std::string config(const std::string& chunk, const std::string& execution, const std::string& volumes) {
  return "dataset: {name: t, voxel_size_nm: [40, 40, 100], chunk_vx: " + chunk +
         ", supervoxel_graph: graph.csv, volumes: {sv: {path: sv.h5, dataset: sv, kind: labels}" + volumes +
         "}}\nstages: [sso]\nexecution: {" + execution + "}\n";
}
const std::string kFine = ", myelin: {path: fine.h5, dataset: m, kind: probability}";
const std::string kCoarse = ", myelin: {path: coarse.h5, dataset: m, kind: probability, voxel_size_nm: [120, 80, 100]}";

void write_input(const fs::path& folder) {
  test::write_volume(folder / "sv.h5", "sv", tissue(), kVoxel_nm);
  test::write_volume(folder / "fine.h5", "m", bands({1, 1, 1}), kVoxel_nm);
  test::write_volume(folder / "coarse.h5", "m", bands({3, 2, 1}), kVoxel_nm);  // the config tells its pitch
  write_file_atomically(folder / "graph.csv", "sv_a,sv_b\n");
}

struct Nodes {
  std::vector<Vec3d> nm;
  std::vector<std::int32_t> parent;
  std::vector<std::uint8_t> myelin;
  std::vector<float> share, bridge;
};

Nodes nodes_of(const SegmentationDataset& cells, Id cell) {
  Nodes n;
  const auto xyz = cells.ragged<float>("skeleton", "nodes_nm", cell);
  for (std::size_t i = 0; i < xyz.size(); i += 3) n.nm.emplace_back(Vec3f{xyz[i], xyz[i + 1], xyz[i + 2]});
  n.parent = cells.ragged<std::int32_t>("skeleton", "parent", cell);
  n.myelin = cells.ragged<std::uint8_t>("skeleton", "myelin", cell);
  n.share = cells.ragged<float>("skeleton", "myelin_share", cell);
  n.bridge = cells.ragged<float>("skeleton", "bridge_nm", cell);
  return n;
}

/// Share of the map's voxels above one half whose centres lie in the window: every voxel of the map is asked.
double share_at(const Volume<std::uint8_t>& map, const Vec3d& pitch_nm, const Vec3d& node) {
  std::uint64_t voxels = 0, above = 0;
  const Box3 box = map.box();
  for (std::int64_t z = 0; z < box.max.z; ++z) {
    if (std::abs((static_cast<double>(z) + 0.5) * pitch_nm.z - node.z) > 300) continue;
    for (std::int64_t y = 0; y < box.max.y; ++y)
      for (std::int64_t x = 0; x < box.max.x; ++x) {
        const Vec3d centre = (Vec3d(Vec3i{x, y, z}) + Vec3d(0.5)) * pitch_nm, o = centre - node;
        bool in = true;
        for (int a = 0; a < 3; ++a) {
          const double half = a == 2 ? 250 : 220;
          in = in && o[a] >= -half && o[a] < half && centre[a] < static_cast<double>(kBox[a]) * kVoxel_nm[a];
        }
        if (in) ++voxels, above += map.at({x, y, z}) > 127;
      }
  }
  return voxels == 0 ? std::nan("") : static_cast<double>(above) / static_cast<double>(voxels);
}

/// Majority over the nodes within 10 um along the tree, by search from every node.
std::vector<std::uint8_t> majority(const Nodes& n, const std::vector<std::uint8_t>& label) {
  std::vector<std::vector<std::size_t>> next(n.nm.size());
  for (std::size_t i = 1; i < n.nm.size(); ++i) {
    const auto p = static_cast<std::size_t>(n.parent[i]);
    next[i].push_back(p), next[p].push_back(i);
  }
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < n.nm.size(); ++i) {
    std::size_t seen = 0, ones = 0;
    std::queue<std::tuple<std::size_t, std::size_t, double>> queue;
    queue.emplace(i, i, 0.0);
    for (; !queue.empty(); queue.pop()) {
      const auto [at, from, length] = queue.front();
      ++seen, ones += label[at];
      for (const std::size_t to : next[at]) {
        const Vec3d d = n.nm[to] - n.nm[at];
        const double longer = length + std::sqrt(d.dot(d));
        if (to != from && longer <= 10000) queue.emplace(to, at, longer);
      }
    }
    out.push_back(2 * ones > seen);
  }
  return out;
}

void expect_the_definition(const fs::path& run, const Volume<std::uint8_t>& map, const Vec3d& pitch_nm) {
  const auto cells = SegmentationDataset::open(run / "datasets/ssv.h5");
  std::size_t n_nodes = 0, ones = 0;
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard)
    cells.for_each(shard, [&](Id cell, Row row) {
      const Nodes n = nodes_of(cells, cell);
      ASSERT_EQ(n.myelin.size(), n.nm.size());
      std::vector<std::uint8_t> label;
      for (std::size_t i = 0; i < n.nm.size(); ++i) {
        const double share = share_at(map, pitch_nm, n.nm[i]);
        EXPECT_FLOAT_EQ(n.share[i], static_cast<float>(share)) << cell << " node " << i;
        label.push_back(share > 0.5);
      }
      EXPECT_EQ(n.myelin, majority(n, label)) << cell;
      double all = 0, myelin = 0;
      for (std::size_t i = 1; i < n.nm.size(); ++i) {
        const auto p = static_cast<std::size_t>(n.parent[i]);
        const Vec3d d = n.nm[i] - n.nm[p];
        const double length = n.bridge[i - 1] > 0 ? 0 : std::sqrt(d.dot(d));
        all += length, myelin += length * (n.myelin[i] + n.myelin[p]) / 2;
      }
      EXPECT_NEAR(cells.column<float>("myelin_fraction")(row), all > 0 ? myelin / all : 0, 1e-6);
      n_nodes += n.nm.size();
      for (const std::uint8_t m : n.myelin) ones += m;
    });
  EXPECT_GT(n_nodes, 50U);
  EXPECT_GT(ones, 0U);
  EXPECT_LT(ones, n_nodes);
}

std::map<std::string, std::string> published(const fs::path& run) {
  std::map<std::string, std::string> files;
  files["top"] = read_file(run / "datasets/ssv.h5");
  for (const ShardSet& set : read_top_file(run / "datasets/ssv.h5").sets)
    for (const std::string& name : set.files) files[name] = read_file(run / "datasets" / name);
  return files;
}

TEST(SsoMyelin, NodesEqualTheDefinition) {
  const test::TempFolder folder;
  write_input(folder.path());
  test::run_stages(config("[64, 128, 64]", "threads: 2", kFine), folder.path());
  expect_the_definition(folder / "run", bands({1, 1, 1}), kVoxel_nm);
}

TEST(SsoMyelin, AMapOfItsOwnPitchAndTheSameBytesForAnyChunks) {
  const test::TempFolder folder;
  write_input(folder.path());
  test::run_stages(config("[192, 128, 128]", "threads: 1", kCoarse), folder.path(), "whole");
  expect_the_definition(folder / "whole", bands({3, 2, 1}), {120, 80, 100});
  const auto want = published(folder / "whole");
  test::run_stages(config("[64, 64, 64]", "threads: 2, job_order_seed: 7, merge_fan_in: 2", kCoarse), folder.path());
  EXPECT_TRUE(published(folder / "run") == want);
}

TEST(SsoMyelin, AnUpdateOfTheListsGivesTheBytesOfAFreshRun) {
  const test::TempFolder folder;
  write_input(folder.path());
  test::run_stages(config("[64, 128, 64]", "threads: 2", kCoarse), folder.path());
  std::vector<Id> ids;
  const auto cells = SegmentationDataset::open(folder / "run/datasets/ssv.h5");
  for (std::uint32_t s = 0; s < cells.n_shards(); ++s)
    for (const Id id : cells.ids(s)) ids.push_back(id);
  write_file_atomically(folder / "graph.csv",
                        "sv_a,sv_b\n" + std::to_string(ids.at(0)) + "," + std::to_string(ids.at(1)) + "\n");
  test::run_stages(config("[64, 128, 64]", "threads: 2", kCoarse), folder.path());
  test::run_stages(config("[192, 128, 128]", "threads: 1", kCoarse), folder.path(), "fresh");
  EXPECT_TRUE(published(folder / "run") == published(folder / "fresh"));
}

TEST(SsoMyelin, IsOptionalAndSaysWhatIsWrong) {
  const test::TempFolder folder;
  write_input(folder.path());
  test::run_stages(config("[192, 128, 128]", "threads: 1", ""), folder.path(), "without");
  const auto cells = SegmentationDataset::open(folder / "without/datasets/ssv.h5");
  EXPECT_FALSE(cells.has_column("myelin_fraction"));
  EXPECT_FALSE(cells.has_part("skeleton", "myelin"));
  EXPECT_THAT(read_file(folder / "without/work/sso/publish/logs/local.log"),
              ::testing::HasSubstr("no dataset.volumes.myelin"));
  const auto error = [&](const std::string& volume) -> std::string {
    try {
      test::run_stages(config("[192, 128, 128]", "threads: 1", volume), folder.path(), "wrong");
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_THAT(error(", myelin: {path: coarse.h5, dataset: m, kind: probability}"),
              ::testing::HasSubstr("not the whole dataset box"));
  EXPECT_THAT(error(", myelin: {path: fine.h5, dataset: m, kind: labels}"), ::testing::HasSubstr("foreground"));
  EXPECT_THAT(error(", myelin: {path: fine.h5, dataset: m, kind: image}"), ::testing::HasSubstr("kind image"));
}

}  // namespace
}  // namespace syconn
