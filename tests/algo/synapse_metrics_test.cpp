// SPDX-License-Identifier: GPL-3.0-or-later
// Matchings against all possible ones; distances of clefts against all pairs of voxels.
#include "syconn/algo/synapse_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "syconn/algo/assignment.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using Runs = std::vector<syconn::Run>;  // a test has a member Run

struct Best {
  std::size_t pairs = 0;
  std::int64_t cost = 0;
};

/// The best matching of the left nodes from `left` on, by trying all.
Best best_of(std::uint32_t left, std::uint32_t n_left,
             const std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t>& costs, std::uint32_t n_right,
             std::uint32_t taken) {
  if (left == n_left) return {};
  Best best = best_of(left + 1, n_left, costs, n_right, taken);
  for (std::uint32_t r = 0; r < n_right; ++r) {
    const auto option = costs.find({left, r});
    if ((taken >> r & 1) != 0 || option == costs.end()) continue;
    Best with = best_of(left + 1, n_left, costs, n_right, taken | 1U << r);
    ++with.pairs, with.cost += option->second;
    if (with.pairs > best.pairs || (with.pairs == best.pairs && with.cost < best.cost)) best = with;
  }
  return best;
}

TEST(CheapestMatching, IsTheBestOfAll) {
  Rng rng(3);
  for (int trial = 0; trial < 400; ++trial) {
    const auto n_left = static_cast<std::uint32_t>(rng.below(7)), n_right = static_cast<std::uint32_t>(rng.below(7));
    const double density = rng.uniform();
    const std::uint64_t largest = trial % 2 == 0 ? 4 : 1000;  // many ties, or hardly any
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> costs;
    std::vector<MatchOption> options;
    for (std::uint32_t l = 0; l < n_left; ++l)
      for (std::uint32_t r = 0; r < n_right; ++r)
        if (rng.uniform() < density) {
          costs[{l, r}] = static_cast<std::int64_t>(rng.below(largest));
          options.push_back({l, r, costs[{l, r}]});
        }
    const auto match = cheapest_matching(n_left, n_right, options);
    std::reverse(options.begin(), options.end());
    EXPECT_EQ(match, cheapest_matching(n_left, n_right, options));
    ASSERT_EQ(match.size(), n_left);
    Best got;
    std::vector<bool> taken(n_right);
    for (std::uint32_t l = 0; l < n_left; ++l) {
      if (match[l] == kUnmatched) continue;
      ASSERT_TRUE(costs.contains({l, match[l]}));
      EXPECT_FALSE(taken[match[l]]);
      taken[match[l]] = true;
      ++got.pairs, got.cost += costs[{l, match[l]}];
    }
    const Best want = best_of(0, n_left, costs, n_right, 0);
    EXPECT_EQ(got.pairs, want.pairs) << "trial " << trial;
    EXPECT_EQ(got.cost, want.cost) << "trial " << trial;
  }
}

TEST(CheapestMatching, RefusesWhatIsOutOfRange) {
  const std::vector<MatchOption> left{{1, 0, 0}}, right{{0, 1, 0}}, cost{{0, 0, -1}};
  for (const auto& options : {left, right, cost}) EXPECT_THROW(cheapest_matching(1, 1, options), Error);
  EXPECT_TRUE(cheapest_matching(0, 3, {}).empty());
}

constexpr Id kBig = (Id{1} << 63) + 9;

std::vector<PartnerPair> random_pairs(std::size_t n, Rng& rng) {
  std::vector<PartnerPair> pairs(n);
  const auto somewhere = [&] { return Vec3d{1000 * rng.uniform(), 1000 * rng.uniform(), 1000 * rng.uniform()}; };
  for (PartnerPair& p : pairs) p = {kBig + rng.below(2), 5 + rng.below(2), somewhere(), somewhere()};
  return pairs;
}

TEST(Partners, MatchOnlySameCellsWithinTheDistance) {
  const std::vector<PartnerPair> truth{{1, 2, {0, 0, 0}, {0, 0, 0}}, {1, 2, {1000, 0, 0}, {1000, 0, 0}}};
  const std::vector<PartnerPair> found{{1, 2, {399.9, 0, 0}, {0, 0, 0}},    // of the first
                                       {2, 1, {1000, 0, 0}, {1000, 0, 0}},  // the other way round
                                       {1, 2, {1000, 0, 0}, {1400, 0, 0}},  // 400 nm is too far
                                       {1, 3, {0, 0, 0}, {0, 0, 0}}};
  const PartnerScore s = match_partners(found, truth);
  EXPECT_EQ(s.matches, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 0}}));
  EXPECT_DOUBLE_EQ(s.precision, 0.25);
  EXPECT_DOUBLE_EQ(s.recall, 0.5);
  EXPECT_DOUBLE_EQ(s.f1, 2.0 / 6);
  EXPECT_THROW(match_partners(found, truth, 0), Error);
  EXPECT_TRUE(std::isnan(match_partners({}, {}).f1));
  EXPECT_EQ(match_partners({}, truth).f1, 0);
}

TEST(Partners, TheNearestIsGivenUpWhereThatMatchesMore) {
  // The first found pair is nearest to the true one that the second needs.
  const std::vector<PartnerPair> truth{{1, 2, {0, 0, 0}, {0, 0, 0}}, {1, 2, {300, 0, 0}, {300, 0, 0}}};
  const std::vector<PartnerPair> found{{1, 2, {10, 0, 0}, {10, 0, 0}}, {1, 2, {-200, 0, 0}, {-200, 0, 0}}};
  const PartnerScore s = match_partners(found, truth);
  EXPECT_EQ(s.matches, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 1}, {1, 0}}));
  EXPECT_EQ(s.f1, 1);
}

