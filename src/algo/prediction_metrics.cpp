// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/prediction_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "row_neighbours.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double ratio(double a, double b) { return b > 0 ? a / b : kNone; }

void check_pairs(std::size_t a, std::size_t b) {
  if (a != b) throw Error(Category::runtime, "metrics: the inputs differ in length");
}

std::vector<std::size_t> by_falling(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const double v : values)
    if (std::isnan(v)) throw Error(Category::runtime, "metrics: a confidence or score is NaN");
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return values[i] > values[j]; });
  return order;
}

using Sizes = std::map<std::int32_t, double>;
struct Contingency {
  Sizes a, b;
  std::map<std::pair<std::int32_t, std::int32_t>, double> both;
  double n = 0;
};
Contingency contingency(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  check_pairs(a.size(), b.size());
  Contingency c;
  for (std::size_t i = 0; i < a.size(); ++i) ++c.a[a[i]], ++c.b[b[i]], ++c.both[{a[i], b[i]}];
  c.n = static_cast<double>(a.size());
  return c;
}
template <class M>
double pairs_in(const M& sizes) {
  double sum = 0;
  for (const auto& [label, n] : sizes) sum += n * (n - 1) / 2;
  return sum;
}
template <class M>
double entropy(const M& sizes, double n) {
  double sum = 0;
  for (const auto& [label, size] : sizes) sum -= size / n * std::log(size / n);
  return sum;
}

void check_rows(std::span<const double> rows, std::size_t dim, std::size_t n) {
  if (dim == 0 || rows.size() != n * dim) throw Error(Category::runtime, "metrics: the rows do not match the labels");
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::uint32_t n_classes)
    : n_classes_(n_classes), counts_(std::size_t{n_classes} * n_classes, 0) {}

void ConfusionMatrix::add(std::uint32_t truth, std::uint32_t predicted, std::uint64_t times) {
  if (truth >= n_classes_ || predicted >= n_classes_)
    throw Error(Category::runtime, "confusion matrix: no class " + std::to_string(std::max(truth, predicted)));
  counts_[std::size_t{truth} * n_classes_ + predicted] += times;
}

void ConfusionMatrix::merge(const ConfusionMatrix& from) {
  check_pairs(from.counts_.size(), counts_.size());
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += from.counts_[i];
}

std::uint64_t ConfusionMatrix::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

ClassScore ConfusionMatrix::score(std::uint32_t label) const {
  std::uint64_t predicted = 0;
  ClassScore s;
  for (std::uint32_t i = 0; i < n_classes_; ++i) s.support += (*this)(label, i), predicted += (*this)(i, label);
  const auto hits = static_cast<double>((*this)(label, label));
  s.precision = ratio(hits, static_cast<double>(predicted));
  s.recall = ratio(hits, static_cast<double>(s.support));
  s.f1 = ratio(2 * hits, static_cast<double>(predicted + s.support));
  return s;
}

double ConfusionMatrix::accuracy() const {
  double hits = 0;
  for (std::uint32_t i = 0; i < n_classes_; ++i) hits += static_cast<double>((*this)(i, i));
  return ratio(hits, static_cast<double>(total()));
}

double ConfusionMatrix::balanced_accuracy() const {
  double sum = 0, n = 0;
  for (std::uint32_t i = 0; i < n_classes_; ++i)
    if (const ClassScore s = score(i); s.support > 0) sum += s.recall, ++n;
  return ratio(sum, n);
}

double ConfusionMatrix::macro_f1() const {
  double sum = 0, n = 0;
  for (std::uint32_t i = 0; i < n_classes_; ++i)
    if (const double f1 = score(i).f1; !std::isnan(f1)) sum += f1, ++n;
  return ratio(sum, n);
}

double ConfusionMatrix::weighted_f1() const {
  double sum = 0;
  for (std::uint32_t i = 0; i < n_classes_; ++i)
    if (const ClassScore s = score(i); s.support > 0) sum += s.f1 * static_cast<double>(s.support);
  return ratio(sum, static_cast<double>(total()));
}

