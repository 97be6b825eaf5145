// SPDX-License-Identifier: GPL-3.0-or-later
#include "../../src/stages/soma_nodes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../../src/stages/pointcloud_labels.h"
#include "stages/soma_oracle.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

/// A soma of 5 um radius at node 0 with a stem along each of four directions, nodes 500 nm apart, 20 a stem. A node's
/// radius is what is left to the soma's surface, at least the stem's 800 nm.
struct Star {
  std::vector<Vec3f> nodes_nm{{0, 0, 0}};
  std::vector<float> radius_nm{5000};
  std::vector<SkeletonEdge> edges;
  Star() {
    for (const Vec3f& along : {Vec3f(1, 0, 0), Vec3f(-1, 0, 0), Vec3f(0, 1, 0), Vec3f(0, 0, 1)})
      for (std::uint32_t k = 1; k <= 20; ++k) {
        const auto i = static_cast<std::uint32_t>(nodes_nm.size());
        nodes_nm.push_back(along * (500 * static_cast<float>(k)));
        radius_nm.push_back(std::max(800.0F, 5000 - 500 * static_cast<float>(k)));
        edges.push_back({k == 1 ? 0 : i - 1, i});
      }
  }
  SkeletonShape shape() const { return {nodes_nm, radius_nm, edges}; }
  std::vector<bool> soma(const std::vector<std::uint32_t>& said, double least_nm = 4000) const {
    std::vector<std::int32_t> codes(nodes_nm.size(), kShaft);
    for (const std::uint32_t i : said) codes[i] = kSoma;
    return soma_nodes(shape(), codes, least_nm);
  }
  std::vector<bool> within(float nm) const {
    std::vector<bool> in;
    for (const Vec3f& p : nodes_nm) in.push_back(p.dot(p) < nm * nm);
    return in;
  }
};

TEST(SomaNodes, ASomaIsItsBallHoweverFarItsSurfaceReachedAlongTheStems) {
  const Star star;
  std::vector<std::uint32_t> said;
  for (std::uint32_t i = 0; i <= 13; ++i) said.push_back(i);  // the centre, and one stem up to 1.5 um beyond the ball
  EXPECT_EQ(star.soma(said), star.within(5000));
}

// The nodes at 1 to 5 um of one stem: the ball of the first reaches the centre, which is thicker, and then its own.
TEST(SomaNodes, TheCentreIsFoundFromASide) {
  std::vector<std::uint32_t> said;
  for (std::uint32_t i = 2; i <= 10; ++i) said.push_back(i);
  const Star star;
  EXPECT_EQ(star.soma(said), star.within(5000));
}

TEST(SomaNodes, ShortPatchesAreNone) {
  const Star star;
  const std::vector<bool> none(star.nodes_nm.size());
  EXPECT_EQ(star.soma({15, 16, 17, 18}, 1501), none);  // 1.5 um of edges
  EXPECT_EQ(star.soma({}, 0), none);
  std::vector<bool> patch = none;
  for (std::uint32_t i = 14; i <= 19; ++i) patch[i] = true;  // with those that their balls hold, 500 nm on
  EXPECT_EQ(star.soma({15, 16, 17, 18}, 1500), patch);
}

TEST(SomaNodes, WithoutRadiiNodesStay) {
  Star star;
  star.radius_nm.clear();
  std::vector<bool> said(star.nodes_nm.size());
  said[3] = said[4] = true;
  EXPECT_EQ(star.soma({3, 4}, 500), said);
}

// A process of the cell that crosses the ball without being joined to it there is not reached.
TEST(SomaNodes, OnlyWhatIsJoinedInTheBall) {
  Star star;
  const auto first = static_cast<std::uint32_t>(star.nodes_nm.size());
  star.nodes_nm.insert(star.nodes_nm.end(), {{9000, 9000, 0}, {1000, 1000, 0}});
  star.radius_nm.insert(star.radius_nm.end(), {200, 200});
  star.edges.insert(star.edges.end(), {{20, first}, {first, first + 1}});
  std::vector<std::uint32_t> said;
  for (std::uint32_t i = 0; i <= 9; ++i) said.push_back(i);
  std::vector<bool> want = star.within(5000);
  want[first + 1] = false;
  EXPECT_EQ(star.soma(said), want);
}

// Random trees with thick and thin nodes, of which random runs say soma.
TEST(SomaNodes, EqualsBruteForce) {
  Rng rng(5);
  std::size_t n_soma = 0, n_patches = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Vec3f> nodes{{0, 0, 0}};
    std::vector<float> radius{static_cast<float>(rng.below(3000))};
    std::vector<SkeletonEdge> edges;
    std::vector<std::int32_t> codes{rng.below(2) == 0 ? kSoma : kShaft};
    const auto step = [&] { return static_cast<float>(rng.below(1600)) - 800; };
    for (std::uint32_t i = 1; i < 60; ++i) {
      const std::uint32_t parent = i - 1 - static_cast<std::uint32_t>(rng.below(std::min<std::uint64_t>(i, 5)));
      nodes.push_back(nodes[parent] + Vec3f(step(), step(), step()));
      radius.push_back(static_cast<float>(rng.below(rng.below(6) == 0 ? 4000 : 900)));
      if (rng.below(15) > 0) edges.push_back({parent, i});  // some trees of several parts
      codes.push_back(rng.below(4) > 0 ? codes[parent] : rng.below(2) == 0 ? kSoma : kAxon);
    }
    const double least = static_cast<double>(rng.below(4000));
    for (const bool with_radii : {true, false}) {
      const SkeletonShape shape{nodes, with_radii ? std::span<const float>(radius) : std::span<const float>(), edges};
      const std::vector<bool> soma = soma_nodes(shape, codes, least);
      ASSERT_EQ(soma, test::soma_oracle(shape, codes, least)) << round;
      // one vertex a node and no smoothing: what becomes of soma that is none
      ASSERT_EQ(node_codes(nodes, codes, nodes, edges, {1, 0, 0, least}, shape.radius_nm),
                test::without_patches(shape, codes, soma))
          << round;
      for (std::size_t i = 0; i < codes.size(); ++i) n_soma += soma[i], n_patches += codes[i] == kSoma && !soma[i];
    }
  }
  EXPECT_GT(n_soma, 1000U);
  EXPECT_GT(n_patches, 1000U);
}

}  // namespace
}  // namespace syconn
