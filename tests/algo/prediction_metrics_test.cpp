// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/prediction_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using Labels = std::vector<std::int32_t>;
using Flags = std::vector<std::uint8_t>;

TEST(ConfusionMatrix, ByHand) {
  ConfusionMatrix m(4), part(4);
  m.add(0, 0, 5), m.add(0, 1, 1), m.add(1, 0, 2), part.add(1, 1, 2), part.add(3, 0);
  m.merge(part);
  EXPECT_EQ(m.total(), 11U);
  EXPECT_EQ(m.score(0).support, 6U);
  EXPECT_DOUBLE_EQ(m.score(0).precision, 5.0 / 8);
  EXPECT_DOUBLE_EQ(m.score(0).recall, 5.0 / 6);
  EXPECT_DOUBLE_EQ(m.score(0).f1, 10.0 / 14);
  EXPECT_DOUBLE_EQ(m.score(1).f1, 4.0 / 7);
  EXPECT_TRUE(std::isnan(m.score(2).f1));  // occurs nowhere
  EXPECT_TRUE(std::isnan(m.score(3).precision));
  EXPECT_EQ(m.score(3).f1, 0);
  EXPECT_DOUBLE_EQ(m.accuracy(), 7.0 / 11);
  EXPECT_DOUBLE_EQ(m.balanced_accuracy(), (5.0 / 6 + 2.0 / 4 + 0.0 / 1) / 3);
  EXPECT_TRUE(std::isnan(ConfusionMatrix(2).balanced_accuracy()));
  EXPECT_DOUBLE_EQ(m.macro_f1(), (10.0 / 14 + 4.0 / 7 + 0) / 3);
  EXPECT_DOUBLE_EQ(m.weighted_f1(), (6 * 10.0 / 14 + 4 * 4.0 / 7) / 11);
  EXPECT_DOUBLE_EQ(m.majority_baseline(), 6.0 / 11);
  EXPECT_TRUE(std::isnan(ConfusionMatrix(2).accuracy()));
  EXPECT_TRUE(std::isnan(ConfusionMatrix(2).macro_f1()));
  EXPECT_THROW(m.add(4, 0), Error);
  EXPECT_THROW(m.merge(ConfusionMatrix(3)), Error);
}

TEST(Calibration, ByHand) {
  const std::vector<double> confidence{0.95, 0.85, 0.8, 0.3, 0.0, 1.0};
  const Flags correct{1, 0, 1, 0, 0, 1};
  // bins of 0.5: (0.5, 1]: sum of confidences 3.6, 3 right; [0, 0.5]: 0.3, 0 right
  EXPECT_NEAR(expected_calibration_error(confidence, correct, 2), (0.6 + 0.3) / 6, 1e-15);
  // an edge belongs to the bin below it
  EXPECT_NEAR(expected_calibration_error(std::vector<double>{0.5, 0.51}, Flags{0, 1}, 2), (0.5 + 0.49) / 2, 1e-15);
  EXPECT_TRUE(std::isnan(expected_calibration_error({}, {}, 2)));
  EXPECT_THROW(expected_calibration_error(std::vector<double>{1.1}, Flags{0}, 2), Error);
  EXPECT_THROW(expected_calibration_error(confidence, Flags{0}, 2), Error);
}

TEST(RiskCoverage, TiesComeTogether) {
  const auto curve = risk_coverage(std::vector<double>{0.5, 0.9, 0.5, 0.7}, Flags{0, 1, 1, 0});
  ASSERT_EQ(curve.size(), 3U);
  EXPECT_EQ(curve[0].coverage, 0.25);
  EXPECT_EQ(curve[0].risk, 0);
  EXPECT_EQ(curve[1].risk, 0.5);
  EXPECT_EQ(curve[2].coverage, 1);
  EXPECT_EQ(curve[2].risk, 0.5);
  EXPECT_EQ(curve[2].threshold, 0.5);
  EXPECT_DOUBLE_EQ(area_under_risk_coverage(curve), 0.25 * 0.5 + 0.5 * 0.5);
  EXPECT_TRUE(risk_coverage({}, {}).empty());
}

