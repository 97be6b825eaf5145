// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/algo/skeleton_labels.h"
#include "syconn/core/neuron_tree.h"

namespace syconn {

/// How a reconstruction becomes a surface.
struct TreeCloudParams {
  double points_per_um2 = 50;
  double min_radius_nm = 50;           ///< thinner nodes get this radius
  std::size_t max_points = 2'000'000;  ///< a larger surface gets a lower density
  std::uint64_t seed = 0;
  bool cylinders_from_soma =
      false;  ///< from a soma (type 1) to a node of another type: a cylinder of that node's radius
};

/// Points on a neuron's surface, in the order of its nodes.
struct TreeCloud {
  std::vector<Vec3f> points_nm;
  std::vector<std::uint32_t> node;  ///< the nearer end of the frustum a point is on; of a soma's cylinders the far one
};

/// Points drawn uniformly on the side of the frustum between each node and its parent, and on the sphere of each root.
/// Every node has its own stream of random numbers. Where branches meet, their surfaces run into each other, as the
/// radii of tracings do. Throws Error{config} for parameters out of range.
TreeCloud surface_of_tree(const NeuronTree& tree, const TreeCloudParams& params = {});

/// Nodes as the contexts take them.
std::vector<Vec3f> tree_nodes(const NeuronTree& tree);
std::vector<SkeletonEdge> tree_edges(const NeuronTree& tree);

}  // namespace syconn
