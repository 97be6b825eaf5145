// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/point_augmentation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "syconn/core/error.h"

namespace syconn {
namespace {

std::vector<Vec3d> cloud(std::size_t n) {
  Rng rng(1);
  std::vector<Vec3d> points;
  for (std::size_t i = 0; i < n; ++i) points.push_back(rng.direction() * rng.uniform(0, 3000) + Vec3d{1e5, 0, 7});
  return points;
}

TEST(PointAugmentation, RotationKeepsDistancesFlipTurnsOver) {
  std::vector<Vec3d> p{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  rotate_and_flip(p, {90, 0, 0}, {1, 1, 1});
  EXPECT_NEAR(p[1].z, 1, 1e-15);
  EXPECT_NEAR(p[2].y, -1, 1e-15);
  rotate_and_flip(p, {0, 90, 0}, {1, 1, 1});
  EXPECT_NEAR(p[0].z, -1, 1e-15);
  rotate_and_flip(p, {33, -71, 12}, {-1, 1, 1});
  EXPECT_NEAR(p[0].dot(cross(p[1], p[2])), -1, 1e-14);
}

TEST(PointAugmentation, ElasticFieldOfConstantsMovesByThem) {
  ElasticField f{{3, 2, 4}, {0, 0, 0}, {1, 1, 1}, {}};
  for (std::size_t a = 0; a < 3; ++a) f.displacement[a].assign(24, double(a) + 1);
  std::vector<Vec3d> p{{0.3, 0.9, 0.2}, {-5, 7, 0.5}};
  move_by(f, p);
  EXPECT_NEAR(p[0].x, 1.3, 1e-14);
  EXPECT_NEAR(p[0].y, 2.9, 1e-14);
  EXPECT_NEAR(p[1].y, 9, 1e-14);
  f.displacement[0].pop_back();
  EXPECT_THROW(move_by(f, p), Error);
}

TEST(PointAugmentation, SeededAndNearTheInput) {
  const std::vector<Vec3d> input = cloud(300);
  std::vector<Vec3d> a = input, b = input, c = input, none = input;
  AugmentationParams params;
  params.scale = 3000;
  params.elastic_probability = 1;
  params.elastic_res = 8;
  Rng r1(5), r2(5), r3(6), r4(7);
  augment(a, params, r1), augment(b, params, r2), augment(c, params, r3);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  for (const Vec3d& p : a) EXPECT_LT(p.dot(p), 4);
  AugmentationParams off;
  off.jitter_sigma = off.elastic_probability = off.anisotropy = 0, off.rotate = false;
  augment(none, off, r4);
  std::vector<Vec3d> centred = input;
  subtract_mean(centred);
  for (std::size_t i = 0; i < input.size(); ++i) EXPECT_NEAR((none[i] - centred[i]).x, 0, 1e-9);
  off.scale = 0;
  EXPECT_THROW(augment(none, off, r4), Error);
  augment({}, params, r4);
}

}  // namespace
}  // namespace syconn
