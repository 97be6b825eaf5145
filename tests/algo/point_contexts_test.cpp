// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/point_contexts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using Indices = std::vector<std::uint32_t>;

std::vector<Vec3f> cloud(int n, double width, Rng& rng) {
  std::vector<Vec3f> points;
  for (int i = 0; i < n; ++i)
    points.emplace_back(float(rng.uniform(-width, width)), float(rng.uniform(-width, width)),
                        float(rng.uniform(-width, width)));
  return points;
}

TEST(OnePerVoxel, EqualsBruteForce) {
  Rng rng(1);
  const std::vector<Vec3f> points = cloud(1500, 400, rng);
  for (const double edge : {1.0, 80.0, 250.0, 1e6}) {
    std::map<std::array<double, 3>, Indices> voxels;
    for (std::uint32_t i = 0; i < points.size(); ++i)
      voxels[{std::floor(points[i].x / edge), std::floor(points[i].y / edge), std::floor(points[i].z / edge)}]
          .push_back(i);
    Indices want;
    for (const auto& [voxel, members] : voxels) {
      Vec3d mean;
      for (const std::uint32_t m : members) mean += Vec3d(points[m]);
      mean = mean / double(members.size());
      want.push_back(*std::min_element(members.begin(), members.end(), [&](std::uint32_t a, std::uint32_t b) {
        const Vec3d da = Vec3d(points[a]) - mean, db = Vec3d(points[b]) - mean;
        return da.dot(da) < db.dot(db);
      }));
    }
    std::sort(want.begin(), want.end());
    EXPECT_EQ(one_per_voxel(std::span(points), edge), want);
  }
}

TEST(OnePerVoxel, TiesAndDegenerateInputs) {
  EXPECT_TRUE(one_per_voxel(std::span<const Vec3f>{}, 80).empty());
  const std::vector<Vec3f> pair{{30, 0, 0}, {10, 0, 0}, {-1, 0, 0}, {80, 0, 0}};  // 0 and 1 are as near to their mean
  EXPECT_EQ(one_per_voxel(std::span(pair), 80), (Indices{0, 2, 3}));
  EXPECT_THROW(one_per_voxel(std::span(pair), 0), Error);
  const std::vector<Vec3f> bad{{NAN, 0, 0}};
  EXPECT_THROW(one_per_voxel(std::span(bad), 80), Error);
}

struct Tree {
  std::vector<Vec3f> nodes;
  std::vector<SkeletonEdge> edges;
};
Tree random_tree(std::uint32_t n, Rng& rng) {
  Tree t;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t parent = i == 0 ? 0 : std::uint32_t(rng.below(i));
    t.nodes.push_back(i == 0 ? Vec3f{} : t.nodes[parent] + Vec3f(rng.direction() * rng.uniform(10, 100)));
    if (i > 0 && i != n / 2) t.edges.push_back({parent, i});  // two components
  }
  return t;
}

TEST(SkeletonContexts, EqualsFloydWarshallAndInducedComponents) {
  Rng rng(3);
  const Tree t = random_tree(70, rng);
  const std::size_t n = t.nodes.size();
  const auto apart = [&](std::size_t a, std::size_t b) {
    const Vec3d d = Vec3d(t.nodes[a]) - Vec3d(t.nodes[b]);
    return std::sqrt(d.dot(d));
  };
  std::vector<std::vector<double>> nm(n, std::vector<double>(n, 1e18));
  for (std::size_t i = 0; i < n; ++i) nm[i][i] = 0;
  for (const SkeletonEdge& e : t.edges) nm[e[0]][e[1]] = nm[e[1]][e[0]] = apart(e[0], e[1]);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) nm[i][j] = std::min(nm[i][j], nm[i][k] + nm[k][j]);
  SkeletonContexts contexts(t.nodes, t.edges);
  for (std::uint32_t pivot = 0; pivot < n; ++pivot)
    for (const double radius : {0.0, 70.0, 200.0, 1e5}) {
      Indices path, ball;
      for (std::uint32_t i = 0; i < n; ++i)
        if (nm[pivot][i] <= radius) path.push_back(i);
      EXPECT_EQ(contexts.nodes(pivot, radius, ContextMetric::path), path);
      std::vector<SkeletonEdge> inside;
      for (const SkeletonEdge& e : t.edges)
        if (apart(e[0], pivot) <= radius && apart(e[1], pivot) <= radius) inside.push_back(e);
      const auto part = skeleton_components(n, inside);
      for (std::uint32_t i = 0; i < n; ++i)
        if (part[i] == part[pivot]) ball.push_back(i);
      EXPECT_EQ(contexts.nodes(pivot, radius, ContextMetric::euclidean), ball);
    }
  EXPECT_THROW(contexts.nodes(70, 1, ContextMetric::path), Error);
}

