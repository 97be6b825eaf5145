// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/tree_cloud.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "syconn/core/error.h"

namespace syconn {
namespace {

NeuronTree cone() {
  NeuronTree t;
  t.nodes_nm = {{1000, 2000, 3000}, {1000, 2000, 13000}};
  t.radius_nm = {1000, 3000};
  t.type = {1, 2};
  t.parent = {-1, 0};
  return t;
}

TEST(TreeCloud, PointsLieOnSphereAndConeAtTheDensity) {
  TreeCloudParams params;
  params.points_per_um2 = 100;
  const TreeCloud c = surface_of_tree(cone(), params);
  double n_cone = 0, lower_half = 0;
  for (std::size_t i = 0; i < c.points_nm.size(); ++i) {
    const Vec3d p = Vec3d(c.points_nm[i]) - Vec3d{1000, 2000, 3000};
    const double r = std::hypot(p.x, p.y), from_root = std::sqrt(p.dot(p));
    if (std::abs(from_root - 1000) < 0.1) continue;  // the root's sphere
    ++n_cone, lower_half += p.z < 5000;
    EXPECT_NEAR(r, 1000 + 2000 * p.z / 10000, 0.1);
    EXPECT_EQ(c.node[i], p.z < 5000 ? 0U : 1U);
  }
  const double side = std::numbers::pi * 4 * std::sqrt(100.0 + 4) * 100;
  EXPECT_NEAR(n_cone, side, 0.03 * side);
  EXPECT_NEAR(lower_half / n_cone, 3.0 / 8, 0.02);  // areas go with the mean radii 1.5 and 2.5
  EXPECT_NEAR(double(c.points_nm.size()) - n_cone, 4 * std::numbers::pi * 100, 60);
}

TEST(TreeCloud, ANeuriteCanLeaveTheSomaWithItsOwnRadius) {
  TreeCloudParams params;
  params.points_per_um2 = 100, params.cylinders_from_soma = true;
  const TreeCloud c = surface_of_tree(cone(), params);
  std::size_t side = 0;
  for (std::size_t i = 0; i < c.points_nm.size(); ++i) {
    if (c.node[i] == 0) continue;  // the soma's sphere
    const Vec3d p = Vec3d(c.points_nm[i]) - Vec3d{1000, 2000, 3000};
    EXPECT_NEAR(std::hypot(p.x, p.y), 3000, 0.1);
    ++side;
  }
  EXPECT_NEAR(double(side), 2 * std::numbers::pi * 3 * 10 * 100, 2);
  NeuronTree axon = cone();  // between nodes of one type, and from others, it stays a cone
  axon.type = {2, 2};
  const TreeCloud cone_of_axon = surface_of_tree(axon, params);
  params.cylinders_from_soma = false;
  EXPECT_EQ(cone_of_axon.points_nm, surface_of_tree(cone(), params).points_nm);
}

TEST(TreeCloud, SeededCappedAndDegenerate) {
  TreeCloudParams params;
  EXPECT_EQ(surface_of_tree(cone(), params).points_nm, surface_of_tree(cone(), params).points_nm);
  params.seed = 1;
  EXPECT_NE(surface_of_tree(cone(), params).points_nm, surface_of_tree(cone()).points_nm);
  params.max_points = 100;
  EXPECT_NEAR(double(surface_of_tree(cone(), params).points_nm.size()), 99, 2);
  EXPECT_TRUE(surface_of_tree({}).points_nm.empty());
  NeuronTree same = cone();
  same.nodes_nm[1] = same.nodes_nm[0];
  for (const Vec3f& p : surface_of_tree(same).points_nm) EXPECT_TRUE(std::isfinite(p.x));
  same.radius_nm = {0, 0};
  EXPECT_LE(surface_of_tree(same).points_nm.size(), 5U);
  same.parent[0] = 1;
  EXPECT_THROW(surface_of_tree(same), Error);
  EXPECT_EQ(tree_edges(cone()), (std::vector<SkeletonEdge>{{0, 1}}));
  EXPECT_EQ(tree_nodes(cone())[1], (Vec3f{1000, 2000, 13000}));
}

}  // namespace
}  // namespace syconn