double ConfusionMatrix::majority_baseline() const {
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < n_classes_; ++i) most = std::max(most, score(i).support);
  return ratio(static_cast<double>(most), static_cast<double>(total()));
}

double expected_calibration_error(std::span<const double> confidence, std::span<const std::uint8_t> correct,
                                  std::uint32_t n_bins) {
  check_pairs(confidence.size(), correct.size());
  if (n_bins == 0) throw Error(Category::config, "calibration: no bins");
  std::vector<double> excess(n_bins, 0);  // sum of confidence - correct
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    if (!(confidence[i] >= 0 && confidence[i] <= 1))
      throw Error(Category::runtime, "calibration: a confidence is not in [0, 1]");
    const double bin = std::ceil(confidence[i] * n_bins) - 1;
    excess[static_cast<std::size_t>(std::clamp(bin, 0.0, n_bins - 1.0))] += confidence[i] - (correct[i] ? 1 : 0);
  }
  double sum = 0;
  for (const double e : excess) sum += std::abs(e);
  return ratio(sum, static_cast<double>(confidence.size()));
}

std::vector<RiskPoint> risk_coverage(std::span<const double> confidence, std::span<const std::uint8_t> correct) {
  check_pairs(confidence.size(), correct.size());
  const std::vector<std::size_t> order = by_falling(confidence);
  std::vector<RiskPoint> curve;
  double wrong = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    wrong += correct[order[i]] == 0;
    const double here = confidence[order[i]], n = static_cast<double>(i + 1);
    if (i + 1 == order.size() || confidence[order[i + 1]] != here)
      curve.push_back({here, n / static_cast<double>(order.size()), wrong / n});
  }
  return curve;
}

double area_under_risk_coverage(std::span<const RiskPoint> curve) {
  if (curve.empty()) return kNone;
  double area = 0, before = 0;
  for (const RiskPoint& p : curve) area += (p.coverage - before) * p.risk, before = p.coverage;
  return area;
}

double roc_auc(std::span<const double> score, std::span<const std::uint8_t> positive) {
  check_pairs(score.size(), positive.size());
  const std::vector<std::size_t> order = by_falling(score);
  double above = 0, wins = 0, n_positive = 0;
  for (std::size_t i = 0; i < order.size();) {
    double here_positive = 0, here_negative = 0;
    const double value = score[order[i]];
    for (; i < order.size() && score[order[i]] == value; ++i) (positive[order[i]] ? here_positive : here_negative) += 1;
    wins += here_negative * (above + here_positive / 2);
    above += here_positive;
    n_positive += here_positive;
  }
  return ratio(wins, n_positive * (static_cast<double>(order.size()) - n_positive));
}

double adjusted_rand_index(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  const Contingency c = contingency(a, b);
  if (c.n == 0) return kNone;
  const double in_a = pairs_in(c.a), in_b = pairs_in(c.b), together = pairs_in(c.both), all = c.n * (c.n - 1) / 2;
  const double expected = all > 0 ? in_a * in_b / all : 0, most = (in_a + in_b) / 2;
  return most == expected ? 1 : (together - expected) / (most - expected);
}

double normalised_mutual_information(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  const Contingency c = contingency(a, b);
  if (c.n == 0) return kNone;
  const double h_a = entropy(c.a, c.n), h_b = entropy(c.b, c.n);
  if (h_a + h_b == 0) return 1;
  return std::max(0.0, h_a + h_b - entropy(c.both, c.n)) / ((h_a + h_b) / 2);
}