TEST(Partners, AreTheBestOfAllMatchingsAndPerfectForThemselves) {
  Rng rng(5);
  for (int trial = 0; trial < 100; ++trial) {
    const auto truth = random_pairs(rng.below(7), rng), found = random_pairs(rng.below(7), rng);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> costs;
    const auto far = [](const Vec3d& a, const Vec3d& b) {
      return std::sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) + (a.z - b.z) * (a.z - b.z));
    };
    for (std::uint32_t f = 0; f < found.size(); ++f)
      for (std::uint32_t t = 0; t < truth.size(); ++t) {
        const double pre = far(found[f].pre_nm, truth[t].pre_nm), post = far(found[f].post_nm, truth[t].post_nm);
        if (found[f].pre == truth[t].pre && found[f].post == truth[t].post && pre < 700 && post < 700)
          costs[{f, t}] = std::llround(500 * (pre + post));
      }
    const PartnerScore s = match_partners(found, truth, 700);
    const Best want =
        best_of(0, static_cast<std::uint32_t>(found.size()), costs, static_cast<std::uint32_t>(truth.size()), 0);
    EXPECT_EQ(s.matches.size(), want.pairs);
    std::int64_t cost = 0;
    for (const auto& match : s.matches) cost += costs.at(match);
    EXPECT_NEAR(static_cast<double>(cost), static_cast<double>(want.cost), 8);  // hypot and sqrt may round apart
    if (truth.empty()) continue;
    auto shuffled = truth;
    std::reverse(shuffled.begin(), shuffled.end());
    EXPECT_EQ(match_partners(shuffled, truth).f1, 1);
  }
}

// ---- clefts --------------------------------------------------------------------------------------------------------

Runs random_voxels(const Vec3i& size, double share, Rng& rng) {
  Volume<std::uint8_t> mask(Box3::of_size(size));
  for (std::size_t i = 0; i < mask.count(); ++i) mask.data()[i] = rng.uniform() < share;
  return runs_of_mask(mask.view());
}

CleftSide slow_side(const Runs& from, const Runs& to, const Vec3d& nm, double far_nm) {
  CleftSide side;
  double sum = 0;
  for_each_voxel(from, [&](const Vec3i& a) {
    double nearest = INFINITY;
    for_each_voxel(to, [&](const Vec3i& b) {
      const Vec3d d{static_cast<double>(a.x - b.x) * nm.x, static_cast<double>(a.y - b.y) * nm.y,
                    static_cast<double>(a.z - b.z) * nm.z};
      nearest = std::min(nearest, d.x * d.x + d.y * d.y + d.z * d.z);
    });
    ++side.n_vx, sum += std::sqrt(nearest), side.far_vx += std::sqrt(nearest) > far_nm;
  });
  side.mean_nm = sum / static_cast<double>(side.n_vx);
  return side;
}

TEST(Clefts, DistancesAreThoseOfAllPairsOfVoxels) {
  Rng rng(8);
  for (const Vec3d& nm : {Vec3d{4, 4, 40}, Vec3d{10, 12, 3}})
    for (const double share : {0.01, 0.1, 0.6, 0.97}) {
      const auto found = random_voxels({17, 11, 6}, share, rng), truth = random_voxels({17, 11, 6}, 0.05, rng);
      ASSERT_FALSE(truth.empty());
      const CleftScore s = cleft_score(found, truth, nm, 25);
      for (const auto& [got, want] :
           {std::pair(s.found, slow_side(found, truth, nm, 25)), std::pair(s.truth, slow_side(truth, found, nm, 25))}) {
        EXPECT_EQ(got.n_vx, want.n_vx);
        EXPECT_EQ(got.far_vx, want.far_vx);
        if (want.n_vx > 0) {
          EXPECT_NEAR(got.mean_nm, want.mean_nm, 1e-9 * (1 + want.mean_nm));
        }
      }
      EXPECT_EQ(cleft_score(found, truth, nm, 25, 3).cremi_score, s.cremi_score);
      const CleftScore same = cleft_score(truth, truth, nm);
      EXPECT_EQ(same.cremi_score, 0);
      EXPECT_EQ(same.found.far_vx + same.truth.far_vx, 0U);
    }
}

TEST(Clefts, HandMade) {
  // Truth: one voxel at x 0; found: it, and one three voxels further along z, 120 nm away, and 240 nm.
  const Runs truth{{0, 0, 0, 1}}, found{{0, 0, 0, 1}, {0, 0, 3, 1}, {0, 0, 6, 1}};
  const CleftScore s = cleft_score(found, truth, {4, 4, 40});
  EXPECT_DOUBLE_EQ(s.found.mean_nm, 360.0 / 3);
  EXPECT_EQ(s.found.far_vx, 1U);
  EXPECT_EQ(s.truth.mean_nm, 0);
  EXPECT_DOUBLE_EQ(s.cremi_score, 60);
}

TEST(Clefts, EmptySides) {
  const Runs one{{5, 5, 5, 3}};
  const CleftScore missed = cleft_score({}, one, {4, 4, 40});
  EXPECT_TRUE(std::isnan(missed.found.mean_nm));
  EXPECT_TRUE(std::isinf(missed.truth.mean_nm));
  EXPECT_EQ(missed.truth.far_vx, 3U);
  EXPECT_TRUE(std::isnan(cleft_score({}, {}, {4, 4, 40}).cremi_score));
  EXPECT_THROW(cleft_score(one, one, {4, 4, 40}, 0), Error);
  EXPECT_THROW(cleft_score(one, one, {4, 0, 40}), Error);
}

}  // namespace
}  // namespace syconn
