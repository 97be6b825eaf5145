// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/sample_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "syconn/core/error.h"
#include "syconn/core/parallel.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kDrawA = 1, kDrawB = 2, kDrawClusters = 3;  // streams of random numbers

/// Reorders the values.
double median_in_place(std::vector<double>& values) {
  if (values.empty()) return kNan;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double drawn_median(const std::vector<double>& values, Rng rng, std::vector<double>& buffer) {
  buffer.resize(values.size());
  for (double& v : buffer) v = values[rng.below(values.size())];
  return median_in_place(buffer);
}

/// Values of both samples by cluster.
struct Clusters {
  std::vector<std::vector<double>> a, b;

  Clusters(const ClusteredSample& first, const ClusteredSample& second) {
    std::map<std::uint64_t, std::size_t> index;
    for (const ClusteredSample* s : {&first, &second})
      for (const std::uint64_t c : s->cluster) index.emplace(c, 0);
    for (std::size_t next = 0; auto& [cluster, i] : index) i = next++;
    a.resize(index.size()), b.resize(index.size());
    for (std::size_t i = 0; i < first.values.size(); ++i) a[index[first.cluster[i]]].push_back(first.values[i]);
    for (std::size_t i = 0; i < second.values.size(); ++i) b[index[second.cluster[i]]].push_back(second.values[i]);
  }
  double drawn_difference(Rng rng) const {
    std::vector<double> x, y;
    for (std::size_t k = 0; k < a.size(); ++k) {
      const std::size_t c = rng.below(a.size());
      x.insert(x.end(), a[c].begin(), a[c].end());
      y.insert(y.end(), b[c].begin(), b[c].end());
    }
    return median_in_place(x) - median_in_place(y);
  }
};

Interval middle_of(std::vector<double> differences, double confidence) {
  differences.erase(std::remove_if(differences.begin(), differences.end(), [](double d) { return std::isnan(d); }),
                    differences.end());
  std::sort(differences.begin(), differences.end());
  return {quantile(differences, (1 - confidence) / 2), quantile(differences, (1 + confidence) / 2)};
}

}  // namespace

double quantile(std::span<const double> ascending, double share) {
  if (ascending.empty()) return kNan;
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return ascending[below] + (at - std::floor(at)) * (ascending[above] - ascending[below]);
}

double median(std::vector<double> values) { return median_in_place(values); }

MedianDifference median_difference(const ClusteredSample& a, const ClusteredSample& b, std::uint32_t replicates,
                                   std::uint64_t seed, int threads, double confidence) {
  for (const ClusteredSample* s : {&a, &b})
    if (s->values.empty() || s->values.size() != s->cluster.size())
      throw Error(Category::runtime, "difference of medians: an empty sample, or not one cluster a value");
  MedianDifference out;
  out.difference = median(a.values) - median(b.values);
  const Clusters clusters(a, b);
  std::vector<double> by_value(replicates), by_cluster(replicates, kNan);
  parallel_for(replicates, threads, [&](std::int64_t i) {
    const auto k = static_cast<std::size_t>(i);
    std::vector<double> buffer;
    by_value[k] =
        drawn_median(a.values, Rng(seed, kDrawA, k), buffer) - drawn_median(b.values, Rng(seed, kDrawB, k), buffer);
    if (clusters.a.size() > 1) by_cluster[k] = clusters.drawn_difference(Rng(seed, kDrawClusters, k));
  });
  out.values = middle_of(std::move(by_value), confidence);
  out.clusters = middle_of(std::move(by_cluster), confidence);
  return out;
}

double LogNormal::cumulative(double value) const {
  if (!(value > 0)) return 0;
  if (!(sigma > 0)) return std::log(value) < mu ? 0 : 1;
  return 0.5 * std::erfc(-(std::log(value) - mu) / (sigma * std::sqrt(2.0)));
}

LogNormal fit_log_normal(std::vector<double> values) {
  if (values.empty()) throw Error(Category::runtime, "log-normal fit of an empty sample");
  std::sort(values.begin(), values.end());
  if (!(values.front() > 0)) throw Error(Category::runtime, "log-normal fit: a value is not above 0");
  const auto n = static_cast<double>(values.size());
  LogNormal fit;
  for (const double v : values) fit.mu += std::log(v) / n;
  for (const double v : values) fit.sigma += (std::log(v) - fit.mu) * (std::log(v) - fit.mu) / n;
  fit.sigma = std::sqrt(fit.sigma);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = fit.cumulative(values[i]), below = static_cast<double>(i) / n;
    fit.distance = std::max({fit.distance, expected - below, below + 1 / n - expected});
  }
  return fit;
}

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return p[x] < p[y]; });
  std::vector<double> adjusted(p.size());
  double least = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    least = std::max(least, std::min(1.0, static_cast<double>(p.size() - k) * p[order[k]]));
    adjusted[order[k]] = least;
  }
  return adjusted;
}

}  // namespace syconn
