// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/skeleton_labels.h"

#include <algorithm>
#include <cmath>

#include "node_tree.h"
#include "running_majority.h"
#include "syconn/core/error.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

double length_nm(const Vec3f& a, const Vec3f& b) {
  const Vec3d d = Vec3d(a) - Vec3d(b);
  return std::sqrt(d.dot(d));
}

void check_edges(std::size_t n_nodes, std::span<const SkeletonEdge> edges, std::span<const float> bridge_nm) {
  if (!bridge_nm.empty() && bridge_nm.size() != edges.size())
    throw Error(Category::runtime, "skeleton: bridge_nm has not one value an edge");
  for (const SkeletonEdge& e : edges)
    if (e[0] >= n_nodes || e[1] >= n_nodes) throw Error(Category::runtime, "skeleton: an edge names no node");
}
}  // namespace

std::vector<std::int32_t> running_majority(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                           std::span<const std::int32_t> labels, double radius_nm) {
  check_edges(nodes_nm.size(), edges, {});
  if (labels.size() != nodes_nm.size()) throw Error(Category::runtime, "skeleton: not one label a node");
  UnionFind sets(static_cast<std::uint32_t>(nodes_nm.size()));
  std::vector<std::int64_t> lengths;
  for (const SkeletonEdge& e : edges) {
    if (sets.find(e[0]) == sets.find(e[1])) throw Error(Category::runtime, "skeleton: the edges hold a cycle");
    sets.unite(e[0], e[1]);
    lengths.push_back(std::llround(length_nm(nodes_nm[e[0]], nodes_nm[e[1]]) * 65536));
  }
  const double reach = std::clamp(radius_nm * 65536, -1.0, 4e18);
  skeleton::BallVote vote(edges, lengths, labels, static_cast<std::int64_t>(std::floor(reach)));
  return vote.majority();
}

double path_length_um(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                      std::span<const float> bridge_nm) {
  check_edges(nodes_nm.size(), edges, bridge_nm);
  double sum = 0;
  for (std::size_t i = 0; i < edges.size(); ++i)
    if (bridge_nm.empty() || bridge_nm[i] <= 0) sum += length_nm(nodes_nm[edges[i][0]], nodes_nm[edges[i][1]]);
  return sum * 1e-3;
}

std::vector<std::uint32_t> skeleton_components(std::size_t n_nodes, std::span<const SkeletonEdge> edges,
                                               std::span<const float> bridge_nm) {
  check_edges(n_nodes, edges, bridge_nm);
  UnionFind sets(static_cast<std::uint32_t>(n_nodes));
  for (std::size_t i = 0; i < edges.size(); ++i)
    if (bridge_nm.empty() || bridge_nm[i] <= 0) sets.unite(edges[i][0], edges[i][1]);
  std::vector<std::uint32_t> part(n_nodes);
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < n_nodes; ++i) part[i] = sets.find(i) == i ? n++ : part[sets.find(i)];
  return part;
}

struct NearestNode::Tree {
  explicit Tree(std::vector<Vec3d> points) : nodes(std::move(points)) {}
  skeleton::NodeTree nodes;
};

NearestNode::NearestNode(std::span<const Vec3f> nodes_nm) {
  if (nodes_nm.empty()) throw Error(Category::runtime, "nearest node: no nodes");
  std::vector<Vec3d> points;
  for (const Vec3f& p : nodes_nm) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z))
      throw Error(Category::runtime, "nearest node: a coordinate is not finite");
    points.emplace_back(p);
  }
  tree_ = std::make_unique<Tree>(std::move(points));
}
NearestNode::~NearestNode() = default;
NearestNode::NearestNode(NearestNode&&) noexcept = default;
NearestNode& NearestNode::operator=(NearestNode&&) noexcept = default;

std::uint32_t NearestNode::operator()(const Vec3f& p) const {
  if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z))
    throw Error(Category::runtime, "nearest node: the point is not finite");
  return static_cast<std::uint32_t>(
      tree_->nodes.nearest(Vec3d(p), std::numeric_limits<double>::max(), [](std::size_t) { return true; }).index);
}

Box3 window_box(const Vec3f& node_nm, const Vec3d& voxel_nm, const Vec3d& window_nm) {
  Box3 box;
  for (int axis = 0; axis < 3; ++axis) {
    const double node = static_cast<double>(node_nm[axis]), half = window_nm[axis] / 2;
    box.min[axis] = static_cast<std::int64_t>(std::ceil((node - half) / voxel_nm[axis] - 0.5));
    box.max[axis] = static_cast<std::int64_t>(std::ceil((node + half) / voxel_nm[axis] - 0.5));
  }
  return box;
}

void add_window_counts(VolumeView<const std::uint8_t> mask, const Vec3d& voxel_nm, std::span<const Vec3f> nodes_nm,
                       std::span<WindowCount> counts, const Vec3d& window_nm) {
  if (counts.size() != nodes_nm.size()) throw Error(Category::runtime, "window counts: not one count a node");
  for (std::size_t i = 0; i < nodes_nm.size(); ++i) {
    const Box3 box = intersect(window_box(nodes_nm[i], voxel_nm, window_nm), mask.box());
    if (box.empty()) continue;
    const VolumeView<const std::uint8_t> part = mask.sub(box);
    std::uint32_t above = 0;
    for (std::int64_t z = 0; z < part.size.z; ++z)
      for (std::int64_t y = 0; y < part.size.y; ++y)
        for (std::int64_t x = 0; x < part.size.x; ++x) above += part(x, y, z) != 0;
    counts[i].above += above;
    counts[i].voxels += static_cast<std::uint32_t>(box.voxels());
  }
}

std::vector<std::int32_t> window_labels(std::span<const WindowCount> counts) {
  std::vector<std::int32_t> labels;
  for (const WindowCount& c : counts) labels.push_back(std::uint64_t{2} * c.above > c.voxels);
  return labels;
}

std::vector<std::int32_t> myelin_labels(VolumeView<const std::uint8_t> mask, const Vec3d& voxel_nm,
                                        std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                        double majority_nm) {
  std::vector<WindowCount> counts(nodes_nm.size());
  add_window_counts(mask, voxel_nm, nodes_nm, counts);
  return running_majority(nodes_nm, edges, window_labels(counts), majority_nm);
}

}  // namespace syconn