TEST(PointsOfNodes, EveryPointOnceAtItsNearestNode) {
  Rng rng(5);
  const std::vector<Vec3f> nodes = cloud(20, 100, rng), points = cloud(500, 150, rng);
  const PointsOfNodes of(nodes, points);
  std::size_t n = 0;
  for (std::uint32_t node = 0; node < nodes.size(); ++node)
    for (const std::uint32_t p : of.points(node)) {
      ++n;
      EXPECT_EQ(of.node_of_point()[p], node);
      for (const Vec3f& other : nodes) {
        const Vec3d a = Vec3d(points[p]) - Vec3d(nodes[node]), b = Vec3d(points[p]) - Vec3d(other);
        EXPECT_LE(a.dot(a), b.dot(b));
      }
    }
  EXPECT_EQ(n, points.size());
  const Indices two = of.points(Indices{3, 7});
  EXPECT_EQ(two.size(), of.points(3).size() + of.points(7).size());
}

TEST(DrawPoints, SeededUniformAndWithReplacementWhenFew) {
  Indices all(50);
  for (std::uint32_t i = 0; i < 50; ++i) all[i] = 100 + i;
  const ContextKey key{1, (Id{1} << 63) + 5, 7, 0};
  const Indices ten = draw_points(all, 10, key);
  EXPECT_EQ(std::set<std::uint32_t>(ten.begin(), ten.end()).size(), 10U);
  EXPECT_TRUE(std::is_sorted(ten.begin(), ten.end()));
  EXPECT_EQ(draw_points(all, 10, key), ten);
  EXPECT_NE(draw_points(all, 10, {1, key.cell_id, 7, 1}), ten);
  EXPECT_NE(draw_points(all, 10, {1, key.cell_id, 8, 0}), ten);
  EXPECT_EQ(draw_points(all, 50, key), all);
  const Indices more = draw_points(all, 120, key);
  EXPECT_EQ(more.size(), 120U);
  EXPECT_EQ(std::set<std::uint32_t>(more.begin(), more.end()).size(), 50U);
  EXPECT_TRUE(draw_points({}, 9, key).empty());
  std::vector<int> hits(50, 0);
  for (std::uint32_t edition = 0; edition < 5000; ++edition)
    for (const std::uint32_t p : draw_points(all, 10, {2, 3, 4, edition})) ++hits[p - 100];
  for (const int h : hits) EXPECT_NEAR(h, 1000, 130);
}

TEST(Scaling, UnitSphereAndFixedScale) {
  std::vector<Vec3f> points{{1e6F, 0, 0}, {1e6F + 8, 0, 0}, {1e6F, 4, 0}, {1e6F, 0, 4}};
  to_unit_sphere(points);
  double largest = 0;
  Vec3d sum;
  for (const Vec3f& p : points) largest = std::max(largest, std::sqrt(Vec3d(p).dot(Vec3d(p)))), sum += Vec3d(p);
  EXPECT_NEAR(largest, 1, 1e-6);
  EXPECT_NEAR(sum.x, 0, 1e-6);
  std::vector<Vec3f> one{{5, 5, 5}};
  to_unit_sphere(one);
  EXPECT_EQ(one[0], Vec3f());
  std::vector<Vec3f> two{{0, 0, 0}, {4000, 0, 0}};
  centre_and_scale(two, 2000);
  EXPECT_EQ(two, (std::vector<Vec3f>{{-1, 0, 0}, {1, 0, 0}}));
  to_unit_sphere({});
}

TEST(OneHot, Widths) {
  const std::vector<std::uint8_t> f{0, 3, 4, 5};
  EXPECT_EQ(one_hot(f, 1), (std::vector<float>{1, 1, 1, 1}));
  EXPECT_EQ(one_hot(f, 4), (std::vector<float>{1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0}));
  EXPECT_EQ(one_hot(f, 5), (std::vector<float>{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(one_hot(f, 6)[3 * 6 + 5], 1);
  EXPECT_THROW(one_hot(f, 3), Error);
  EXPECT_THROW(one_hot(std::vector<std::uint8_t>{6}, 6), Error);
}

}  // namespace
}  // namespace syconn
