// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/umap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "syconn/algo/prediction_metrics.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

TEST(UmapCurve, OfThePublishedParameters) {
  const UmapCurve c = fit_umap_curve(0.05, 1);
  EXPECT_NEAR(c.a, 1.7502, 5e-5);
  EXPECT_NEAR(c.b, 0.8421, 5e-5);
  const UmapCurve usual = fit_umap_curve(0.1, 1);  // the values every implementation prints
  EXPECT_NEAR(usual.a, 1.577, 5e-4);
  EXPECT_NEAR(usual.b, 0.8951, 5e-5);
  EXPECT_THROW(fit_umap_curve(4, 1), Error);
}

struct Sample {
  std::vector<double> rows;
  std::vector<std::int32_t> labels;
};
/// Bent sheets in 10 dimensions, one a class.
Sample sheets(int n, int n_classes) {
  Sample s;
  Rng rng(11);
  for (int i = 0; i < n; ++i) {
    const auto c = static_cast<std::int32_t>(rng.below(std::uint64_t(n_classes)));
    const double u = rng.uniform(-1, 1), v = rng.uniform(-1, 1);
    Rng centre(12, std::uint64_t(c));
    for (int d = 0; d < 10; ++d) {
      const double w = centre.normal() * 4, p = centre.normal(), q = centre.normal();
      s.rows.push_back(w + p * u + q * v + 0.3 * std::sin(3 * u * p) + 0.02 * rng.normal());
    }
    s.labels.push_back(c);
  }
  return s;
}

TEST(FuzzySimplicialSet, SymmetricAndOneToTheNearest) {
  const Sample s = sheets(90, 3);
  const FuzzyGraph g = fuzzy_simplicial_set(s.rows, 10, 12), two = fuzzy_simplicial_set(s.rows, 10, 12, 2);
  EXPECT_EQ(g.weight, two.weight);
  const auto weight = [&](std::uint32_t i, std::uint32_t j) {
    for (std::size_t e = g.first[i]; e < g.first[i + 1]; ++e)
      if (g.neighbour[e] == j) return g.weight[e];
    return 0.0;
  };
  for (std::uint32_t i = 0; i < 90; ++i) {
    double heaviest = 0;
    EXPECT_GE(g.first[i + 1] - g.first[i], 11U);
    for (std::size_t e = g.first[i]; e < g.first[i + 1]; ++e) {
      EXPECT_EQ(g.weight[e], weight(g.neighbour[e], i));
      EXPECT_NE(g.neighbour[e], i);
      heaviest = std::max(heaviest, g.weight[e]);
    }
    EXPECT_NEAR(heaviest, 1, 1e-15);
  }
}

TEST(FuzzySimplicialSet, ThreeOnALineByHand) {
  // From 0: distances 1, 3; from 1: 1, 2; from 3: 2, 3. Sum to log2(3): the farther one weighs log2(3) - 1.
  const double w = std::log2(3.0) - 1;
  const FuzzyGraph g = fuzzy_simplicial_set(std::vector<double>{0, 1, 3}, 1, 3);
  ASSERT_EQ(g.neighbour, (std::vector<std::uint32_t>{1, 2, 0, 2, 0, 1}));
  EXPECT_NEAR(g.weight[0], 1, 1e-12);
  EXPECT_NEAR(g.weight[1], w + w - w * w, 3e-5);
  EXPECT_NEAR(g.weight[3], 1, 1e-12);
}

TEST(Umap, KeepsNeighbourhoodsAndSeparatesClasses) {
  const Sample s = sheets(300, 5);
  UmapParams params;
  params.n_neighbours = 30;
  params.n_epochs = 300;
  const std::vector<double> out = umap(s.rows, 10, params);
  ASSERT_EQ(out.size(), 600U);
  EXPECT_GE(trustworthiness(s.rows, 10, out, 2, 15), 0.95);
  EXPECT_GE(knn_accuracy(out, 2, s.labels, 15), 0.99);
  EXPECT_GE(silhouette(out, 2, s.labels), 0.6);
}

TEST(Umap, SameBytesForAnyThreadsOthersForAnotherSeed) {
  const Sample s = sheets(60, 2);
  UmapParams params;
  params.n_neighbours = 10;
  params.n_epochs = 40;
  const std::vector<double> one = umap(s.rows, 10, params, 1);
  EXPECT_EQ(umap(s.rows, 10, params, 2), one);
  params.seed = 5;
  EXPECT_NE(umap(s.rows, 10, params, 1), one);
}

TEST(Umap, DegenerateInputs) {
  UmapParams params;
  params.n_epochs = 20;
  EXPECT_TRUE(umap({}, 3, params).empty());
  EXPECT_EQ(umap(std::vector<double>{1, 2, 3}, 3, params).size(), 2U);
  for (const double v : umap(std::vector<double>(60, 7), 3, params)) EXPECT_TRUE(std::isfinite(v));
  for (const double v : umap(std::vector<double>{0, 0, 0, 5, 9}, 1, params)) EXPECT_TRUE(std::isfinite(v));
  EXPECT_THROW(umap(std::vector<double>{NAN}, 1, params), Error);
  EXPECT_THROW(umap(std::vector<double>{1, 2}, 3, params), Error);
  params.n_epochs = 0;
  EXPECT_THROW(umap(std::vector<double>{1}, 1, params), Error);
}

}  // namespace
}  // namespace syconn
