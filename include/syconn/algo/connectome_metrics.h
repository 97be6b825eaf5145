// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/ks.h"
#include "syconn/core/ids.h"

/// Two connectomes over the same cells, edge by edge.
namespace syconn {

/// All synapses from one cell to another.
struct WeightedEdge {
  Id pre = 0, post = 0;
  double weight = 0;  ///< synapses, or their area; not negative
};

// Edges come in any order, a pair of cells at most once (else Error{runtime}); edges of weight 0 count as absent.

/// Pairs of cells with at least `min_weight` synapses as what is to be found (SynEM's neuron-to-neuron measure).
struct ConnectionScore {
  double min_weight = 0;
  std::uint64_t n_truth = 0, n_found = 0, hits = 0;
  double precision = 0, recall = 0, f1 = 0;  ///< NaN where undefined
};
ConnectionScore connection_score(std::span<const WeightedEdge> found, std::span<const WeightedEdge> truth,
                                 double min_weight);

/// Over the pairs of cells with an edge in either; one that is absent weighs 0.
struct WeightScore {
  std::uint64_t n_pairs = 0;
  double pearson = 0, spearman = 0;  ///< NaN where a side does not vary; Spearman with mean ranks of ties
  double jaccard = 0;                ///< sum of the lesser weights / sum of the greater ones; NaN for no pair
};
WeightScore weight_score(std::span<const WeightedEdge> found, std::span<const WeightedEdge> truth);

/// Distributions of the number of partners, over the cells with an edge in either.
struct DegreeScore {
  std::uint64_t n_cells = 0;
  KsTest out, in;  ///< first sample: found. statistic NaN for no cell
};
DegreeScore degree_score(std::span<const WeightedEdge> found, std::span<const WeightedEdge> truth);

/// NaN for fewer than two pairs or where one side does not vary. Throws Error{runtime} for different lengths.
double pearson_correlation(std::span<const double> a, std::span<const double> b);
/// Pearson of the ranks, ties with their mean rank.
double spearman_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace syconn
