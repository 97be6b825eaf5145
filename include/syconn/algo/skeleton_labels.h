// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "syconn/core/volume_view.h"

namespace syconn {

using SkeletonEdge = std::array<std::uint32_t, 2>;

/// For every node the most frequent label among the nodes within `radius_nm` path length along the edges (itself
/// included, limit included); tie: smallest label. The edges must form a forest, else Error{runtime}; so do indices
/// out of range. Edge lengths are rounded to 2^-16 nm and summed exactly. O(N·log²N) a 16 distinct labels.
std::vector<std::int32_t> running_majority(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                           std::span<const std::int32_t> labels, double radius_nm);

/// Sum of edge lengths in µm. With `bridge_nm` (one an edge, or empty) edges of bridge_nm > 0 do not count.
double path_length_um(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                      std::span<const float> bridge_nm = {});

/// Component of every node under the edges, numbered from 0 by smallest node. With `bridge_nm`, bridges do not connect.
std::vector<std::uint32_t> skeleton_components(std::size_t n_nodes, std::span<const SkeletonEdge> edges,
                                               std::span<const float> bridge_nm = {});

/// Euclidean nearest node; tie: smallest index. The nodes are copied. Safe for many threads at once.
class NearestNode {
 public:
  /// Throws Error{runtime} for no node or a coordinate that is not finite.
  explicit NearestNode(std::span<const Vec3f> nodes_nm);
  ~NearestNode();
  NearestNode(NearestNode&&) noexcept;
  NearestNode& operator=(NearestNode&&) noexcept;
  std::uint32_t operator()(const Vec3f& point_nm) const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

/// What a window of a map around a node holds; counts of disjoint pieces of the map add up.
struct WindowCount {
  std::uint32_t voxels = 0;  ///< map voxels whose centre lies in the window
  std::uint32_t above = 0;   ///< of these, the ones set in the mask
};

inline constexpr Vec3d kMyelinWindow_nm{440, 440, 500};
inline constexpr double kMyelinMajority_nm = 10000;

/// Voxels of a map of pitch `voxel_nm` (corner at the dataset's corner) whose centres lie in
/// [node - window/2, node + window/2): 11x11x5 of 40x40x100 nm for the myelin window, whatever the node's phase.
Box3 window_box(const Vec3f& node_nm, const Vec3d& voxel_nm, const Vec3d& window_nm = kMyelinWindow_nm);

/// Adds to counts[i] what `mask` (1 where the map exceeds its threshold, with its origin in map voxels) holds of node
/// i's window. Calling it for disjoint pieces that cover the map gives the counts of the whole map; nodes whose window
/// misses the piece cost a comparison.
void add_window_counts(VolumeView<const std::uint8_t> mask, const Vec3d& voxel_nm, std::span<const Vec3f> nodes_nm,
                       std::span<WindowCount> counts, const Vec3d& window_nm = kMyelinWindow_nm);

/// 1 where more than half of the window's voxels are set, else 0 (also for a window without voxels).
std::vector<std::int32_t> window_labels(std::span<const WindowCount> counts);

/// Myelin labels of one skeleton from a map that lies in memory: windows, then the majority along the path.
std::vector<std::int32_t> myelin_labels(VolumeView<const std::uint8_t> mask, const Vec3d& voxel_nm,
                                        std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                        double majority_nm = kMyelinMajority_nm);

}  // namespace syconn
