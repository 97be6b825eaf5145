// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/core/forest_model.h"

namespace syconn {

/// Rows of features with their classes.
struct LabelledRows {
  std::span<const float> features;      ///< [n, n_features] row-major
  std::span<const std::uint8_t> label;  ///< [n], each < n_classes
  std::uint32_t n_features = 0, n_classes = 2;
};

struct ForestParams {
  std::uint32_t n_trees = 2000;
  std::uint32_t max_features = 0;  ///< features tried a split; 0: floor(sqrt(n_features)), at least 1
  std::uint32_t max_depth = 0;     ///< splits from root to leaf; 0: unlimited
  bool bootstrap = true;           ///< a tree learns from n rows drawn with replacement; false: from all
  std::uint64_t seed = 0;
  int threads = 1;  ///< changes no byte
};

/// A forest and what its training tells about it.
struct TrainedForest {
  Forest forest;
  std::vector<double> importance;       ///< [n_features] mean decrease of impurity, sums to 1 (all 0: no split anywhere)
  std::vector<double> oob_probability;  ///< [n, n_classes] from the trees that did not draw the row; NaN: there is none
  double oob_accuracy = 0;              ///< share of these rows whose most probable class is theirs; NaN: no row
};

/// Random forest (Breiman 2001): gini impurity, exact splits halfway between neighbouring values, grown until pure.
/// At a node features are drawn without replacement until `max_features` were tried and one of them was not constant;
/// the best split wins, compared exactly in integers (tie: drawn first, then smaller threshold).
/// Tree t depends on (seed, t) and the rows only. Time ~ trees * depth * max_features * n log n; memory ~ the forest +
/// 64 * n * n_classes * 8 bytes. Throws Error{input}: sizes do not fit, no row, more than 2^24 rows, a label too large,
/// a value that is not finite (named by row and feature); Error{config}: no trees.
TrainedForest train_forest(const LabelledRows& rows, const ForestParams& params = {});

/// Class probabilities [n, n_classes]: the mean over trees of the leaf's class fractions. `features` is [n, n_features]
/// row-major. Throws Error{input}: no whole rows, a value that is not finite (named by row and feature). The forest must
/// have passed check_forest.
std::vector<double> predict_probability(const Forest& forest, std::span<const float> features, int threads = 1);

}  // namespace syconn
