// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/k_means.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "syconn/algo/prediction_metrics.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

std::vector<double> random_rows(std::size_t n, std::size_t dim, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> rows(n * dim);
  for (double& v : rows) v = rng.normal();
  return rows;
}

double inertia_of(const std::vector<double>& rows, std::size_t dim, const std::vector<std::int32_t>& label,
                  std::size_t k) {
  double sum = 0;
  for (std::size_t c = 0; c < k; ++c)
    for (std::size_t d = 0; d < dim; ++d) {
      double n = 0, mean = 0;
      for (std::size_t i = 0; i < label.size(); ++i)
        if (label[i] == static_cast<std::int32_t>(c)) ++n, mean += rows[i * dim + d];
      for (std::size_t i = 0; i < label.size(); ++i)
        if (label[i] == static_cast<std::int32_t>(c)) sum += std::pow(rows[i * dim + d] - mean / n, 2);
    }
  return sum;
}

/// Least inertia of all ways to label the rows.
double least_inertia(const std::vector<double>& rows, std::size_t dim, std::size_t k) {
  const std::size_t n = rows.size() / dim;
  double best = std::numeric_limits<double>::infinity();
  for (std::uint64_t way = 0, ways = static_cast<std::uint64_t>(std::pow(k, n) + 0.5); way < ways; ++way) {
    std::vector<std::int32_t> label;
    for (std::uint64_t i = 0, rest = way; i < n; ++i, rest /= k) label.push_back(static_cast<std::int32_t>(rest % k));
    best = std::min(best, inertia_of(rows, dim, label, k));
  }
  return best;
}

TEST(KMeans, TheBestOfAllPartitionsOfFewRows) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5})
    for (const std::uint32_t k : {1U, 2U, 3U}) {
      const std::vector<double> rows = random_rows(9, 2, seed);
      const KMeans found = k_means(rows, 2, k, {.starts = 50});
      EXPECT_NEAR(found.inertia, least_inertia(rows, 2, k), 1e-9);
      EXPECT_NEAR(found.inertia, inertia_of(rows, 2, found.label, k), 1e-9);
    }
}

TEST(KMeans, RowsAreAtTheirNearestCentreAndCentresAreMeans) {
  const std::vector<double> rows = random_rows(300, 3, 7);
  const KMeans found = k_means(rows, 3, 8);
  std::vector<double> members(8, 0), sums(24, 0);
  for (std::size_t i = 0; i < 300; ++i) {
    std::vector<double> squares(8, 0);
    for (std::size_t c = 0; c < 8; ++c)
      for (std::size_t d = 0; d < 3; ++d) squares[c] += std::pow(rows[i * 3 + d] - found.centres[c * 3 + d], 2);
    const auto own = static_cast<std::size_t>(found.label[i]);
    EXPECT_EQ(squares[own], *std::min_element(squares.begin(), squares.end()));
    ++members[own];
    for (std::size_t d = 0; d < 3; ++d) sums[own * 3 + d] += rows[i * 3 + d];
  }
  for (std::size_t j = 0; j < 24; ++j) EXPECT_NEAR(found.centres[j], sums[j] / members[j / 3], 1e-9);
}

TEST(KMeans, FindsSeparateGroupsAndNumbersThemByTheirFirstRows) {
  std::vector<double> rows = random_rows(60, 4, 9);
  std::vector<std::int32_t> truth;
  for (std::size_t i = 0; i < 60; ++i)
    truth.push_back(static_cast<std::int32_t>(i * i % 5)), rows[4 * i] += 30 * truth[i];
  const KMeans found = k_means(rows, 4, 3);  // squares modulo 5: 0, 1, 4
  EXPECT_EQ(adjusted_rand_index(found.label, truth), 1);
  EXPECT_EQ(found.label[0], 0);
  EXPECT_EQ(found.label[1], 1);
  EXPECT_EQ(found.label[2], 2);
  EXPECT_EQ(found.label, k_means(rows, 4, 3).label);
}

TEST(KMeans, EqualRowsAndAsManyClustersAsRows) {
  const std::vector<double> same(12, 2.5);
  EXPECT_EQ(k_means(same, 2, 3).inertia, 0);
  const std::vector<double> rows = random_rows(6, 2, 3);
  const KMeans all = k_means(rows, 2, 6);
  EXPECT_EQ(all.inertia, 0);
  EXPECT_EQ(std::set<std::int32_t>(all.label.begin(), all.label.end()).size(), 6U);
  const std::vector<double> pairs{0, 0, 0, 5, 5, 9};  // three different values, three clusters: none is empty
  const KMeans three = k_means(pairs, 1, 3);
  EXPECT_EQ(three.label, (std::vector<std::int32_t>{0, 0, 0, 1, 1, 2}));
  EXPECT_EQ(three.centres, (std::vector<double>{0, 5, 9}));
}

TEST(KMeans, RefusesWhatMakesNoSense) {
  const std::vector<double> rows = random_rows(4, 2, 3);
  EXPECT_THROW(k_means(rows, 2, 0), Error);
  EXPECT_THROW(k_means(rows, 2, 5), Error);
  EXPECT_THROW(k_means(rows, 3, 1), Error);
  EXPECT_THROW(k_means(rows, 2, 2, {.starts = 0}), Error);
  const std::vector<double> bad{1, std::nan("")};
  EXPECT_THROW(k_means(bad, 1, 1), Error);
}

}  // namespace
}  // namespace syconn
