// SPDX-License-Identifier: GPL-3.0-or-later
// Growth of one decision tree; private to the room algo.
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/algo/forest.h"
#include "syconn/core/rng.h"

namespace syconn::forest_detail {

/// The values of every feature replaced by their ranks, shared by all trees: [feature][row].
struct RankedRows {
  explicit RankedRows(const LabelledRows& rows);
  std::uint32_t n = 0, n_features = 0, n_classes = 0;
  std::vector<std::vector<std::uint32_t>> rank;
  std::vector<std::vector<float>> value;  ///< a feature: its distinct values, ascending
  std::vector<std::uint8_t> label;
};

/// One tree, nodes in depth-first order, arrays as in Forest.
struct Tree {
  std::vector<std::int32_t> feature;
  std::vector<double> threshold;
  std::vector<std::uint32_t> left, right;
  std::vector<double> fraction;
  std::vector<double> importance;  ///< [n_features] decrease of impurity, sums to 1 or all 0
};

/// Grows trees one after another; keeps its buffers.
class TreeGrower {
 public:
  TreeGrower(const RankedRows& rows, const ForestParams& params);
  /// `weight`: how often each row counts.
  Tree grow(Rng& rng, const std::vector<std::uint32_t>& weight);

 private:
  struct Split {
    std::uint32_t feature = 0, rank = 0;  ///< left: rank <= this
    std::uint32_t next = 0;               ///< the next larger rank present
    unsigned __int128 gain = 0;           ///< numerator and
    std::uint64_t scale = 0;              ///< denominator of sum_left c^2 / n_left + sum_right c^2 / n_right
    double gain_estimate = -1;
  };
  struct Open {
    std::uint32_t begin, end, depth, parent;
    bool is_right;
  };
  void add_node(const Open& open, Rng& rng);
  void make_leaf(std::uint32_t node, std::uint64_t n);
  void make_split(std::uint32_t node, const Open& open, const Split& split, std::uint64_t n, std::uint64_t squares);
  bool find_split(const Open& open, Rng& rng, std::uint64_t n, std::uint64_t squares, Split& best);
  bool try_feature(std::uint32_t feature, const Open& open, std::uint64_t n, std::uint64_t squares, Split& best);

  const RankedRows& rows_;
  std::uint32_t max_features_, max_depth_;
  const std::vector<std::uint32_t>* weight_ = nullptr;
  std::vector<std::uint32_t> sample_, order_;
  std::vector<std::uint64_t> keys_, count_, left_, right_;
  std::vector<Open> stack_;
  Tree tree_;
};

}  // namespace syconn::forest_detail
