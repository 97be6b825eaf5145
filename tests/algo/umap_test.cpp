// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/umap.h"

#include <gtest/gtest.h>

#include <algorithm>
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

/// The definition, all pairs compared: the graph as a dense matrix.
std::vector<double> graph_by_definition(const std::vector<double>& rows, std::size_t dim, std::size_t k) {
  const std::size_t n = rows.size() / dim;
  std::vector<std::vector<std::pair<double, std::size_t>>> near(n);
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double square = 0;
      for (std::size_t d = 0; d < dim; ++d) {
        const double x = rows[i * dim + d] - rows[j * dim + d];
        square += x * x;
      }
      if (i != j) near[i].emplace_back(square, j);
    }
    std::sort(near[i].begin(), near[i].end());
    near[i].resize(k - 1);
    for (auto& [distance, j] : near[i]) mean += (distance = std::sqrt(distance)) / static_cast<double>(n * (k - 1));
  }
  std::vector<double> says(n * n, 0), both(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    double rho = 0, own = 0, lo = 0, hi = 1e6;
    for (const auto& [d, j] : near[i]) rho = rho == 0 ? d : rho, own += d / static_cast<double>(k - 1);
    const auto sum = [&](double scale) {
      double s = 0;
      for (const auto& [d, j] : near[i]) s += d > rho ? std::exp((rho - d) / scale) : 1;
      return s;
    };
    for (int round = 0; round < 200; ++round)
      (sum((lo + hi) / 2) > std::log2(static_cast<double>(k)) ? hi : lo) = (lo + hi) / 2;
    const double scale = std::max((lo + hi) / 2, 1e-3 * (rho > 0 ? own : mean));
    for (const auto& [d, j] : near[i]) says[i * n + j] = d > rho ? std::exp((rho - d) / scale) : 1;
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const double a = says[i * n + j], b = says[j * n + i];
      both[i * n + j] = a + b - a * b;
    }
  return both;
}

void expect_graph_of_definition(const std::vector<double>& rows, std::size_t dim, std::uint32_t k, int threads) {
  const std::size_t n = rows.size() / dim;
  const std::vector<double> wanted = graph_by_definition(rows, dim, k);
  const FuzzyGraph g = fuzzy_simplicial_set(rows, dim, k, threads);
  ASSERT_EQ(g.first.size(), n + 1);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> got(n, 0);
    for (std::size_t e = g.first[i]; e < g.first[i + 1]; ++e) {
      ASSERT_TRUE(e == g.first[i] || g.neighbour[e - 1] < g.neighbour[e]);
      got[g.neighbour[e]] = g.weight[e];
    }
    for (std::size_t j = 0; j < n; ++j) {
      ASSERT_NEAR(got[j], wanted[i * n + j], 1e-4) << i << ' ' << j;
      ASSERT_EQ(got[j] > 0, wanted[i * n + j] > 0) << i << ' ' << j;  // the very same neighbours
    }
  }
}

TEST(FuzzySimplicialSet, NeighboursOfAllPairsComparedTiesIncluded) {
  expect_graph_of_definition(sheets(700, 4).rows, 10, 15, 2);
  Rng rng(21);
  std::vector<double> lattice(10 * 500), doubled(3 * 400), line(200);  // full of ties; every row twice; one dimension
  for (double& v : lattice) v = static_cast<double>(rng.below(3));
  for (std::size_t i = 0; i < 600; ++i) doubled[i] = doubled[i + 600] = rng.uniform(-1e6, 1e6);
  for (double& v : line) v = static_cast<double>(rng.below(40));
  expect_graph_of_definition(lattice, 10, 12, 1);
  expect_graph_of_definition(doubled, 3, 9, 1);
  expect_graph_of_definition(line, 1, 30, 1);
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
