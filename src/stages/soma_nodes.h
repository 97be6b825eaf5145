// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/label_votes.h"

namespace syconn {

/// Neighbours of each node.
using SkeletonLinks = std::vector<std::vector<std::uint32_t>>;
SkeletonLinks skeleton_links(std::size_t nodes, std::span<const SkeletonEdge> edges);

struct SkeletonShape {
  std::span<const Vec3f> nodes_nm;
  std::span<const float> radius_nm;  ///< from each node to the surface; empty: not known
  std::span<const SkeletonEdge> edges;
};
/// Which nodes are soma, of those whose surface says so (`codes` kSoma). Connected ones with less than `least_nm` of
/// edges between them are patches of a neurite. Of the others the surface tells that there is a soma, but where it ends
/// only roughly: the vertices near a node deep inside are those around the nearest stem. So its thick nodes, of half of
/// the largest radius or more, stand for it: soma is what one reaches from one of them along the skeleton within the
/// ball that its radius spans. Where that ends at a node thicker than all before, it goes on from there. Without radii
/// the nodes stay what they say.
std::vector<bool> soma_nodes(const SkeletonShape& cell, std::span<const std::int32_t> codes, double least_nm);

}  // namespace syconn
