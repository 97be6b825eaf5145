// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "syconn/core/ids.h"

namespace syconn {

/// Undirected edge between two supervoxels of one cell.
struct SupervoxelEdge {
  Id a = 0, b = 0;
};

/// A list of edges that is streamed, as often as asked, never held.
struct EdgeList {
  std::string name;                                                               ///< for messages: the file
  std::function<void(const std::function<void(const SupervoxelEdge&)>&)> stream;  ///< empty: no edges
};

/// The proofread graph: edges of `graph` and `merges` without those of `splits`.
struct SupervoxelGraph {
  EdgeList graph, merges, splits;
  bool skip_unknown = false;  ///< ids that are not among the supervoxels are passed over (a box cut from a dataset)
};

/// For each supervoxel the place in `sv_ids` (ascending, unique, fewer than 2^32) of the smallest supervoxel of its
/// cell, which lends the cell its id. Graph components by Boost's disjoint sets: edges are streamed, memory is 8 bytes
/// a supervoxel besides the ids, plus the split list. Throws Error{input}: ids that are no supervoxels (lists them, by
/// list); a pair of `splits` that other edges still connect (shows the path, the list to mend it with).
std::vector<std::uint32_t> assemble_cells(std::span<const Id> sv_ids, const SupervoxelGraph& graph);

}  // namespace syconn
