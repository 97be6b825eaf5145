// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/spine_head.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr double kVoxel_nm = 20;

/// A shaft along x at z = 20, a neck from it towards +z and a head of radius 14 voxels at its end.
class SpineHead : public testing::Test {
 protected:
  SpineHead() : cell_(Box3{{-40, -30, 0}, {40, 30, 110}}) {
    scene_.world = Box3{{-1000, -1000, -1000}, {1000, 1000, 1000}};
    scene_.voxel_nm = Vec3d(kVoxel_nm);
    scene_.origin_nm = Vec3d(kVoxel_nm / 2);
    Rng rng(1);
    for (std::int64_t z = 0; z < 110; ++z)
      for (std::int64_t y = -30; y < 30; ++y)
        for (std::int64_t x = -40; x < 40; ++x) cell_.at({x, y, z}) = code(Vec3i{x, y, z}) >= 0;
    for (int i = 0; i < 60000; ++i) {  // vertices near the surface
      const Vec3d v{rng.uniform(-40, 40), rng.uniform(-30, 30), rng.uniform(0, 110)};
      const Vec3d further = v + rng.direction() * 2.0;
      const std::int32_t c = code(v);
      if (c < 0 || code(further) >= 0) continue;
      vertices_.emplace_back(scene_.origin_nm + v * kVoxel_nm);
      codes_.push_back(c);
    }
    scene_.synapse_nm = scene_.origin_nm + Vec3d{0, 0, 88} * kVoxel_nm;
  }
  static std::int32_t code(const Vec3d& v) {
    const Vec3d head = v - Vec3d{0, 0, 75};
    if (head.dot(head) <= 14 * 14) return kSpineHead;
    if (v.y * v.y + (v.z - 20) * (v.z - 20) <= 100) return kShaft;
    if (v.x * v.x + v.y * v.y <= 9 && v.z > 20 && v.z < 75) return kSpineNeck;
    return -1;
  }
  static std::int32_t code(const Vec3i& v) { return code(Vec3d(v)); }
  std::optional<double> volume() {
    scene_.cell = std::as_const(cell_).view();
    scene_.vertices_nm = vertices_;
    scene_.codes = codes_;
    return spine_head_volume_um3(scene_);
  }
  Volume<std::uint8_t> cell_;
  std::vector<Vec3f> vertices_;
  std::vector<std::int32_t> codes_;
  SpineHeadScene scene_;
};

TEST_F(SpineHead, VolumeOfASphereOnANeck) {
  const double want = 4.0 / 3 * std::numbers::pi * std::pow(14 * kVoxel_nm, 3) * 1e-9;
  const auto got = volume();
  ASSERT_TRUE(got);
  EXPECT_NEAR(*got, want, 0.06 * want);
  cell_.at({0, 0, 75}) = 0;  // a cavity is filled
  EXPECT_EQ(volume(), got);
}

TEST_F(SpineHead, OfTwoTheOneAtTheSynapse) {
  const double one = *volume();
  // a second, small head beside the shaft, farther from the synapse
  for (std::int64_t z = 0; z < 110; ++z)
    for (std::int64_t y = -30; y < 30; ++y)
      for (std::int64_t x = -40; x < 40; ++x) {
        const Vec3i d = Vec3i{x, y, z} - Vec3i{25, 18, 20};
        if (d.dot(d) <= 49) cell_.at({x, y, z}) = 1;
      }
  Rng rng(3);
  for (int i = 0; i < 400; ++i) {
    vertices_.emplace_back(scene_.origin_nm + (Vec3d{25, 20, 20} + rng.direction() * 7.0) * kVoxel_nm);
    codes_.push_back(kSpineHead);
  }
  EXPECT_NEAR(*volume(), one, 0.01 * one);
  scene_.synapse_nm = scene_.origin_nm + Vec3d{25, 26, 20} * kVoxel_nm;
  EXPECT_LT(*volume(), 0.4 * one);
}

TEST_F(SpineHead, NothingWhereThereIsNoHead) {
  for (std::int32_t& c : codes_) c = c == kSpineHead ? kShaft : c;
  EXPECT_FALSE(volume());
  codes_.assign(codes_.size(), kUnknownCompartment);
  EXPECT_FALSE(volume());
  scene_.cell = {};
  EXPECT_FALSE(spine_head_volume_um3(scene_));
  codes_.pop_back();
  EXPECT_THROW(volume(), Error);
}

TEST(SpineHeadBox, IsClippedNotShifted) {
  const Box3 world = Box3::of_size({100, 100, 50});
  EXPECT_EQ(spine_head_box({100, 990, 250}, {10, 10, 10}, {5, 5, 5}, world, {20, 20, 10}),
            (Box3{{0, 79, 15}, {31, 100, 36}}));
}

}  // namespace
}  // namespace syconn