TEST(RocAuc, EqualsAllPairs) {
  Rng rng(1);
  std::vector<double> score;
  Flags positive;
  for (int i = 0; i < 200; ++i) score.push_back(double(rng.below(20))), positive.push_back(rng.below(3) == 0);
  double wins = 0, pairs = 0;
  for (std::size_t i = 0; i < 200; ++i)
    for (std::size_t j = 0; j < 200; ++j)
      if (positive[i] && !positive[j]) ++pairs, wins += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
  EXPECT_NEAR(roc_auc(score, positive), wins / pairs, 1e-12);
  EXPECT_TRUE(std::isnan(roc_auc(score, Flags(200, 1))));
}

TEST(Clustering, RandIndexEqualsAllPairs) {
  Rng rng(2);
  Labels a, b;
  for (int i = 0; i < 60; ++i) a.push_back(std::int32_t(rng.below(4))), b.push_back(rng.below(3) ? a.back() : 9);
  double both = 0, in_a = 0, in_b = 0, all = 0;
  for (std::size_t i = 0; i < 60; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      ++all, in_a += a[i] == a[j], in_b += b[i] == b[j], both += a[i] == a[j] && b[i] == b[j];
    }
  const double expected = in_a * in_b / all;
  EXPECT_NEAR(adjusted_rand_index(a, b), (both - expected) / ((in_a + in_b) / 2 - expected), 1e-12);
  EXPECT_DOUBLE_EQ(adjusted_rand_index(a, a), 1);
  EXPECT_DOUBLE_EQ(adjusted_rand_index(Labels{1, 1}, Labels{2, 2}), 1);
  EXPECT_TRUE(std::isnan(adjusted_rand_index({}, {})));
}

TEST(Clustering, MutualInformationByHand) {
  EXPECT_NEAR(normalised_mutual_information(Labels{0, 0, 1, 1}, Labels{5, 5, 7, 7}), 1, 1e-12);
  EXPECT_NEAR(normalised_mutual_information(Labels{0, 0, 1, 1}, Labels{0, 1, 0, 1}), 0, 1e-12);
  // H(a) = ln 2, H(b) = 1/4 ln 4 + 3/4 ln 4/3, H(a,b) = 1/4 ln 4 · 2 + 1/2 ln 2
  const double h_a = std::log(2.0), h_b = 0.25 * std::log(4.0) + 0.75 * std::log(4.0 / 3),
               h = 0.5 * std::log(4.0) + 0.5 * std::log(2.0);
  EXPECT_NEAR(normalised_mutual_information(Labels{0, 0, 1, 1}, Labels{0, 1, 1, 1}),
              (h_a + h_b - h) / ((h_a + h_b) / 2), 1e-12);
  EXPECT_EQ(normalised_mutual_information(Labels{1, 1}, Labels{2, 2}), 1);
}

TEST(Silhouette, ByHand) {
  const std::vector<double> rows{0, 1, 10, 12};
  // a: b = 11, w = 1; b: 10, 1; c: 9.5, 2; d: 11.5, 2
  EXPECT_NEAR(silhouette(rows, 1, Labels{0, 0, 1, 1}), (10.0 / 11 + 9.0 / 10 + 7.5 / 9.5 + 9.5 / 11.5) / 4, 1e-12);
  EXPECT_NEAR(silhouette(std::vector<double>{0, 5, 5}, 1, Labels{0, 1, 1}), 2.0 / 3, 1e-12);
  EXPECT_TRUE(std::isnan(silhouette(rows, 1, Labels{3, 3, 3, 3})));
  EXPECT_THROW(silhouette(rows, 3, Labels{0, 1}), Error);
}

