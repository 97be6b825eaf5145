// SPDX-License-Identifier: GPL-3.0-or-later
// Skeleton of one component, and the clean-up of its tree.
#pragma once
#include <span>
#include <vector>

#include "syconn/algo/skeleton.h"

namespace syconn::skeleton {

struct Node {
  Vec3i voxel;  ///< grid
  float radius_nm = 0;
  std::int32_t parent = -1;  ///< smaller than the node's own index
};

/// Node 0 is the root.
struct Tree {
  std::vector<Node> nodes;
  float soma_radius_nm = 0;
  std::uint64_t n_voxels = 0;
};

/// TEASAR over one 26-connected component, runs raster-sorted, not empty.
Tree trace(std::span<const Run> runs, const Vec3d& voxel_nm, const SkeletonParams& params);

/// Down-samples unbranched stretches, sparsifies, removes ticks. The root stays.
void clean(Tree& tree, const Vec3d& voxel_nm, const SkeletonParams& params);

/// Joins trees through their closest nodes into one, in preorder from the root.
Skeleton join(const std::vector<Tree>& trees, const Vec3d& voxel_nm, const Vec3d& origin_nm);

}  // namespace syconn::skeleton
