// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace syconn {

/// Scores of one class; NaN where the denominator is 0.
struct ClassScore {
  std::uint64_t support = 0;                 ///< samples of the class
  double precision = 0, recall = 0, f1 = 0;  ///< f1 = 2·tp / (2·tp + fp + fn)
};

/// Which class was taken for which; matrices of parts of the data add up.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::uint32_t n_classes);
  /// Throws Error{runtime} for a class that does not exist.
  void add(std::uint32_t truth, std::uint32_t predicted, std::uint64_t times = 1);
  void merge(const ConfusionMatrix& from);
  std::uint32_t n_classes() const { return n_classes_; }
  std::uint64_t operator()(std::uint32_t truth, std::uint32_t predicted) const {
    return counts_[std::size_t{truth} * n_classes_ + predicted];
  }
  std::uint64_t total() const;
  ClassScore score(std::uint32_t label) const;
  /// Share on the diagonal; NaN without a sample.
  double accuracy() const;
  /// Mean recall of the classes that truly occur; NaN without a sample.
  double balanced_accuracy() const;
  /// Mean F1 of the classes that occur, in the truth or the prediction.
  double macro_f1() const;
  /// Mean F1 weighted by support.
  double weighted_f1() const;
  /// Accuracy of always saying the most frequent true class.
  double majority_baseline() const;

 private:
  std::uint32_t n_classes_;
  std::vector<std::uint64_t> counts_;
};

/// Expected calibration error: over `n_bins` equal bins of confidence ((k, k+1] / n_bins, 0 in the first) the mean of
/// |share correct - mean confidence|, weighted by samples. Confidences in [0, 1]. NaN without a sample.
double expected_calibration_error(std::span<const double> confidence, std::span<const std::uint8_t> correct,
                                  std::uint32_t n_bins = 15);

/// Share of wrong samples among the `coverage` most confident ones.
struct RiskPoint {
  double threshold = 0;  ///< smallest confidence that is kept
  double coverage = 0, risk = 0;
};
/// One point a distinct confidence, from the highest on: equal confidences come together.
std::vector<RiskPoint> risk_coverage(std::span<const double> confidence, std::span<const std::uint8_t> correct);
/// Mean risk over all coverages, each step of the curve counting from its left end.
double area_under_risk_coverage(std::span<const RiskPoint> curve);

/// Probability that a positive sample scores higher than a negative one, ties half (area under the ROC curve). NaN
/// where one side is empty. n log n.
double roc_auc(std::span<const double> score, std::span<const std::uint8_t> positive);

/// Adjusted Rand index (Hubert & Arabie 1985) of two labellings; 1 where both are trivial and equal. NaN for none.
double adjusted_rand_index(std::span<const std::int32_t> a, std::span<const std::int32_t> b);
/// Mutual information over the mean of both entropies; 1 where both entropies are 0. NaN for none.
double normalised_mutual_information(std::span<const std::int32_t> a, std::span<const std::int32_t> b);

// Below, `rows` holds n vectors of `dim` values, one after the other; distances are Euclidean; O(n²·dim).

/// Mean silhouette (Rousseeuw 1987); samples alone in their class count 0. NaN for fewer than two classes.
double silhouette(std::span<const double> rows, std::size_t dim, std::span<const std::int32_t> labels);
/// Share of samples whose k nearest others (tie: lower index) vote for their class (tie: the label met first).
double knn_accuracy(std::span<const double> rows, std::size_t dim, std::span<const std::int32_t> labels,
                    std::uint32_t k);
/// Mean share of a sample's k nearest others in `a` that are among its k nearest in `b` (ties: lower index); two
/// dimensions, the same samples in the same order. Two unrelated embeddings of n samples share k / (n - 1). NaN for
/// fewer than two samples; Error{config} unless 0 < k < n.
double neighbour_overlap(std::span<const double> a, std::size_t a_dim, std::span<const double> b, std::size_t b_dim,
                         std::uint32_t k);
/// Trustworthiness (Venna & Kaski 2001) of `embedded` for the neighbourhoods of size k in `rows`; k < n/2.
double trustworthiness(std::span<const double> rows, std::size_t dim, std::span<const double> embedded,
                       std::size_t embedded_dim, std::uint32_t k);

}  // namespace syconn
