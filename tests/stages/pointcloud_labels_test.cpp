// SPDX-License-Identifier: GPL-3.0-or-later
#include "../../src/stages/pointcloud_labels.h"

#include <gtest/gtest.h>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

std::vector<Vec3f> random_points(Rng& rng, int n) {
  std::vector<Vec3f> points;  // on a coarse lattice: many ties
  for (int i = 0; i < n; ++i)
    points.emplace_back(Vec3d{static_cast<double>(rng.below(12)), static_cast<double>(rng.below(12)),
                              static_cast<double>(rng.below(12))} *
                        100.0);
  return points;
}

/// Index of the nearest point that `counts`, tie: the lowest; -1: none.
template <class Counts>
int nearest(const std::vector<Vec3f>& points, const Vec3f& to, const Counts& counts) {
  int best = -1;
  float least = 0;
  for (int i = 0; i < static_cast<int>(points.size()); ++i) {
    if (!counts(static_cast<std::size_t>(i))) continue;
    const Vec3f d = points[static_cast<std::size_t>(i)] - to;
    if (best < 0 || d.dot(d) < least) best = i, least = d.dot(d);
  }
  return best;
}

TEST(PointcloudLabels, FilledFromTheNearest) {
  Rng rng(1);
  for (const int threads : {1, 3}) {
    const std::vector<Vec3f> points = random_points(rng, 9000);
    std::vector<std::int32_t> labels(points.size(), kNotLabelled);
    for (std::int32_t& label : labels)
      if (rng.below(30) == 0) label = static_cast<std::int32_t>(rng.below(3));
    const auto filled = filled_labels(points, labels, 255, threads);
    for (std::size_t i = 0; i < points.size(); i += 7) {
      const int from = nearest(points, points[i], [&](std::size_t k) { return labels[k] != kNotLabelled; });
      ASSERT_EQ(filled[i], labels[i] != kNotLabelled ? labels[i] : labels[static_cast<std::size_t>(from)]) << i;
    }
  }
}

TEST(PointcloudLabels, NothingToFillFrom) {
  const std::vector<Vec3f> points(3);
  EXPECT_EQ(filled_labels(points, {-1, -1, -1}, 255, 2), std::vector<std::int32_t>({255, 255, 255}));
  EXPECT_TRUE(filled_labels({}, {}, 255, 2).empty());
  EXPECT_THROW(filled_labels(points, {1}, 255, 1), Error);
  std::vector<std::int32_t> codes{kAxon, kAxon, kShaft};
  refine_labels(points, std::vector<std::int32_t>{-1, -1, kSpineHead}, kAxon, codes, 1);
  EXPECT_EQ(codes, std::vector<std::int32_t>({kAxon, kAxon, kShaft}));
}

TEST(PointcloudLabels, RefinedWithinOneCompartment) {
  Rng rng(2);
  const std::vector<Vec3f> points = random_points(rng, 3000);
  std::vector<std::int32_t> codes, fine(points.size(), kNotLabelled);
  for (std::size_t i = 0; i < points.size(); ++i) {
    codes.push_back(std::array<std::int32_t, 3>{kShaft, kAxon, kSoma}[rng.below(3)]);
    if (rng.below(20) == 0) fine[i] = static_cast<std::int32_t>(kAxon + rng.below(3));
  }
  const std::vector<std::int32_t> before = codes;
  refine_labels(points, fine, kAxon, codes, 2);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto says = [&](std::size_t k) { return before[k] == kAxon && fine[k] != kNotLabelled; };
    std::int32_t want = before[i];
    if (want == kAxon)
      want = fine[i] != kNotLabelled ? fine[i] : fine[static_cast<std::size_t>(nearest(points, points[i], says))];
    ASSERT_EQ(codes[i], want) << i;
  }
}

// A ball of 3 um radius as one node, a neurite of thin nodes on either side; one of the surface's vertices says
// dendrite.
TEST(PointcloudLabels, SomaOfThePairByRadius) {
  const std::vector<Vec3f> nodes{{0, 0, 0}, {2000, 0, 0}, {4000, 0, 0}, {-4000, 0, 0}};
  const std::vector<float> radius{3000, 1000, 900, 500};
  const std::vector<SkeletonEdge> edges{{0, 1}, {1, 2}, {0, 3}};
  const std::vector<Vec3f> surface{{0, 3000, 0},  {0, -3000, 0}, {2000, 1000, 0}, {3000, 1000, 0},
                                   {-2000, 0, 0}, {-2001, 0, 0}, {4000, 900, 0}};
  const std::vector<std::int32_t> says{kAxon, kShaft, kAxon, kAxon, kAxon, kAxon, kUnknownCompartment};
  const auto marked = [&](std::span<const float> radii, double least_nm) {
    std::vector<std::int32_t> codes = says;
    mark_soma(surface, {nodes, radii, edges}, least_nm, codes, 2);
    return codes;
  };
  // nodes 0 and 1 are soma: the second lies in the first one's ball; a tie between nodes 1 and 2 goes to node 1
  EXPECT_EQ(marked(radius, 3000),
            std::vector<std::int32_t>({kSoma, kShaft, kSoma, kSoma, kSoma, kAxon, kUnknownCompartment}));
  EXPECT_EQ(marked(radius, 3001), says);
  EXPECT_EQ(marked({}, 1), says);
  std::vector<std::int32_t> none;
  mark_soma({}, {}, 1, none, 1);
  EXPECT_TRUE(none.empty());
  EXPECT_THROW(mark_soma(surface, {nodes, radius, edges}, 1, none, 1), Error);
}

