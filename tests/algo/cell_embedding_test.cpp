// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/cell_embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

struct Skeleton {
  std::vector<Vec3f> nodes_nm;
  std::vector<SkeletonEdge> edges;
};
/// A random forest of `trees` trees with positions on a coarse lattice, so that paths tie.
Skeleton forest(std::uint32_t n, std::uint32_t trees, std::uint64_t seed) {
  Skeleton s;
  Rng rng(seed);
  for (std::uint32_t i = 0; i < n; ++i) {
    s.nodes_nm.emplace_back(Vec3d(double(rng.below(4)), double(rng.below(4)), double(rng.below(4))) * 100.0);
    if (i >= trees) s.edges.push_back({static_cast<std::uint32_t>(rng.below(i)), i});
  }
  return s;
}

double length(const Vec3f& a, const Vec3f& b) {
  const Vec3d d = Vec3d(a) - Vec3d(b);
  return std::sqrt(d.dot(d));
}

/// Shortest paths between all pairs (Floyd & Warshall), then the least for each node.
std::vector<std::uint32_t> plain_nearest(const Skeleton& s, const std::vector<std::uint32_t>& sources) {
  const std::size_t n = s.nodes_nm.size();
  const double far = std::numeric_limits<double>::infinity();
  std::vector<double> path(n * n, far);
  for (std::size_t i = 0; i < n; ++i) path[i * n + i] = 0;
  for (const SkeletonEdge& e : s.edges)
    path[e[0] * n + e[1]] = path[e[1] * n + e[0]] =
        std::min(path[e[0] * n + e[1]], length(s.nodes_nm[e[0]], s.nodes_nm[e[1]]));
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        path[i * n + j] = std::min(path[i * n + j], path[i * n + k] + path[k * n + j]);
  std::vector<std::uint32_t> nearest;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t best = 0;
    bool reached = false;
    for (const std::uint32_t source : sources) reached |= path[i * n + source] < far;
    const auto distance = [&](std::uint32_t k) {
      return reached ? path[i * n + sources[k]] : length(s.nodes_nm[i], s.nodes_nm[sources[k]]);
    };
    for (std::uint32_t k = 1; k < sources.size(); ++k)
      if (distance(k) < distance(best) - 1e-9) best = k;  // sums in another order differ in the last digits
    nearest.push_back(best);
  }
  return nearest;
}

TEST(NearestSource, EqualsAllPaths) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    Skeleton s = forest(60, 1 + seed % 3, seed);
    // Lengths of a few bits, so that sums are exact and ties are ties.
    for (Vec3f& p : s.nodes_nm) p.y = p.z = 0;
    const std::vector<std::uint32_t> sources{40, 7, 22, 59, 3};
    EXPECT_EQ(nearest_source(s.nodes_nm, s.edges, sources), plain_nearest(s, sources)) << seed;
  }
}

TEST(NearestSource, ByPathNotBySpace) {
  // A hairpin: node 3 lies beside node 0 in space but at the end of the path 0-1-2-3.
  const std::vector<Vec3f> nodes{{0, 0, 0}, {100, 0, 0}, {100, 10, 0}, {0, 10, 0}, {5, 5, 0}};
  const std::vector<SkeletonEdge> edges{{0, 1}, {1, 2}, {2, 3}};
  const std::vector<std::uint32_t> sources{0, 2};
  // Node 1 is nearer to 2; node 4 has no edge: nearest in space, and the first of two that tie is 0.
  EXPECT_EQ(nearest_source(nodes, edges, sources), (std::vector<std::uint32_t>{0, 1, 1, 1, 0}));
  EXPECT_THROW(nearest_source(nodes, edges, std::vector<std::uint32_t>{}), Error);
  EXPECT_THROW(nearest_source(nodes, edges, std::vector<std::uint32_t>{5}), Error);
  EXPECT_THROW(nearest_source(nodes, std::vector<SkeletonEdge>{{0, 5}}, sources), Error);
}

TEST(CellVector, SumOfTheMeansOfAxonAndDendrite) {
  const std::vector<float> rows{1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60};
  using Codes = std::vector<std::uint8_t>;
  using Vector = std::vector<double>;
  // Dendrite: rows 1, 2, 3 (mean 2); axon: 4, 5 (mean 4.5); the soma, row 6, counts for neither.
  EXPECT_EQ(cell_vector(rows, 2, Codes{0, 1, 2, 3, 5, 6}), (Vector{6.5, 65}));
  EXPECT_EQ(cell_vector(rows, 2, Codes{4, 4, 6, 6, 255, 255}), (Vector{1.5, 15}));  // axon only
  EXPECT_EQ(cell_vector(rows, 2, Codes{6, 0, 6, 6, 6, 255}), (Vector{2, 20}));      // dendrite only
  EXPECT_EQ(cell_vector(rows, 2, Codes{6, 6, 6, 6, 6, 255}), (Vector{3.5, 35}));    // neither: all
  EXPECT_EQ(cell_vector(rows, 2), (Vector{3.5, 35}));
  EXPECT_TRUE(cell_vector({}, 2).empty());
  EXPECT_THROW(cell_vector(rows, 2, Codes{0}), Error);
  EXPECT_THROW(cell_vector(rows, 5), Error);
}

}  // namespace
}  // namespace syconn
