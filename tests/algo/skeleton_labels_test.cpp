// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/skeleton_labels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

std::vector<std::int32_t> naive_majority(const std::vector<Vec3f>& nodes, const std::vector<SkeletonEdge>& edges,
                                         const std::vector<std::int32_t>& labels, double radius) {
  std::vector<std::vector<std::pair<std::uint32_t, std::int64_t>>> links(nodes.size());
  for (const auto& e : edges) {
    const Vec3d d = Vec3d(nodes[e[0]]) - Vec3d(nodes[e[1]]);
    const std::int64_t length = std::llround(std::sqrt(d.dot(d)) * 65536);
    links[e[0]].push_back({e[1], length}), links[e[1]].push_back({e[0], length});
  }
  std::vector<std::int32_t> out;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    std::map<std::int32_t, int> votes;
    std::vector<std::array<std::int64_t, 3>> stack{{i, i, 0}};
    while (!stack.empty()) {
      const auto [u, from, d] = stack.back();
      stack.pop_back();
      ++votes[labels[static_cast<std::size_t>(u)]];
      for (const auto& [v, length] : links[static_cast<std::size_t>(u)])
        if (v != from && d + length <= static_cast<std::int64_t>(radius * 65536)) stack.push_back({v, u, d + length});
    }
    auto best = votes.begin();
    for (auto it = votes.begin(); it != votes.end(); ++it)
      if (it->second > best->second) best = it;
    out.push_back(best->first);
  }
  return out;
}

TEST(SkeletonLabels, RunningMajorityIsTheNaiveOne) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Rng rng(seed);
    const std::size_t n = 1 + rng.below(300);
    std::vector<Vec3f> nodes;
    std::vector<SkeletonEdge> edges;
    std::vector<std::int32_t> labels;
    for (std::uint32_t i = 0; i < n; ++i) {
      nodes.push_back(
          Vec3f(Vec3i(static_cast<std::int64_t>(rng.below(20)), static_cast<std::int64_t>(rng.below(20)), 0)));
      labels.push_back(static_cast<std::int32_t>(rng.below(seed % 3 == 0 ? 40 : 3)) - 1);
      if (i > 0 && rng.below(20) > 0)  // chains, bushes, several trees
        edges.push_back({i, seed % 2 ? i - 1 : static_cast<std::uint32_t>(rng.below(i))});
    }
    for (const double radius : {0.0, 5.0, 25.0, 100.0, 1e6})
      EXPECT_EQ(running_majority(nodes, edges, labels, radius), naive_majority(nodes, edges, labels, radius));
  }
  EXPECT_TRUE(running_majority({}, {}, {}, 10).empty());
  const std::vector<Vec3f> two(2);
  const std::vector<SkeletonEdge> cycle{{0, 1}, {1, 0}}, wild{{0, 2}};
  const std::vector<std::int32_t> labels{1, 2};
  EXPECT_THROW(running_majority(two, cycle, labels, 1), Error);
  EXPECT_THROW(running_majority(two, wild, labels, 1), Error);
}

TEST(SkeletonLabels, NearestNodeTakesTheSmallestIndexOfATie) {
  Rng rng(3);
  std::vector<Vec3f> nodes;
  for (int i = 0; i < 500; ++i)
    nodes.push_back(Vec3f(Vec3i(std::int64_t(rng.below(6)), std::int64_t(rng.below(6)), std::int64_t(rng.below(6)))));
  const NearestNode nearest(nodes);
  for (int i = 0; i < 300; ++i) {
    const Vec3f p(float(rng.below(13)) / 2, float(rng.below(13)) / 2, float(rng.below(13)) / 2);
    std::uint32_t best = 0;
    for (std::uint32_t k = 1; k < nodes.size(); ++k)
      if ((nodes[k] - p).dot(nodes[k] - p) < (nodes[best] - p).dot(nodes[best] - p)) best = k;
    EXPECT_EQ(nearest(p), best);
  }
  EXPECT_THROW(NearestNode({}), Error);
}

TEST(SkeletonLabels, LengthsAndComponents) {
  const std::vector<Vec3f> nodes{{0, 0, 0}, {300, 400, 0}, {300, 400, 1000}};
  const std::vector<SkeletonEdge> edges{{0, 1}, {1, 2}};
  const std::vector<float> bridge{0, 1000};
  EXPECT_DOUBLE_EQ(path_length_um(nodes, edges), 1.5);
  EXPECT_DOUBLE_EQ(path_length_um(nodes, edges, bridge), 0.5);
  EXPECT_EQ(skeleton_components(3, edges, bridge), (std::vector<std::uint32_t>{0, 0, 1}));
}

TEST(SkeletonLabels, MyelinWindowsAddUpOverSlabs) {
  const Vec3d voxel{40, 40, 100};
  Volume<std::uint8_t> mask(Box3::of_size({30, 30, 20}));
  for (std::size_t i = 0; i < mask.count(); ++i) mask.data()[i] = mix64(i) % 100 < 51;
  Rng rng(1);
  std::vector<Vec3f> nodes{{20, 20, 50}, {600, 600, 1000}};
  for (int i = 0; i < 60; ++i)
    nodes.push_back({float(rng.uniform(-300, 1500)), float(rng.uniform(-300, 1500)), float(rng.uniform(-300, 2300))});
  std::vector<WindowCount> whole(nodes.size()), slabs(nodes.size());
  add_window_counts(mask.view(), voxel, nodes, whole);
  for (std::int64_t z = 0; z < 20; z += 7)
    add_window_counts(std::as_const(mask).view().sub({{0, 0, z}, {30, 30, std::min<std::int64_t>(z + 7, 20)}}), voxel,
                      nodes, slabs);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    WindowCount want;
    for (std::int64_t z = 0; z < 20; ++z)
      for (std::int64_t y = 0; y < 30; ++y)
        for (std::int64_t x = 0; x < 30; ++x) {
          const Vec3d o = (Vec3d(Vec3i{x, y, z}) + Vec3d(0.5)) * voxel - Vec3d(nodes[i]);
          if (o.x < -220 || o.x >= 220 || o.y < -220 || o.y >= 220 || o.z < -250 || o.z >= 250) continue;
          ++want.voxels, want.above += mask.at({x, y, z});
        }
    EXPECT_EQ(whole[i].voxels, want.voxels);
    EXPECT_EQ(whole[i].above, want.above);
    EXPECT_EQ(slabs[i].voxels, want.voxels);
    EXPECT_EQ(slabs[i].above, want.above);
  }
  EXPECT_EQ(window_box(nodes[1], voxel).size(), (Vec3i{11, 11, 5}));
  const std::vector<WindowCount> counts{{0, 0}, {10, 5}, {10, 6}};
  EXPECT_EQ(window_labels(counts), (std::vector<std::int32_t>{0, 0, 1}));
}

}  // namespace
}  // namespace syconn
