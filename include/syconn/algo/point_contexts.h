// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/skeleton_labels.h"
#include "syconn/core/ids.h"

namespace syconn {

/// One member a voxel of edge `voxel_nm` (grid origin 0, floor): the one nearest to the members' mean, tie: lowest
/// index. Ascending indices. Linear time and memory. Throws Error{config} for an edge that is not positive,
/// Error{runtime} for a coordinate that is not finite or beyond 1e15 voxels.
std::vector<std::uint32_t> one_per_voxel(std::span<const Vec3f> points_nm, double voxel_nm);
std::vector<std::uint32_t> one_per_voxel(std::span<const Vec3d> points_nm, double voxel_nm);

/// Around which nodes contexts are drawn: one node a voxel. The paper's compartment and embedding networks take half
/// the context's radius, the cell type network 2,500 nm.
inline std::vector<std::uint32_t> context_pivots(std::span<const Vec3f> nodes_nm, double spacing_nm) {
  return one_per_voxel(nodes_nm, spacing_nm);
}

enum class ContextMetric {
  path,       ///< within the radius by path length along the edges
  euclidean,  ///< within the ball, and connected to the pivot inside of it (the published reference)
};

/// Which nodes belong to the context of a pivot. Not for several threads at once: it keeps scratch, so that a call
/// costs the context's size only.
class SkeletonContexts {
 public:
  /// Throws Error{runtime} if an edge names no node.
  SkeletonContexts(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges);
  /// Nodes within `radius_nm` (limit included), connected through the pivot; ascending, the pivot among them.
  std::vector<std::uint32_t> nodes(std::uint32_t pivot, double radius_nm, ContextMetric metric);

 private:
  struct Link {
    std::uint32_t to;
    double length_nm;
  };
  void by_path(std::uint32_t pivot, double radius_nm);
  void by_ball(std::uint32_t pivot, double radius_nm);
  std::vector<Vec3d> nodes_nm_;
  std::vector<std::size_t> offset_;
  std::vector<Link> links_;
  std::vector<double> distance_nm_;  ///< negative: not reached
  std::vector<std::uint32_t> reached_;
};

/// Which points belong to each node, i.e. have it as nearest (tie: smallest node).
class PointsOfNodes {
 public:
  PointsOfNodes(std::span<const Vec3f> nodes_nm, std::span<const Vec3f> points_nm);
  std::span<const std::uint32_t> node_of_point() const { return node_; }
  std::span<const std::uint32_t> points(std::uint32_t node) const {
    return {points_.data() + offset_[node], points_.data() + offset_[node + 1]};
  }
  /// Points of all these nodes, node by node, each in ascending order.
  std::vector<std::uint32_t> points(std::span<const std::uint32_t> nodes) const;

 private:
  std::vector<std::uint32_t> node_, points_;
  std::vector<std::size_t> offset_;
};

/// What makes the draw of a context's points its own.
struct ContextKey {
  std::uint64_t seed = 0;
  Id cell_id = 0;
  std::uint32_t pivot = 0;    ///< node
  std::uint32_t edition = 0;  ///< several draws of one context
};
/// `n` of the candidates, in their order: without replacement where there are enough; otherwise all of them, and
/// draws with replacement for the rest. No candidate: empty.
std::vector<std::uint32_t> draw_points(std::span<const std::uint32_t> candidates, std::uint32_t n,
                                       const ContextKey& key);

/// Moves the centroid to 0 and divides by the largest distance to it (by 1 if that is 0).
void to_unit_sphere(std::span<Vec3f> points);
/// Divides by `scale` and moves the centroid to 0.
void centre_and_scale(std::span<Vec3f> points, double scale);

/// Point classes, numbered as the networks' inputs.
enum PointFeature : std::uint8_t {
  kCellSurface = 0,
  kMitochondrion = 1,
  kVesicleCloud = 2,
  kSymmetricSynapse = 3,  ///< or one of unknown sign
  kAsymmetricSynapse = 4,
  kMyelinatedSurface = 5,
};
/// One-hot rows. Widths: 1 shape only (all 1), 4 (synapses are one class), 5 (typed synapses), 6 (and myelin; below,
/// myelinated surface is surface). Throws Error{config} for another width, Error{runtime} for an unknown class.
std::vector<float> one_hot(std::span<const std::uint8_t> features, int width);

}  // namespace syconn
