// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/sample_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

ClusteredSample sample(std::vector<double> values, std::vector<std::uint64_t> cluster = {}) {
  if (cluster.empty())
    for (std::size_t i = 0; i < values.size(); ++i) cluster.push_back(i);
  return {std::move(values), std::move(cluster)};
}

TEST(SampleStatistics, QuantilesByHand) {
  const std::vector<double> v{1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(quantile(v, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(v, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(v, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile(v, 1), 8);
  EXPECT_DOUBLE_EQ(median({8, 1, 4, 2}), 3);
  EXPECT_DOUBLE_EQ(median({5, 1, 9}), 5);
  EXPECT_TRUE(std::isnan(median({})));
}

// All 27 draws of three from {1, 2, 3}: the median is 1 in 7 of them, 2 in 13, 3 in 7.
TEST(SampleStatistics, BootstrapOfThreeValuesIsItsEnumeration) {
  const ClusteredSample a = sample({1, 2, 3}), zero = sample({0, 0, 0});
  const auto at = [&](double confidence) { return median_difference(a, zero, 4000, 7, 1, confidence).values; };
  EXPECT_DOUBLE_EQ(at(0.95).low, 1);
  EXPECT_DOUBLE_EQ(at(0.95).high, 3);
  EXPECT_DOUBLE_EQ(at(0.54).low, 1);  // its ends are shares of 0.23 and 0.77, beyond 7 and 20 of 27
  EXPECT_DOUBLE_EQ(at(0.54).high, 3);
  EXPECT_DOUBLE_EQ(at(0.42).low, 2);  // 0.29 and 0.71, within them
  EXPECT_DOUBLE_EQ(at(0.42).high, 2);
}

TEST(SampleStatistics, ClustersAreDrawnAsWholes) {
  // Two cells whose differences are 1 and 5; one cell drawn twice gives its own.
  const ClusteredSample a = sample({1, 1, 7, 7}, {1, 1, 2, 2}), b = sample({0, 0, 2, 2}, {1, 1, 2, 2});
  const MedianDifference d = median_difference(a, b, 2000, 1);
  EXPECT_DOUBLE_EQ(d.difference, 3);
  EXPECT_DOUBLE_EQ(d.clusters.low, 1);
  EXPECT_DOUBLE_EQ(d.clusters.high, 5);
  const MedianDifference one = median_difference(sample({1, 2}, {4, 4}), sample({1, 2}, {4, 4}), 50, 1);
  EXPECT_TRUE(std::isnan(one.clusters.low) && std::isnan(one.clusters.high));
}

TEST(SampleStatistics, IntervalsHoldTheTruthAndNoThreadShows) {
  int hit = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed);
    ClusteredSample a, b;
    for (std::uint64_t i = 0; i < 80; ++i) {
      a.values.push_back(rng.normal(2, 1)), b.values.push_back(rng.normal(1.5, 1));
      a.cluster.push_back(i / 4), b.cluster.push_back(i / 4);
    }
    const MedianDifference d = median_difference(a, b, 300, seed);
    hit += d.values.low <= 0.5 && 0.5 <= d.values.high ? 1 : 0;
    if (seed > 0) continue;
    const MedianDifference again = median_difference(a, b, 300, seed, 3);
    EXPECT_EQ(d.values.low, again.values.low);
    EXPECT_EQ(d.clusters.high, again.clusters.high);
  }
  EXPECT_GE(hit, 51);  // of 57 expected: four standard deviations below
}

TEST(SampleStatistics, EmptySamplesAreErrors) {
  EXPECT_THROW(median_difference(sample({}), sample({1}), 10, 0), Error);
  EXPECT_THROW(median_difference({{1, 2}, {1}}, sample({1}), 10, 0), Error);
  EXPECT_THROW(fit_log_normal({}), Error);
  EXPECT_THROW(fit_log_normal({1, 0}), Error);
}

TEST(SampleStatistics, LogNormalByHand) {
  const LogNormal fit = fit_log_normal({std::exp(3.0), std::exp(1.0)});
  EXPECT_NEAR(fit.mu, 2, 1e-12);
  EXPECT_NEAR(fit.sigma, 1, 1e-12);
  EXPECT_NEAR(fit.cumulative(std::exp(2.0)), 0.5, 1e-12);
  EXPECT_EQ(fit.cumulative(0), 0);
  // Its distribution is 0.1587 at the first value, where the sample's rises from 0 to 0.5.
  EXPECT_NEAR(fit.distance, 0.5 - 0.158655, 1e-5);
  EXPECT_EQ(fit_log_normal({2, 2}).cumulative(3), 1);
}

TEST(SampleStatistics, HolmByHand) {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.9};
  const std::vector<double> adjusted = holm_adjusted(p);
  EXPECT_DOUBLE_EQ(adjusted[0], 0.04);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.09);
  EXPECT_DOUBLE_EQ(adjusted[1], 0.09);  // 2 x 0.04 would be below the one before
  EXPECT_DOUBLE_EQ(adjusted[3], 0.9);
}

}  // namespace
}  // namespace syconn
