// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/skeleton_labels.h"

/// From vectors at some nodes of a skeleton to one a node, and to one a cell.
namespace syconn {

/// For every node the index in `sources` of the one nearest by path along the edges (tie: the first of them); for nodes
/// that no path joins to a source the one nearest in space. N·log N. Throws Error{runtime}: no source, a source or an
/// edge that names no node.
std::vector<std::uint32_t> nearest_source(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                          std::span<const std::uint32_t> sources);

/// Mean over the axon's nodes plus mean over the dendrite's (Schubert et al. 2022). `rows` has `dim` values a node;
/// `compartment`: code of each node: 0-2 dendrite (shaft, spine head, spine neck), 3-5 axon (and boutons), others count
/// for neither. Of a cell with one of the two only: that mean. With neither, or without codes: mean over all nodes.
/// Empty for no node. Throws Error{runtime} for sizes that do not fit together.
std::vector<double> cell_vector(std::span<const float> rows, std::size_t dim,
                                std::span<const std::uint8_t> compartment = {});

}  // namespace syconn