double silhouette(std::span<const double> rows, std::size_t dim, std::span<const std::int32_t> labels) {
  check_rows(rows, dim, labels.size());
  std::map<std::int32_t, std::size_t> class_of;
  for (const std::int32_t l : labels) class_of.emplace(l, class_of.size());
  if (class_of.size() < 2) return kNone;
  std::vector<double> members(class_of.size(), 0);
  for (const std::int32_t l : labels) ++members[class_of[l]];
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::vector<double> distance(class_of.size(), 0);
    for (std::size_t j = 0; j < labels.size(); ++j)
      distance[class_of[labels[j]]] += std::sqrt(points::row_square(rows, dim, i, j));
    const std::size_t own = class_of[labels[i]];
    if (members[own] < 2) continue;
    double other = INFINITY;
    for (std::size_t c = 0; c < distance.size(); ++c)
      if (c != own) other = std::min(other, distance[c] / members[c]);
    const double within = distance[own] / (members[own] - 1), larger = std::max(within, other);
    if (larger > 0) sum += (other - within) / larger;
  }
  return sum / static_cast<double>(labels.size());
}

double knn_accuracy(std::span<const double> rows, std::size_t dim, std::span<const std::int32_t> labels,
                    std::uint32_t k) {
  check_rows(rows, dim, labels.size());
  double hits = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto near = points::nearest_rows(rows, dim, i, k);
    std::vector<std::pair<std::int32_t, int>> votes;
    for (std::size_t j = 0; j < std::min<std::size_t>(k, near.size()); ++j) {
      const std::int32_t label = labels[near[j].second];
      const auto at = std::find_if(votes.begin(), votes.end(), [&](const auto& v) { return v.first == label; });
      if (at == votes.end())
        votes.emplace_back(label, 1);
      else
        ++at->second;
    }
    const auto best =
        std::max_element(votes.begin(), votes.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
    hits += best != votes.end() && best->first == labels[i];
  }
  return ratio(hits, static_cast<double>(labels.size()));
}

double neighbour_overlap(std::span<const double> a, std::size_t a_dim, std::span<const double> b, std::size_t b_dim,
                         std::uint32_t k) {
  if (a_dim == 0 || b_dim == 0 || a.size() / a_dim != b.size() / b_dim)
    throw Error(Category::runtime, "metrics: the embeddings have different numbers of rows");
  const std::size_t n = a.size() / a_dim;
  if (n < 2) return kNone;
  if (k == 0 || k >= n) throw Error(Category::config, "overlap of neighbours: k must be below the number of samples");
  double common = 0;
  std::vector<std::size_t> seen_by(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto in_a = points::nearest_rows(a, a_dim, i, k), in_b = points::nearest_rows(b, b_dim, i, k);
    for (std::size_t j = 0; j < k; ++j) seen_by[in_a[j].second] = i;
    for (std::size_t j = 0; j < k; ++j) common += seen_by[in_b[j].second] == i;
  }
  return common / (static_cast<double>(n) * k);
}

double trustworthiness(std::span<const double> rows, std::size_t dim, std::span<const double> embedded,
                       std::size_t embedded_dim, std::uint32_t k) {
  if (dim == 0 || embedded_dim == 0 || rows.size() / dim != embedded.size() / embedded_dim)
    throw Error(Category::runtime, "metrics: the embedding has another number of rows");
  const std::size_t n = rows.size() / dim;
  if (k == 0 || 2 * std::size_t{k} >= n)
    throw Error(Category::config, "trustworthiness: k must be below half of the rows");
  double penalty = 0;
  std::vector<std::size_t> rank(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto before = points::nearest_rows(rows, dim, i, n),
               after = points::nearest_rows(embedded, embedded_dim, i, k);
    for (std::size_t r = 0; r < before.size(); ++r) rank[before[r].second] = r + 1;
    for (std::size_t j = 0; j < k; ++j)
      if (rank[after[j].second] > k) penalty += static_cast<double>(rank[after[j].second] - k);
  }
  const double size = static_cast<double>(n), near = k;
  return 1 - penalty * 2 / (size * near * (2 * size - 3 * near - 1));
}

}  // namespace syconn
