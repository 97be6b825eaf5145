// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/surface_control.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

std::uint32_t nearest(const std::vector<Vec3f>& nodes, const Vec3f& p) {
  std::uint32_t best = 0;
  for (std::uint32_t i = 1; i < nodes.size(); ++i) {
    const Vec3f d = nodes[i] - p, e = nodes[best] - p;
    if (d.dot(d) < e.dot(e)) best = i;
  }
  return best;
}

std::vector<Vec3f> random_points(std::size_t n, Rng& rng) {
  std::vector<Vec3f> points;
  for (std::size_t i = 0; i < n; ++i)
    points.push_back(Vec3f(Vec3d(rng.uniform(0, 1000), rng.uniform(0, 1000), rng.uniform(0, 1000))));
  return points;
}

TEST(SurfaceControl, VerticesAreOfTheNodesCellOverAllNodes) {
  Rng rng(3);
  const std::vector<Vec3f> nodes = random_points(60, rng), vertices = random_points(500, rng);
  std::vector<std::uint8_t> wanted;
  for (std::size_t i = 0; i < nodes.size(); ++i) wanted.push_back(i % 3 == 0 ? 1 : 0);
  std::set<std::uint32_t> with_vertex;
  for (const Vec3f& v : vertices)
    if (const std::uint32_t n = nearest(nodes, v); wanted[n] != 0) with_vertex.insert(n);
  const auto all = draw_surface_points(nodes, wanted, vertices, 1000, 5);
  std::set<std::uint32_t> drawn;
  for (const SurfacePoint& p : all) {
    EXPECT_EQ(nearest(nodes, vertices[p.vertex]), p.node);
    EXPECT_TRUE(drawn.insert(p.node).second);
  }
  EXPECT_EQ(drawn, with_vertex);
  const auto some = draw_surface_points(nodes, wanted, vertices, 7, 5);
  EXPECT_LE(some.size(), 7u);
  EXPECT_GE(some.size(), 4u);
  for (const SurfacePoint& p : some) EXPECT_TRUE(with_vertex.contains(p.node));
}

// A Voronoi diagram of the wanted nodes alone would also give the vertices of the dendrite at 100 nm.
TEST(SurfaceControl, VerticesOfOtherCompartmentsAreNeverDrawn) {
  const std::vector<Vec3f> nodes{{0, 0, 0}, {100, 0, 0}}, vertices{{1, 0, 0}, {99, 0, 0}, {101, 0, 0}};
  const std::vector<std::uint8_t> wanted{1, 0};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto drawn = draw_surface_points(nodes, wanted, vertices, 10, seed);
    ASSERT_EQ(drawn.size(), 1u);
    EXPECT_EQ(drawn[0].vertex, 0u);
  }
}

TEST(SurfaceControl, DrawsEvenly) {
  const std::vector<Vec3f> nodes{{0, 0, 0}, {1000, 0, 0}, {2000, 0, 0}, {3000, 0, 0}};
  std::vector<Vec3f> vertices;
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 5; ++k) vertices.push_back({1000.0F * static_cast<float>(i), 10.0F * static_cast<float>(k), 0});
  const std::vector<std::uint8_t> wanted{1, 1, 1, 1};
  std::map<std::uint32_t, int> nodes_drawn, vertices_drawn;
  constexpr int kSeeds = 4000;
  for (int seed = 0; seed < kSeeds; ++seed)
    for (const SurfacePoint& p : draw_surface_points(nodes, wanted, vertices, 2, static_cast<std::uint64_t>(seed)))
      ++nodes_drawn[p.node], ++vertices_drawn[p.vertex];
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_NEAR(nodes_drawn[i], kSeeds / 2, 160) << i;  // 5 sigma
  for (std::uint32_t i = 0; i < 20; ++i) EXPECT_NEAR(vertices_drawn[i], kSeeds / 10, 95) << i;
}

TEST(SurfaceControl, NothingToDrawAndWrongSizes) {
  const std::vector<Vec3f> nodes{{0, 0, 0}};
  EXPECT_TRUE(draw_surface_points(nodes, std::vector<std::uint8_t>{0}, nodes, 5, 0).empty());
  EXPECT_TRUE(draw_surface_points(nodes, std::vector<std::uint8_t>{1}, {}, 5, 0).empty());
  EXPECT_TRUE(draw_surface_points({}, {}, nodes, 5, 0).empty());
  EXPECT_THROW(draw_surface_points(nodes, {}, nodes, 5, 0), Error);
}

}  // namespace
}  // namespace syconn
