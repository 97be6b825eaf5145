// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/myelin_stretches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

std::vector<std::uint32_t> starts(const MyelinStretches& s) {
  std::vector<std::uint32_t> nodes;
  for (const MyelinStretch& x : s.stretches) nodes.push_back(x.node);
  return nodes;
}

// 0=1=2-3=4=5---6=7, with edges of 1, 1, 0.5, 1, 1, 30, 2 um.
TEST(MyelinStretches, AlongALine) {
  const std::vector<PathEdge> line{{0, 1, 1000, true}, {1, 2, 1000, true},   {2, 3, 500, false}, {3, 4, 1000, true},
                                   {4, 5, 1000, true}, {5, 6, 30000, false}, {6, 7, 2000, true}};
  const MyelinStretches s = find_myelin_stretches(8, line, 10000);
  EXPECT_EQ(starts(s), (std::vector<std::uint32_t>{0, 3, 6}));
  for (const MyelinStretch& x : s.stretches) EXPECT_DOUBLE_EQ(x.length_nm, 2000);
  ASSERT_EQ(s.gaps.size(), 1u);  // 30 um are no node of Ranvier
  EXPECT_DOUBLE_EQ(s.gaps[0].length_nm, 500);
  EXPECT_EQ(s.gaps[0].node_a, 2u);
  EXPECT_EQ(s.gaps[0].node_b, 3u);
  EXPECT_EQ(find_myelin_stretches(8, line, 40000).gaps.size(), 2u);
}

// A bare part with a collateral (7-8) between three sheaths: two nodes of Ranvier, the shortest that join them.
TEST(MyelinStretches, AtABranch) {
  //   0=1-6-2=3, 6-4=5, 6-7-8
  const std::vector<PathEdge> tree{{0, 1, 5000, true}, {1, 6, 400, false}, {6, 2, 300, false},  {2, 3, 7000, true},
                                   {6, 4, 600, false}, {4, 5, 900, true},  {6, 7, 2000, false}, {7, 8, 9000, false}};
  const MyelinStretches s = find_myelin_stretches(9, tree, 5000);
  EXPECT_EQ(starts(s), (std::vector<std::uint32_t>{0, 2, 4}));
  ASSERT_EQ(s.gaps.size(), 2u);
  EXPECT_DOUBLE_EQ(s.gaps[0].length_nm, 700);  // 1-6-2
  EXPECT_DOUBLE_EQ(s.gaps[1].length_nm, 900);  // 2-6-4, shorter than 1-6-4
}

TEST(MyelinStretches, NothingAndEverything) {
  EXPECT_TRUE(find_myelin_stretches(0, {}, 1000).stretches.empty());
  EXPECT_TRUE(find_myelin_stretches(3, std::vector<PathEdge>{{0, 1, 1, false}, {1, 2, 1, false}}, 9).gaps.empty());
  const MyelinStretches all =
      find_myelin_stretches(4, std::vector<PathEdge>{{0, 1, 1, true}, {1, 2, 1, true}, {1, 3, 4, true}}, 9);
  ASSERT_EQ(all.stretches.size(), 1u);
  EXPECT_DOUBLE_EQ(all.stretches[0].length_nm, 6);
  EXPECT_THROW(find_myelin_stretches(2, std::vector<PathEdge>{{0, 1, 1, true}, {1, 0, 1, true}}, 9), Error);
  EXPECT_THROW(find_myelin_stretches(2, std::vector<PathEdge>{{0, 2, 1, true}}, 9), Error);
}

/// Path between two nodes of a tree; false if an edge on it is under myelin or they are not joined.
bool bare_path(const std::vector<PathEdge>& edges, std::uint32_t from, std::uint32_t to, std::uint32_t before,
               double& length) {
  if (from == to) return true;
  for (const PathEdge& e : edges) {
    if (e.a != from && e.b != from) continue;
    const std::uint32_t next = e.a == from ? e.b : e.a;
    if (next == before || e.myelin) continue;
    if (bare_path(edges, next, to, from, length)) return length += e.length_nm, true;
  }
  return false;
}

TEST(MyelinStretches, AsByBruteForceOnRandomTrees) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed);
    constexpr std::uint32_t kNodes = 40;
    std::vector<PathEdge> edges;
    for (std::uint32_t i = 1; i < kNodes; ++i)
      if (rng.uniform() < 0.95)
        edges.push_back({static_cast<std::uint32_t>(rng.below(i)), i, rng.uniform(1, 9), rng.uniform() < 0.4});
    UnionFind sheaths(kNodes);
    std::vector<char> in_sheath(kNodes, 0);
    for (const PathEdge& e : edges)
      if (e.myelin) sheaths.unite(e.a, e.b), in_sheath[e.a] = in_sheath[e.b] = 1;
    std::map<std::uint32_t, double> lengths;
    for (const PathEdge& e : edges)
      if (e.myelin) lengths[sheaths.find(e.a)] += e.length_nm;
    std::vector<std::tuple<double, std::uint32_t, std::uint32_t>> pairs;
    for (std::uint32_t a = 0; a < kNodes; ++a)
      for (std::uint32_t b = a + 1; b < kNodes; ++b) {
        double length = 0;
        if (in_sheath[a] && in_sheath[b] && sheaths.find(a) != sheaths.find(b) &&
            bare_path(edges, a, b, UINT32_MAX, length) && length <= 15)
          pairs.emplace_back(length, a, b);
      }
    std::sort(pairs.begin(), pairs.end());
    std::vector<double> expected;
    for (const auto& [length, a, b] : pairs)
      if (sheaths.find(a) != sheaths.find(b)) sheaths.unite(a, b), expected.push_back(length);
    const MyelinStretches found = find_myelin_stretches(kNodes, edges, 15);
    ASSERT_EQ(found.stretches.size(), lengths.size());
    for (const MyelinStretch& s : found.stretches) EXPECT_NEAR(s.length_nm, lengths.at(s.node), 1e-9);
    ASSERT_EQ(found.gaps.size(), expected.size()) << seed;
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found.gaps[i].length_nm, expected[i], 1e-9);
  }
}

}  // namespace
}  // namespace syconn
