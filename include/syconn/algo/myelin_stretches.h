// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace syconn {

/// An edge of a skeleton, as long as it is; lengths in nm.
struct PathEdge {
  std::uint32_t a = 0, b = 0;
  double length_nm = 0;
  bool myelin = false;
};

/// Sheaths along a skeleton.
struct MyelinStretch {
  std::uint32_t node = 0;  ///< its smallest node
  double length_nm = 0;    ///< of all its edges
};
/// A node of Ranvier: the bare path between two stretches.
struct MyelinGap {
  std::uint32_t node_a = 0, node_b = 0;  ///< where the stretches end, a < b
  double length_nm = 0;
};
struct MyelinStretches {
  std::vector<MyelinStretch> stretches;  ///< by node
  std::vector<MyelinGap> gaps;           ///< by (length, node_a, node_b)
};

/// A stretch is a maximal set of myelinated edges that hang together. Gaps are the paths over bare edges of at most
/// `max_gap_nm` between two stretches; where one bare part lies between k stretches, the k - 1 shortest that join them.
/// Edges must form a forest, else Error{runtime}; so do indices out of range. O(n log n) and the nodes within
/// `max_gap_nm` of each end.
MyelinStretches find_myelin_stretches(std::uint32_t n_nodes, std::span<const PathEdge> edges, double max_gap_nm);

}  // namespace syconn
