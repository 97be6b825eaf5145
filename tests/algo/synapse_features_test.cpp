// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/synapse_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "syconn/core/rng.h"

namespace syconn {
namespace {

TEST(RunProximity, AsEveryVoxelByItself) {
  const Vec3d size_nm{10, 10, 25};
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Rng rng(seed);
    std::vector<syconn::Run> runs;
    for (std::uint64_t n = seed * seed * 10 + 1; n > 0; --n) {
      const auto at = [&](std::uint64_t limit) { return static_cast<std::int32_t>(rng.below(limit)); };
      runs.push_back({at(80), at(60), at(20), 1 + at(9)});
    }
    sort_and_merge(runs);
    const RunProximity proximity(runs, size_nm);
    std::vector<float> points;
    for (int i = 0; i < 600; ++i) points.push_back(static_cast<float>(rng.uniform(-300, 1200)));
    for (const double radius : {0.0, 7.0, 90.0, 400.0}) {
      std::uint64_t want = 0;
      for (std::size_t i = 0; i < points.size(); i += 3) {
        bool near = false;
        for_each_voxel(runs, [&](const Vec3i& v) {
          const Vec3d c = (Vec3d(v) + Vec3d(0.5)) * size_nm;
          near |= std::hypot(c.x - points[i], c.y - points[i + 1], c.z - points[i + 2]) <= radius;
        });
        want += near;
      }
      EXPECT_EQ(proximity.count_within(points, radius), want) << seed << " " << radius;
    }
    const Vec3d own = (Vec3d(runs.back().first()) + Vec3d(0.5)) * size_nm;
    EXPECT_TRUE(proximity.within(own, 0));
    EXPECT_TRUE(proximity.within(own + Vec3d{0, 0, 25}, 25));
  }
}

TEST(RunProximity, NothingIsNearNothing) {
  const RunProximity proximity({}, {10, 10, 10});
  EXPECT_FALSE(proximity.within({0, 0, 0}, 1e9));
}

TEST(SynapseFeatures, TheVesicleSideComesFirst) {
  const NearOrganelles a{1, 2, 30, 40}, b{5, 6, 70, 80};
  EXPECT_EQ(synapse_features(100, 0.5, a, b), (std::array<float, 10>{100, 0.5F, 5, 70, 6, 80, 1, 30, 2, 40}));
  EXPECT_EQ(synapse_features(100, 0.5, b, a), synapse_features(100, 0.5, a, b));
  const NearOrganelles more_clouds{1, 3, 30, 40};  // as many voxels as a
  EXPECT_EQ(synapse_features(1, 0, a, more_clouds)[4], 3);
  const NearOrganelles same{9, 2, 0, 40};  // a tie: the smaller id
  EXPECT_EQ(synapse_features(1, 0, a, same)[2], 1);
  EXPECT_EQ(synapse_features(1, 0, same, a)[2], 9);
}

TEST(SynapseFeatures, DirectionAndSign) {
  EXPECT_EQ(vesicle_direction({0, 1, 0, 30}, {0, 1, 0, 10}), 0.5);
  EXPECT_EQ(vesicle_direction({}, {0, 1, 0, 10}), -1);
  EXPECT_EQ(vesicle_direction({}, {}), 0);
  EXPECT_EQ(synapse_sign(0, 0), 0);
  EXPECT_EQ(synapse_sign(9, 31), 1);  // 0.225
  EXPECT_EQ(synapse_sign(10, 31), -1);
  EXPECT_EQ(synapse_sign(0, 1), 1);
}

TEST(SynapseFeatures, SharesAddUp) {
  Rng rng(4);
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t whole = 1 + rng.below(i % 2 == 0 ? 50 : std::uint64_t{1} << 40), amount = rng.below(whole + 1);
    std::uint64_t before = 0, sum = 0;
    while (before < whole) {
      const std::uint64_t part = std::min(whole - before, 1 + rng.below(whole / 5 + 1));
      const std::uint64_t share = share_of(amount, whole, before, part);
      EXPECT_LE(share, part);
      before += part, sum += share;
    }
    EXPECT_EQ(sum, amount);
  }
  EXPECT_EQ(share_of(0, 0, 0, 0), 0U);
}

}  // namespace
}  // namespace syconn
