// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/label_votes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "syconn/core/error.h"

namespace syconn {
namespace {

using Labels = std::vector<std::int32_t>;

TEST(VertexVotes, MajoritySmallestOfEqualsNoneWithoutVotes) {
  VertexVotes a(3, 3), b(3, 3);
  a.add(0, 2), a.add(0, 1), b.add(1, 2, 2), a.add(1, 0);
  a.merge(b);
  EXPECT_EQ(a.majority(), (Labels{1, 2, -1}));
  EXPECT_EQ(a.majority(255), (Labels{1, 2, 255}));
  EXPECT_THROW(a.add(3, 0), Error);
  EXPECT_THROW(a.add(0, 3), Error);
  EXPECT_THROW(a.merge(VertexVotes(2, 3)), Error);
}

TEST(KnnMajority, TieGoesToTheLabelMetFirst) {
  const std::vector<Vec3f> sources{{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {3, 0, 0}, {4, 0, 0}};
  const Labels labels{5, 7, 7, 5, 9};
  const std::vector<Vec3f> targets{{-1, 0, 0}, {3.1F, 0, 0}};
  EXPECT_EQ(knn_majority(sources, labels, targets, 1), (Labels{5, 5}));
  EXPECT_EQ(knn_majority(sources, labels, targets, 3), (Labels{7, 5}));
  EXPECT_EQ(knn_majority(sources, labels, targets, 4), (Labels{5, 7}));
  EXPECT_EQ(knn_majority(sources, labels, targets, 99), (Labels{5, 5}));
  EXPECT_EQ(knn_majority_without(5, sources, labels, targets, 1), (Labels{7, 9}));
  EXPECT_EQ(knn_majority({}, {}, targets, 4, 255), (Labels{255, 255}));
  EXPECT_THROW(knn_majority(sources, labels, targets, 0), Error);
}

struct Line {
  std::vector<Vec3f> nodes;
  std::vector<SkeletonEdge> edges;
};
Line line(std::uint32_t n) {
  Line l;
  for (std::uint32_t i = 0; i < n; ++i) l.nodes.emplace_back(float(i) * 1000, 0.0F, 0.0F);
  for (std::uint32_t i = 1; i < n; ++i) l.edges.push_back({i - 1, i});
  return l;
}

TEST(Compartments, SmoothingKeepsBoutonsAndSpinesThatFit) {
  const Line l = line(9);
  const Labels raw{kAxon, kBoutonEnPassant, kShaft, kAxon, kTerminalBouton, kSpineHead, kShaft, kShaft, kShaft};
  EXPECT_EQ(smooth_compartments(l.nodes, l.edges, raw, 1500),
            (Labels{kAxon, kBoutonEnPassant, kAxon, kAxon, kTerminalBouton, kSpineHead, kShaft, kShaft, kShaft}));
}

TEST(Compartments, ComponentsWithoutTheSomaAreAxonFromTwoThirds) {
  const Line l = line(9);
  const Labels raw{kAxon, kShaft, kTerminalBouton, kSoma, kAxon, kShaft, kSpineNeck, kSoma, kUnknownCompartment};
  EXPECT_EQ(component_compartments(l.edges, raw),
            (Labels{kAxon, kAxon, kTerminalBouton, kSoma, kShaft, kShaft, kSpineNeck, kSoma, kUnknownCompartment}));
  EXPECT_EQ(component_compartments(l.edges, raw, 0.67)[0], kShaft);
}

TEST(Certainty, SureAndUniform) {
  EXPECT_NEAR(certainty(std::vector<double>{0, 1, 0}), 1, 1e-15);
  EXPECT_NEAR(certainty(std::vector<double>{2, 2, 2, 2}), 0, 1e-15);
  EXPECT_NEAR(certainty(std::vector<double>{0.9, 0.1}), 1 + (0.9 * std::log(0.9) + 0.1 * std::log(0.1)) / std::log(2.0),
              1e-15);
}

TEST(ClassVote, MeanAndMajorityMayDisagree) {
  const std::vector<double> rows{0.45, 0.55, 0, 0.45, 0.55, 0, 1, 0, 0};
  const ClassVote v = vote_of_probabilities(rows, 3);
  EXPECT_EQ(v.best, 0U);
  EXPECT_EQ(v.majority, 1U);
  EXPECT_NEAR(v.probability[0], 1.9 / 3, 1e-15);
  EXPECT_EQ(vote_of_logits(std::vector<double>{1000, -1000}, 2).best, 0U);
  EXPECT_THROW(vote_of_probabilities({}, 3), Error);
  EXPECT_THROW(vote_of_probabilities(std::vector<double>{NAN, 0}, 2), Error);
}

}  // namespace
}  // namespace syconn
