// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/connectome_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Weights of the pairs with an edge in either, ascending by pair.
struct Weights {
  std::vector<std::pair<Id, Id>> pairs;
  std::vector<double> found, truth;
};

void add(std::span<const WeightedEdge> edges, bool is_truth,
         std::map<std::pair<Id, Id>, std::pair<double, double>>& to) {
  std::map<std::pair<Id, Id>, bool> seen;
  for (const WeightedEdge& e : edges) {
    if (!(e.weight >= 0) || !std::isfinite(e.weight)) throw Error(Category::runtime, "an edge of no possible weight");
    if (!seen.emplace(std::pair(e.pre, e.post), true).second)
      throw Error(Category::runtime,
                  "the edge from " + std::to_string(e.pre) + " to " + std::to_string(e.post) + " occurs twice");
    if (e.weight > 0) (is_truth ? to[{e.pre, e.post}].second : to[{e.pre, e.post}].first) = e.weight;
  }
}

Weights weights_of(std::span<const WeightedEdge> found, std::span<const WeightedEdge> truth) {
  std::map<std::pair<Id, Id>, std::pair<double, double>> both;
  add(found, false, both), add(truth, true, both);
  Weights w;
  for (const auto& [pair, weight] : both)
    w.pairs.push_back(pair), w.found.push_back(weight.first), w.truth.push_back(weight.second);
  return w;
}

std::vector<double> mean_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    for (std::size_t i = from; i < to; ++i) ranks[order[i]] = static_cast<double>(from + to - 1) / 2;
  }
  return ranks;
}

/// Number of partners of each cell in `cells`, by one side of the edges with a weight.
std::vector<double> degrees(const Weights& w, const std::vector<double>& weight, const std::vector<Id>& cells,
                            bool outwards) {
  std::vector<double> n(cells.size(), 0);
  for (std::size_t i = 0; i < w.pairs.size(); ++i) {
    if (weight[i] <= 0) continue;
    const Id cell = outwards ? w.pairs[i].first : w.pairs[i].second;
    n[static_cast<std::size_t>(std::lower_bound(cells.begin(), cells.end(), cell) - cells.begin())] += 1;
  }
  return n;
}

}  // namespace

double pearson_correlation(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) throw Error(Category::runtime, "correlation: the inputs differ in length");
  if (a.size() < 2) return kNone;
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n,
               mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    aa += x * x, bb += y * y, ab += x * y;
  }
  return aa > 0 && bb > 0 ? std::clamp(ab / (std::sqrt(aa) * std::sqrt(bb)), -1.0, 1.0) : kNone;
}

double spearman_correlation(std::span<const double> a, std::span<const double> b) {
  return pearson_correlation(mean_ranks(a), mean_ranks(b));
}

ConnectionScore connection_score(std::span<const WeightedEdge> found, std::span<const WeightedEdge> truth,
                                 double min_weight) {
  if (!(min_weight > 0)) throw Error(Category::config, "connections: the least number of synapses must be positive");
  const Weights w = weights_of(found, truth);
  ConnectionScore s;
  s.min_weight = min_weight;
  for (std::size_t i = 0; i < w.pairs.size(); ++i) {
    const bool is_found = w.found[i] >= min_weight, is_true = w.truth[i] >= min_weight;
    s.n_found += is_found, s.n_truth += is_true, s.hits += is_found && is_true;
  }
  const auto hits = static_cast<double>(s.hits), n_found = static_cast<double>(s.n_found),
             n_truth = static_cast<double>(s.n_truth);
  s.precision = n_found > 0 ? hits / n_found : kNone;
  s.recall = n_truth > 0 ? hits / n_truth : kNone;
  s.f1 = n_found + n_truth > 0 ? 2 * hits / (n_found + n_truth) : kNone;
  return s;
}

WeightScore weight_score(std::span<const WeightedEdge> found, std::span<const WeightedEdge> truth) {
  const Weights w = weights_of(found, truth);
  WeightScore s;
  s.n_pairs = w.pairs.size();
  s.pearson = pearson_correlation(w.found, w.truth);
  s.spearman = spearman_correlation(w.found, w.truth);
  double lesser = 0, greater = 0;
  for (std::size_t i = 0; i < w.pairs.size(); ++i)
    lesser += std::min(w.found[i], w.truth[i]), greater += std::max(w.found[i], w.truth[i]);
  s.jaccard = greater > 0 ? lesser / greater : kNone;
  return s;
}

DegreeScore degree_score(std::span<const WeightedEdge> found, std::span<const WeightedEdge> truth) {
  const Weights w = weights_of(found, truth);
  std::vector<Id> cells;
  for (const auto& [pre, post] : w.pairs) cells.push_back(pre), cells.push_back(post);
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  DegreeScore s;
  s.n_cells = cells.size();
  if (cells.empty()) {
    s.out.statistic = s.in.statistic = kNone;
    return s;
  }
  s.out = ks_test(degrees(w, w.found, cells, true), degrees(w, w.truth, cells, true));
  s.in = ks_test(degrees(w, w.found, cells, false), degrees(w, w.truth, cells, false));
  return s;
}

}  // namespace syconn
