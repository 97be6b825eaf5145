// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/connectome_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr Id kBig = (Id{1} << 63) + 1;
constexpr std::uint64_t kCells = 6;

std::vector<WeightedEdge> random_edges(Rng& rng, double density) {
  std::vector<WeightedEdge> edges;
  for (std::uint64_t a = 0; a < kCells; ++a)
    for (std::uint64_t b = 0; b < kCells; ++b)
      if (rng.uniform() < density) edges.push_back({kBig + a, kBig + b, static_cast<double>(rng.below(4))});
  return edges;
}

double weight(const std::vector<WeightedEdge>& edges, Id pre, Id post) {
  for (const WeightedEdge& e : edges)
    if (e.pre == pre && e.post == post) return e.weight;
  return 0;
}

/// Mean rank from 0: those below, and half of the equal others.
std::vector<double> slow_ranks(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const double v : values) {
    double below = 0, equal = -1;
    for (const double w : values) below += w < v, equal += w == v;
    ranks.push_back(below + equal / 2);
  }
  return ranks;
}

double slow_pearson(const std::vector<double>& a, const std::vector<double>& b) {
  double n = static_cast<double>(a.size()), sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sa += a[i], sb += b[i], saa += a[i] * a[i], sbb += b[i] * b[i], sab += a[i] * b[i];
  return (n * sab - sa * sb) / std::sqrt((n * saa - sa * sa) * (n * sbb - sb * sb));
}

double slow_ks(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (double at = -1; at <= kCells; ++at) {
    const auto below = [&](const std::vector<double>& v) {
      return static_cast<double>(std::count_if(v.begin(), v.end(), [&](double x) { return x <= at; })) /
             static_cast<double>(v.size());
    };
    largest = std::max(largest, std::abs(below(a) - below(b)));
  }
  return largest;
}

TEST(ConnectomeMetrics, AreTheirDefinitionsOnRandomGraphs) {
  Rng rng(4);
  for (int trial = 0; trial < 50; ++trial) {
    const auto found = random_edges(rng, 0.5), truth = random_edges(rng, 0.5);
    std::vector<double> f, t;
    std::set<Id> cells;
    double lesser = 0, greater = 0;
    for (Id a = kBig; a < kBig + kCells; ++a)
      for (Id b = kBig; b < kBig + kCells; ++b) {
        const double x = weight(found, a, b), y = weight(truth, a, b);
        if (x == 0 && y == 0) continue;
        f.push_back(x), t.push_back(y), cells.insert({a, b});
        lesser += std::min(x, y), greater += std::max(x, y);
      }
    const WeightScore w = weight_score(found, truth);
    EXPECT_EQ(w.n_pairs, f.size());
    EXPECT_NEAR(w.pearson, slow_pearson(f, t), 1e-12);
    EXPECT_NEAR(w.spearman, slow_pearson(slow_ranks(f), slow_ranks(t)), 1e-12);
    EXPECT_NEAR(w.jaccard, lesser / greater, 1e-12);
    for (const double gamma : {1.0, 2.0, 3.0}) {
      double hits = 0, n_found = 0, n_truth = 0;
      for (std::size_t i = 0; i < f.size(); ++i)
        hits += f[i] >= gamma && t[i] >= gamma, n_found += f[i] >= gamma, n_truth += t[i] >= gamma;
      const ConnectionScore c = connection_score(found, truth, gamma);
      for (const auto& [got, part, whole] :
           {std::tuple(c.precision, hits, n_found), std::tuple(c.recall, hits, n_truth),
            std::tuple(c.f1, 2 * hits, n_found + n_truth)})
        if (whole > 0)
          EXPECT_DOUBLE_EQ(got, part / whole);
        else
          EXPECT_TRUE(std::isnan(got));
    }
    const DegreeScore d = degree_score(found, truth);
    EXPECT_EQ(d.n_cells, cells.size());
    std::vector<double> out_f, out_t, in_f, in_t;
    for (const Id cell : cells) {
      double n[4] = {0, 0, 0, 0};
      for (Id other = kBig; other < kBig + kCells; ++other) {
        n[0] += weight(found, cell, other) > 0, n[1] += weight(truth, cell, other) > 0;
        n[2] += weight(found, other, cell) > 0, n[3] += weight(truth, other, cell) > 0;
      }
      out_f.push_back(n[0]), out_t.push_back(n[1]), in_f.push_back(n[2]), in_t.push_back(n[3]);
    }
    EXPECT_NEAR(d.out.statistic, slow_ks(out_f, out_t), 1e-12);
    EXPECT_NEAR(d.in.statistic, slow_ks(in_f, in_t), 1e-12);
  }
}

TEST(ConnectomeMetrics, OneGraphScoresPerfectlyWhateverItsIdsAndOrder) {
  Rng rng(6);
  const auto truth = random_edges(rng, 0.6);
  auto renamed = truth, order = truth;
  for (WeightedEdge& e : renamed) e.pre = mix64(e.pre), e.post = mix64(e.post);
  std::reverse(order.begin(), order.end());
  const WeightScore same = weight_score(order, truth), other = weight_score(renamed, renamed);
  for (const WeightScore& w : {same, other}) {
    EXPECT_DOUBLE_EQ(w.pearson, 1);
    EXPECT_DOUBLE_EQ(w.spearman, 1);
    EXPECT_EQ(w.jaccard, 1);
  }
  EXPECT_EQ(degree_score(order, truth).out.statistic, 0);
  EXPECT_EQ(degree_score(order, truth).in.statistic, 0);
  EXPECT_EQ(connection_score(order, truth, 2).f1, 1);
}

TEST(ConnectomeMetrics, HandMade) {
  const std::vector<WeightedEdge> truth{{1, 2, 3}, {2, 3, 1}, {3, 1, 2}}, found{{1, 2, 2}, {2, 3, 1}, {1, 3, 1}};
  const WeightScore w = weight_score(found, truth);  // pairs 1-2, 1-3, 2-3, 3-1: found 2 1 1 0, true 3 0 1 2
  EXPECT_EQ(w.n_pairs, 4U);
  EXPECT_DOUBLE_EQ(w.pearson, 1 / std::sqrt(2.0 * 5.0));
  EXPECT_DOUBLE_EQ(w.jaccard, 3.0 / 7);
  const ConnectionScore one = connection_score(found, truth, 1), two = connection_score(found, truth, 2);
  EXPECT_EQ(one.hits, 2U);
  EXPECT_DOUBLE_EQ(one.precision, 2.0 / 3);
  EXPECT_EQ(two.hits, 1U);
  EXPECT_DOUBLE_EQ(two.precision, 1);
  EXPECT_DOUBLE_EQ(two.recall, 0.5);
}

TEST(ConnectomeMetrics, UndefinedAndRefused) {
  const std::vector<WeightedEdge> none, twice{{1, 2, 1}, {1, 2, 2}}, one{{1, 2, 1}}, bad{{1, 2, NAN}};
  EXPECT_TRUE(std::isnan(weight_score(none, none).jaccard));
  EXPECT_TRUE(std::isnan(weight_score(one, one).pearson));
  EXPECT_EQ(weight_score(one, one).jaccard, 1);
  EXPECT_TRUE(std::isnan(degree_score(none, none).out.statistic));
  EXPECT_TRUE(std::isnan(connection_score(none, none, 1).f1));
  EXPECT_EQ(connection_score(none, one, 1).f1, 0);
  EXPECT_THROW(weight_score(twice, one), Error);
  EXPECT_THROW(weight_score(bad, one), Error);
  EXPECT_THROW(connection_score(one, one, 0), Error);
}

}  // namespace
}  // namespace syconn
