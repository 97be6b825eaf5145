// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/core/vec3.h"

namespace syconn {

/// A random place on a cell's surface at a random node of its skeleton.
struct SurfacePoint {
  std::uint32_t node = 0, vertex = 0;
};

/// Of the nodes with `wanted[node]` != 0 up to `most`, drawn without replacement, and for each one vertex, drawn evenly
/// from those that are nearer to it than to any other node of the skeleton, wanted or not (its Voronoi cell over all
/// nodes; tie: smallest index). Nodes without such a vertex are left out. By node; a function of its arguments alone.
/// Throws Error{runtime} unless `wanted` has one entry a node, or if a coordinate is not finite.
/// O((nodes + vertices) log nodes); memory linear in nodes.
std::vector<SurfacePoint> draw_surface_points(std::span<const Vec3f> nodes_nm, std::span<const std::uint8_t> wanted,
                                              std::span<const Vec3f> vertices_nm, std::uint32_t most,
                                              std::uint64_t seed);

}  // namespace syconn