TEST(KnnAccuracy, LeavesTheSampleOut) {
  const std::vector<double> rows{0, 1, 2.5, 10, 11};
  EXPECT_DOUBLE_EQ(knn_accuracy(rows, 1, Labels{0, 0, 1, 1, 1}, 1), 4.0 / 5);
  EXPECT_DOUBLE_EQ(knn_accuracy(rows, 1, Labels{0, 0, 0, 1, 1}, 2), 1);  // a tie of two: the nearer one
  EXPECT_DOUBLE_EQ(knn_accuracy(std::vector<double>{1}, 1, Labels{0}, 3), 0);
}

TEST(NeighbourOverlap, ByHand) {
  const std::vector<double> a{0, 1, 3, 7}, b{0, 5, 1, 9};
  // nearest: a 1, 0, 1, 2; b 2, 2, 0, 1
  EXPECT_DOUBLE_EQ(neighbour_overlap(a, 1, b, 1, 1), 0);
  // two nearest: a {1,2} {0,2} {1,0} {2,1}; b {2,1} {2,3} {0,1} {1,2}
  EXPECT_DOUBLE_EQ(neighbour_overlap(a, 1, b, 1, 2), (2 + 1 + 2 + 2) / 8.0);
  EXPECT_DOUBLE_EQ(neighbour_overlap(a, 1, b, 1, 3), 1);  // all others
  EXPECT_THROW(neighbour_overlap(a, 1, b, 1, 4), Error);
  EXPECT_THROW(neighbour_overlap(a, 1, b, 2, 1), Error);
  EXPECT_TRUE(std::isnan(neighbour_overlap(std::vector<double>{1}, 1, std::vector<double>{1}, 1, 1)));
}

TEST(NeighbourOverlap, EqualsRanksAndKeepsOfTurnsAndScales) {
  Rng rng(4);
  const std::size_t n = 60, k = 7;
  std::vector<double> a, b, turned;
  for (std::size_t i = 0; i < 2 * n; ++i) a.push_back(double(rng.below(30)));  // with ties
  for (std::size_t i = 0; i < 3 * n; ++i) b.push_back(rng.normal() + (i % 3 < 2 ? a[i / 3 * 2 + i % 3] / 8 : 0));
  // j is near i if fewer than k others come before it.
  const auto near = [&](const std::vector<double>& rows, std::size_t dim, std::size_t i, std::size_t j) {
    const auto square = [&](std::size_t x) {
      double sum = 0;
      for (std::size_t d = 0; d < dim; ++d) sum += std::pow(rows[i * dim + d] - rows[x * dim + d], 2);
      return sum;
    };
    std::size_t before = 0;
    for (std::size_t x = 0; x < n; ++x)
      before += x != i && (square(x) < square(j) || (square(x) == square(j) && x < j));
    return before < k;
  };
  double common = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) common += i != j && near(a, 2, i, j) && near(b, 3, i, j);
  EXPECT_NEAR(neighbour_overlap(a, 2, b, 3, k), common / double(n * k), 1e-12);
  EXPECT_NEAR(neighbour_overlap(b, 3, a, 2, k), common / double(n * k), 1e-12);
  for (std::size_t i = 0; i < n; ++i) turned.push_back(-4 * a[2 * i + 1]), turned.push_back(4 * a[2 * i]);
  EXPECT_DOUBLE_EQ(neighbour_overlap(a, 2, turned, 2, k), 1);
}

TEST(Trustworthiness, OneForACopyAndByDefinition) {
  Rng rng(3);
  std::vector<double> rows, other;
  for (int i = 0; i < 120; ++i) rows.push_back(rng.normal()), other.push_back(rng.normal());
  EXPECT_DOUBLE_EQ(trustworthiness(rows, 3, rows, 3, 5), 1);
  EXPECT_NEAR(trustworthiness(rows, 3, other, 3, 5), 0.5, 0.12);
  EXPECT_THROW(trustworthiness(rows, 3, other, 3, 20), Error);
}

}  // namespace
}  // namespace syconn
