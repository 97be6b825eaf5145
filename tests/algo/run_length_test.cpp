// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/run_length.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr Id kBig = (Id{1} << 63) + 7;

/// Random trees with a segment a node.
struct Trees {
  std::vector<SkeletonNode> nodes;
  std::vector<SkeletonPiece> pieces;
};
Trees random_trees(Rng& rng, std::uint64_t n_segments) {
  Trees t;
  for (Id tree = 0; tree < 3; ++tree) {
    const std::size_t first = t.nodes.size(), n = 2 + rng.below(12);
    for (std::size_t i = first; i < first + n; ++i) {
      t.nodes.push_back({kBig + tree, rng.below(n_segments + 1)});
      if (i == first) continue;
      const std::size_t parent = first + rng.below(i - first);
      t.pieces.push_back({kBig + tree, t.nodes[parent].segment, t.nodes[i].segment, 1 + rng.uniform()});
    }
  }
  return t;
}

/// As the definition says: the run length at each piece, asked anew, weighted by length.
double slow_erl(const Trees& t, std::uint64_t min_nodes) {
  std::set<Id> merged;
  for (const SkeletonNode& a : t.nodes)
    for (const SkeletonNode& b : t.nodes) {
      const auto of = [&](Id skeleton) {
        return static_cast<std::uint64_t>(std::count_if(t.nodes.begin(), t.nodes.end(), [&](const SkeletonNode& n) {
          return n.skeleton == skeleton && n.segment == a.segment;
        }));
      };
      if (a.segment != 0 && a.segment == b.segment && a.skeleton != b.skeleton && of(a.skeleton) >= min_nodes &&
          of(b.skeleton) >= min_nodes)
        merged.insert(a.segment);
    }
  const auto right = [&](const SkeletonPiece& p) {
    return p.segment_a == p.segment_b && p.segment_a != 0 && !merged.contains(p.segment_a);
  };
  double sum = 0, length = 0;
  for (const SkeletonPiece& p : t.pieces) {
    length += p.length_nm;
    if (!right(p)) continue;
    double run = 0;
    for (const SkeletonPiece& q : t.pieces)
      if (right(q) && q.skeleton == p.skeleton && q.segment_a == p.segment_a) run += q.length_nm;
    sum += p.length_nm * run;
  }
  return sum / length;
}

TEST(RunLength, IsItsDefinitionOnRandomTrees) {
  Rng rng(2);
  for (int trial = 0; trial < 200; ++trial) {
    const Trees t = random_trees(rng, 1 + rng.below(12));
    for (const std::uint64_t min_nodes : {1U, 2U, 3U}) {
      const RunLengthScore s = run_length_score(t.pieces, merged_segments(t.nodes, min_nodes));
      EXPECT_NEAR(s.erl_nm, slow_erl(t, min_nodes), 1e-9);
      EXPECT_NEAR(s.right_nm + s.split_nm + s.merged_nm + s.omitted_nm, s.length_nm, 1e-9);
      EXPECT_LE(s.normalised, 1 + 1e-12);
    }
    // Each tree in one segment of its own, under any id.
    Trees same = t;
    for (SkeletonPiece& p : same.pieces) p.segment_a = p.segment_b = mix64(p.skeleton);
    const RunLengthScore s = run_length_score(same.pieces, {});
    EXPECT_DOUBLE_EQ(s.normalised, 1);
    EXPECT_DOUBLE_EQ(s.right_nm, s.length_nm);
  }
}

TEST(RunLength, HandMade) {
  // A skeleton of 10, cut into runs of 4 and 5 by a split piece of 1, and one of 6 in a merged segment.
  const std::vector<SkeletonPiece> pieces{{1, 7, 7, 4}, {1, 7, 8, 1}, {1, 8, 8, 5}, {2, 9, 9, 6}};
  const std::vector<Id> merged{9};
  const RunLengthScore s = run_length_score(pieces, merged);
  EXPECT_DOUBLE_EQ(s.erl_nm, (16.0 + 25) / 16);
  EXPECT_DOUBLE_EQ(s.truth_erl_nm, (100.0 + 36) / 16);
  EXPECT_DOUBLE_EQ(s.normalised, 41.0 / 136);
  EXPECT_EQ(s.split_nm, 1);
  EXPECT_EQ(s.merged_nm, 6);
  EXPECT_EQ(s.n_segments, 3U);
  EXPECT_EQ(s.n_merged, 1U);
}

TEST(RunLength, MergersNeedNodesOfTwoSkeletons) {
  const std::vector<SkeletonNode> nodes{{1, 5}, {1, 5}, {2, 5}, {1, 0}, {2, 0}, {2, 6}, {2, 6}};
  EXPECT_EQ(merged_segments(nodes), (std::vector<Id>{5}));
  EXPECT_TRUE(merged_segments(nodes, 2).empty());
  EXPECT_THROW(merged_segments(nodes, 0), Error);
}

TEST(RunLength, UndefinedAndRefused) {
  EXPECT_TRUE(std::isnan(run_length_score({}, {}).normalised));
  const std::vector<SkeletonPiece> bad{{1, 2, 2, -1}};
  EXPECT_THROW(run_length_score(bad, {}), Error);
}

}  // namespace
}  // namespace syconn
