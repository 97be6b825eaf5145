// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/runs.h"

namespace syconn {

/// TEASAR (Sato et al. 2000) as kimimaro parameterises it; the defaults are those of the published pipeline.
struct SkeletonParams {
  double scale = 2;  ///< a path voxel of radius r claims what lies within scale·r + const_nm along the cell
  double const_nm = 500;
  double pdrf_scale = 100000;          ///< weight of the penalty for voxels close to the surface
  std::int32_t pdrf_exponent = 4;      ///< its exponent, 1..16
  double soma_acceptance_nm = 3000;    ///< a component this thick (largest radius) has a soma
  double soma_invalidation_scale = 1;  ///< the soma claims soma_invalidation_scale·radius + ..._const_nm
  double soma_invalidation_const_nm = 2000;
  std::int32_t downsample_factor = 10;  ///< every n-th node of an unbranched stretch is kept; 1: all
  double sparsify_angle_deg = 135;      ///< a node of degree 2 goes if its angle exceeds this and its neighbours
  double sparsify_distance_nm = 500;    ///<   lie closer than this (0: rule off),
  double sparsify_close_nm = 50;        ///<   or if they lie no farther apart than this (0: rule off)
  double tick_nm = 500;                 ///< terminal branches shorter than this go; 0: none (as tests look at it)
};

/// One tree a cell, nodes in preorder from the root: node 0 is the root and parent[i] < i. Edge k is node k + 1 with
/// its parent. Without the edges of bridge_nm > 0 there is one tree a 26-connected component.
struct Skeleton {
  std::vector<Vec3f> nodes_nm;
  std::vector<float> radius_nm;                     ///< distance to the next voxel outside the (cavity-free) cell
  std::vector<std::int32_t> parent;                 ///< -1 at the root
  std::vector<std::array<std::uint32_t, 2>> edges;  ///< {parent, child}, n - 1 of them
  std::vector<float> bridge_nm;                     ///< an edge: its length if it joins two components, else 0
  float soma_radius_nm = 0;                         ///< 0: no component reaches soma_acceptance_nm

  std::size_t n_nodes() const { return nodes_nm.size(); }
};

/// Skeleton of one cell. `grid_runs`: its voxels on the (down-sampled) grid as x-runs, in any order, grid coordinates;
/// `grid_voxel_nm`: pitch of the grid; `origin_nm`: where the sample of grid voxel (0,0,0) lies. A grid voxel g
/// is at origin_nm + g·grid_voxel_nm, so for a grid that takes the first voxel of each (2,2,1) block, grid_voxel_nm =
/// (2,2,1)·voxel_size_nm and origin_nm = 0.5·voxel_size_nm. Outside the runs is background. Every node is a voxel of
/// the cell. No voxel: an empty skeleton; a component of one voxel: one node. The result depends on the set of voxels
/// only (not on the order or the cut of the runs; shifting the voxels shifts the nodes), with all ties by raster order.
/// Definition, ties and measured figures: docs/algorithms/skeletons.md. Throws Error{config} for parameters or pitches
/// out of range, Error{runtime} for a component beyond 2^32 grid slots (above ~10^9 voxels: use a coarser grid).
Skeleton skeletonise(std::span<const Run> grid_runs, const Vec3d& grid_voxel_nm, const Vec3d& origin_nm,
                     const SkeletonParams& params = {});

/// Working memory of skeletonise() for a cell of so many grid voxels and runs: bytes, an upper bound for cells whose
/// voxels fill a quarter or more of the 4x4x4 blocks they touch.
std::uint64_t skeleton_memory_bytes(std::uint64_t n_voxels, std::uint64_t n_runs);

}  // namespace syconn