// A soma node with an axon of three nodes and a dendrite of two; the surface beside each node says what it is.
TEST(PointcloudLabels, NodesTakeTheirSurfaceAndTheirComponent) {
  std::vector<Vec3f> nodes, surface;
  const std::vector<std::int32_t> says{kSoma, kAxon, kTerminalBouton, kShaft, kShaft, kSpineHead};
  std::vector<std::int32_t> codes;
  for (int i = 0; i < 6; ++i) {
    nodes.push_back({1000.0F * static_cast<float>(i), 0, 0});
    for (const float y : {-10.0F, 10.0F, 11.0F})
      surface.push_back({1000.0F * static_cast<float>(i), y, 0}), codes.push_back(says[static_cast<std::size_t>(i)]);
  }
  const std::vector<SkeletonEdge> edges{{0, 1}, {1, 2}, {2, 3}, {0, 4}, {4, 5}};
  NodeVote vote{3, 0, 0};
  EXPECT_EQ(node_codes(surface, codes, nodes, edges, vote), says);
  vote.axon_share = 0.66;  // two of three nodes beyond the soma are axon
  EXPECT_EQ(node_codes(surface, codes, nodes, edges, vote),
            std::vector<std::int32_t>({kSoma, kAxon, kTerminalBouton, kAxon, kShaft, kSpineHead}));
  vote.axon_share = 0.7;
  EXPECT_EQ(node_codes(surface, codes, nodes, edges, vote),
            std::vector<std::int32_t>({kSoma, kShaft, kShaft, kShaft, kShaft, kSpineHead}));
  vote = {3, 1000, 0};  // within 1 um of the soma's node an axon's is as frequent, and its code is smaller
  EXPECT_EQ(node_codes(surface, codes, nodes, edges, vote), says);
  EXPECT_EQ(node_codes({}, {}, nodes, edges, vote), std::vector<std::int32_t>(6, kUnknownCompartment));
}

/// Nodes a micrometre apart on a line, three vertices beside each that say `says`.
std::vector<std::int32_t> codes_on_a_line(const std::vector<std::int32_t>& says, const NodeVote& vote) {
  std::vector<Vec3f> nodes, surface;
  std::vector<std::int32_t> codes;
  std::vector<SkeletonEdge> edges;
  for (std::uint32_t i = 0; i < says.size(); ++i) {
    nodes.push_back({1000.0F * static_cast<float>(i), 0, 0});
    for (const float y : {-10.0F, 10.0F, 11.0F}) surface.push_back({nodes[i].x, y, 0}), codes.push_back(says[i]);
    if (i > 0) edges.push_back({i - 1, i});
  }
  return node_codes(surface, codes, nodes, edges, vote);
}

TEST(PointcloudLabels, PatchesOfSomaAreNone) {
  const std::vector<std::int32_t> says{kSoma, kSoma,  kSoma,      kShaft, kShaft,          kSpineHead,
                                       kSoma, kShaft, kSpineHead, kAxon,  kTerminalBouton, kSoma};
  NodeVote vote{3, 0, 0, 2000};  // the first three have 2 um between them, the others no edge
  EXPECT_EQ(codes_on_a_line(says, vote),
            std::vector<std::int32_t>({kSoma, kSoma, kSoma, kShaft, kShaft, kSpineHead, kSpineHead, kShaft, kSpineHead,
                                       kAxon, kTerminalBouton, kTerminalBouton}));
  vote.least_soma_nm = 2001;  // nothing is left that is soma
  EXPECT_EQ(codes_on_a_line(says, vote)[0], kShaft);
  vote.least_soma_nm = 0;
  EXPECT_EQ(codes_on_a_line(says, vote), says);
  vote.least_soma_nm = 9000;  // all of it is soma: there is nothing else to say
  EXPECT_EQ(codes_on_a_line({kSoma, kSoma}, vote), std::vector<std::int32_t>({kSoma, kSoma}));
}

TEST(PointcloudLabels, ASomaDoesNotGrowAlongItsNeurites) {
  const std::vector<std::int32_t> says{kSoma, kSoma, kSoma, kSoma, kSoma, kAxon, kShaft, kAxon, kAxon};
  EXPECT_EQ(codes_on_a_line(says, {3, 5000, 0, 0}),
            std::vector<std::int32_t>({kSoma, kSoma, kSoma, kSoma, kSoma, kAxon, kAxon, kAxon, kAxon}));
}

TEST(PointcloudLabels, PathsCountForTheNodeAwayFromTheRoot) {
  const std::vector<Vec3f> nodes{{0, 0, 0}, {3000, 4000, 0}, {0, 0, 2000}, {0, 0, 9000}};
  const std::vector<std::int32_t> parent{-1, 0, 0, 2}, codes{kSoma, kBoutonEnPassant, kSpineNeck, kSoma};
  const std::vector<SkeletonEdge> edges{{0, 1}, {2, 0}, {2, 3}};
  CompartmentPaths paths = compartment_paths(nodes, edges, parent, {}, codes);
  EXPECT_DOUBLE_EQ(paths.axon_um, 5);
  EXPECT_DOUBLE_EQ(paths.dend_um, 2);
  EXPECT_DOUBLE_EQ(paths.soma_um, 7);
  paths = compartment_paths(nodes, edges, parent, std::vector<float>{0, 0, 7000}, codes);
  EXPECT_DOUBLE_EQ(paths.soma_um, 0);
  EXPECT_THROW(compartment_paths(nodes, std::vector<SkeletonEdge>{{1, 2}}, parent, {}, codes), Error);
}

}  // namespace
}  // namespace syconn
