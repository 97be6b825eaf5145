// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/supervoxel_graph.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Edges = std::vector<SupervoxelEdge>;

EdgeList list(const std::string& name, Edges edges) {
  return {name, [edges = std::move(edges)](const std::function<void(const SupervoxelEdge&)>& fn) {
            for (const SupervoxelEdge& e : edges) fn(e);
          }};
}

SupervoxelGraph graph(Edges edges, Edges merges = {}, Edges splits = {}) {
  return {list("graph.csv", std::move(edges)), list("merges.csv", std::move(merges)),
          list("splits.csv", std::move(splits)), false};
}

std::string error_of(const std::vector<Id>& ids, const SupervoxelGraph& g) {
  try {
    assemble_cells(ids, g);
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::input);
    return e.what();
  }
  return "no error";
}

/// The definition: the smallest label spreads along the edges until nothing changes.
std::vector<std::uint32_t> spread(const std::vector<Id>& ids, const Edges& kept) {
  std::vector<std::uint32_t> label(ids.size());
  for (std::uint32_t i = 0; i < label.size(); ++i) label[i] = i;
  const auto at = [&](Id id) { return static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin()); };
  for (bool changed = true; changed;) {
    changed = false;
    for (const SupervoxelEdge& e : kept) {
      std::uint32_t &a = label[at(e.a)], &b = label[at(e.b)];
      if (a != b) a = b = std::min(a, b), changed = true;
    }
  }
  return label;
}

TEST(SupervoxelGraph, NoSupervoxelsAndNoEdges) {
  EXPECT_TRUE(assemble_cells({}, {}).empty());
  const std::vector<Id> ids{3, Id{1} << 40, (Id{1} << 63) + 5};
  EXPECT_EQ(assemble_cells(ids, {}), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(SupervoxelGraph, EqualsSpreadingLabelsOnRandomGraphs) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed);
    std::vector<Id> ids;
    for (Id id = 1 + rng.below(9); ids.size() < 40; id += 1 + rng.below(Id{1} << (seed % 50))) ids.push_back(id);
    Edges edges, merges;
    for (int i = 0; i < 25; ++i) edges.push_back({ids[rng.below(40)], ids[rng.below(40)]});
    for (int i = 0; i < 5; ++i) merges.push_back({ids[rng.below(40)], ids[rng.below(40)]});
    Edges all = edges;
    all.insert(all.end(), merges.begin(), merges.end());
    EXPECT_EQ(assemble_cells(ids, graph(edges, merges)), spread(ids, all));
    std::reverse(edges.begin(), edges.end());
    EXPECT_EQ(assemble_cells(ids, graph(edges, merges)), spread(ids, all)) << "the order of edges does not show";
  }
}

TEST(SupervoxelGraph, SplitsRemoveEdgesOfGraphAndMerges) {
  const std::vector<Id> ids{1, 2, 3, 4};
  EXPECT_EQ(assemble_cells(ids, graph({{1, 2}, {2, 3}}, {{4, 3}}, {{3, 2}, {3, 4}})),
            (std::vector<std::uint32_t>{0, 0, 2, 3}));
}

TEST(SupervoxelGraph, SplitPairStillConnectedShowsThePath) {
  EXPECT_THAT(error_of({1, 2, 3, 4, 9}, graph({{1, 2}, {2, 3}, {1, 4}, {4, 3}, {1, 3}}, {}, {{1, 3}})),
              AllOf(HasSubstr("splits.csv: supervoxels 1 and 3 are still connected, by 1 - 2 - 3;"),
                    HasSubstr("add one of these edges")));
}

TEST(SupervoxelGraph, UnknownIdsAreListed) {
  EXPECT_THAT(error_of({1, 2}, graph({{1, 7}, {8, 2}})),
              AllOf(HasSubstr("graph.csv: ids that are no supervoxels"), HasSubstr(": 7 8;")));
  EXPECT_THAT(error_of({1, 2}, graph({{1, 2}}, {{0, 1}})), HasSubstr("merges.csv"));
  EXPECT_THAT(error_of({1, 2}, graph({{1, 2}}, {}, {{5, 1}})), HasSubstr("splits.csv"));
  SupervoxelGraph box = graph({{1, 7}, {1, 2}});
  box.skip_unknown = true;
  EXPECT_EQ(assemble_cells(std::vector<Id>{1, 2}, box), (std::vector<std::uint32_t>{0, 0}));
}

}  // namespace
}  // namespace syconn
