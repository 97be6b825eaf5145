// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/motifs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using ::testing::ElementsAre;
using Vertex = Digraph::Vertex;

Digraph random_graph(Vertex n, double p, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::pair<Vertex, Vertex>> edges;
  for (Vertex a = 0; a < n; ++a)
    for (Vertex b = 0; b < n; ++b)
      if (a != b && rng.uniform() < p) edges.emplace_back(a, b);
  return {n, edges};
}

std::uint64_t of_kind(const Digraph& g, const std::string& name) {
  const auto at = std::find(kTriadNames.begin(), kTriadNames.end(), name) - kTriadNames.begin();
  return triad_census(g)[static_cast<std::size_t>(at)];
}

TEST(Motifs, EveryTriadHasItsName) {
  const std::vector<std::pair<std::string, std::vector<std::pair<Vertex, Vertex>>>> triads{
      {"003", {}},
      {"012", {{0, 1}}},
      {"102", {{0, 1}, {1, 0}}},
      {"021D", {{1, 0}, {1, 2}}},
      {"021U", {{0, 1}, {2, 1}}},
      {"021C", {{0, 1}, {1, 2}}},
      {"111D", {{0, 1}, {1, 0}, {2, 1}}},
      {"111U", {{0, 1}, {1, 0}, {1, 2}}},
      {"030T", {{0, 1}, {1, 2}, {0, 2}}},
      {"030C", {{0, 1}, {1, 2}, {2, 0}}},
      {"201", {{0, 1}, {1, 0}, {1, 2}, {2, 1}}},
      {"120D", {{1, 0}, {1, 2}, {0, 2}, {2, 0}}},
      {"120U", {{0, 1}, {2, 1}, {0, 2}, {2, 0}}},
      {"120C", {{0, 1}, {1, 2}, {0, 2}, {2, 0}}},
      {"210", {{0, 1}, {1, 0}, {1, 2}, {2, 1}, {0, 2}}},
      {"300", {{0, 1}, {1, 0}, {1, 2}, {2, 1}, {0, 2}, {2, 0}}}};
  ASSERT_EQ(triads.size(), kTriads);
  for (const auto& [name, edges] : triads) EXPECT_EQ(of_kind({3, edges}, name), 1U) << name;
}

/// Every triple looked at by itself, told by the same question on a graph of three.
TEST(Motifs, CensusEqualsLookingAtEveryTriple) {
  for (const double p : {0.03, 0.2, 0.7}) {
    const Digraph g = random_graph(24, p, 5);
    TriadCensus brute{};
    for (Vertex a = 0; a < 24; ++a)
      for (Vertex b = a + 1; b < 24; ++b)
        for (Vertex c = b + 1; c < 24; ++c) {
          const Vertex v[3] = {a, b, c};
          std::vector<std::pair<Vertex, Vertex>> edges;
          for (Vertex i = 0; i < 3; ++i)
            for (Vertex j = 0; j < 3; ++j)
              if (i != j && g.has(v[i], v[j])) edges.emplace_back(i, j);
          const TriadCensus one = triad_census({3, edges});
          for (std::size_t k = 0; k < kTriads; ++k) brute[k] += one[k];
        }
    EXPECT_EQ(triad_census(g), brute) << p;
  }
}

TEST(Motifs, RewiringKeepsDegreesAndSize) {
  const Digraph g = random_graph(40, 0.15, 3), r = rewired(g, 1);
  EXPECT_EQ(r.n_edges(), g.n_edges());
  EXPECT_NE(r.edges(), g.edges());
  EXPECT_EQ(r.edges(), rewired(g, 1).edges());
  std::vector<int> in_g(40), in_r(40);
  for (const auto& [a, b] : g.edges()) ++in_g[b];
  for (const auto& [a, b] : r.edges()) ++in_r[b];
  EXPECT_EQ(in_g, in_r);
  for (Vertex v = 0; v < 40; ++v) EXPECT_EQ(g.out(v).size(), r.out(v).size());
}

TEST(Motifs, PlantedPairsStandOutAndThreadsDoNotShow) {
  // Twenty pairs connected both ways among edges drawn at random.
  std::vector<std::pair<Vertex, Vertex>> edges = random_graph(60, 0.03, 9).edges();
  for (Vertex v = 0; v < 40; v += 2) edges.emplace_back(v, v + 1), edges.emplace_back(v + 1, v);
  const Digraph g(60, edges);
  const auto scores = motif_scores(g, 60, 4, 1), same = motif_scores(g, 60, 4, 3);
  EXPECT_GE(scores[0].count, 20);
  EXPECT_GT(scores[0].z, 5);
  EXPECT_LT(scores[0].p, 0.05);
  for (std::size_t i = 0; i < scores.size(); ++i) EXPECT_EQ(scores[i].null_mean, same[i].null_mean);
}

TEST(Motifs, ShortestChainsAreAllOfTheShortest) {
  const Digraph g(7, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}, {0, 5}, {5, 6}, {6, 4}});
  EXPECT_THAT(shortest_chains(g, 0, 4, 9, 100),
              ElementsAre(ElementsAre(0, 1, 3, 4), ElementsAre(0, 2, 3, 4), ElementsAre(0, 5, 6, 4)));
  EXPECT_EQ(shortest_chains(g, 0, 4, 9, 2).size(), 2U);
  EXPECT_TRUE(shortest_chains(g, 0, 4, 2, 100).empty());
  EXPECT_TRUE(shortest_chains(g, 4, 0, 9, 100).empty());
  EXPECT_TRUE(shortest_chains(g, 4, 4, 9, 100).empty());
}

TEST(Motifs, LoopsAndRepetitionsAreDropped) {
  const Digraph g(3, {{0, 1}, {0, 1}, {1, 1}, {1, 0}});
  EXPECT_EQ(g.n_edges(), 2U);
  EXPECT_EQ(reciprocal_pairs(g), 1U);
  EXPECT_THROW(Digraph(2, {{0, 2}}), Error);
  EXPECT_EQ(triad_census(Digraph(0, {}))[0], 0U);
}

}  // namespace
}  // namespace syconn
