// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace syconn {

/// Decision trees in flat arrays over the nodes of all trees, a tree's root first. The room algo trains and evaluates
/// them, the room io stores them as they are.
struct Forest {
  std::uint32_t n_features = 0, n_classes = 0;
  std::vector<std::uint64_t> tree_offset;  ///< [trees + 1]: first node of each tree, then the number of nodes
  std::vector<std::int32_t> feature;       ///< a node: the feature it asks; -1 at leaves
  std::vector<double> threshold;           ///< left if value <= threshold; 0 at leaves
  std::vector<std::uint32_t> left, right;  ///< children as offsets from their parent, > 0; both 0 at leaves
  std::vector<double> fraction;            ///< [nodes, n_classes] row-major: share of the classes; 0 but at leaves

  std::size_t n_trees() const { return tree_offset.empty() ? 0 : tree_offset.size() - 1; }
  std::size_t n_nodes() const { return feature.size(); }
  friend bool operator==(const Forest&, const Forest&) = default;
};

/// Throws Error{input} as "`where`: tree T, node N: …" unless the arrays are whole and describe trees: at least one
/// tree and feature and two classes, children inside their tree, each node but the root with exactly one parent (offsets
/// are positive, so there is no cycle), finite thresholds, fractions in [0, 1] that sum to 1 at leaves.
void check_forest(const Forest& forest, const std::string& where);

}  // namespace syconn
