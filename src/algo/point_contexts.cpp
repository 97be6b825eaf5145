// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/point_contexts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

#include "cell_table.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

double length(const Vec3d& v) { return std::sqrt(v.dot(v)); }

void check_voxels(double voxel_nm) {
  if (!(voxel_nm > 0) || !std::isfinite(voxel_nm))
    throw Error(Category::config, "down-sampling: the voxel's edge must be positive");
}

template <class T>
std::vector<std::uint32_t> nearest_to_means(std::span<const Vec3<T>> points, double voxel_nm) {
  check_voxels(voxel_nm);
  points::CellTable cells;
  cells.reset(points.size());
  std::vector<std::uint32_t> cell;
  std::vector<Vec3d> mean;
  std::vector<std::uint32_t> members;
  for (const Vec3<T>& p : points) {
    const Vec3d at(p);
    if (!(std::max(at.max_element(), -at.min_element()) < 1e15 * voxel_nm))
      throw Error(Category::runtime, "down-sampling: a coordinate is not finite or too large");
    const std::uint32_t c = cells.insert(points::cell_of(at, {}, voxel_nm));
    if (c == mean.size()) mean.emplace_back(), members.push_back(0);
    mean[c] += at, ++members[c];
    cell.push_back(c);
  }
  for (std::size_t c = 0; c < mean.size(); ++c) mean[c] = mean[c] / static_cast<double>(members[c]);
  std::vector<double> nearest(mean.size(), INFINITY);
  std::vector<std::uint32_t> picked(mean.size());
  for (std::uint32_t i = 0; i < points.size(); ++i) {
    const Vec3d d = Vec3d(points[i]) - mean[cell[i]];
    if (d.dot(d) < nearest[cell[i]]) nearest[cell[i]] = d.dot(d), picked[cell[i]] = i;
  }
  std::sort(picked.begin(), picked.end());
  return picked;
}

Vec3d centroid(std::span<const Vec3f> points) {
  Vec3d sum;
  for (const Vec3f& p : points) sum += Vec3d(p);
  return sum / static_cast<double>(std::max<std::size_t>(points.size(), 1));
}

}  // namespace

std::vector<std::uint32_t> one_per_voxel(std::span<const Vec3f> points_nm, double voxel_nm) {
  return nearest_to_means(points_nm, voxel_nm);
}
std::vector<std::uint32_t> one_per_voxel(std::span<const Vec3d> points_nm, double voxel_nm) {
  return nearest_to_means(points_nm, voxel_nm);
}

SkeletonContexts::SkeletonContexts(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges)
    : nodes_nm_(nodes_nm.begin(), nodes_nm.end()), offset_(nodes_nm.size() + 1, 0), links_(2 * edges.size()) {
  for (const SkeletonEdge& e : edges) {
    if (std::max(e[0], e[1]) >= nodes_nm.size()) throw Error(Category::runtime, "contexts: an edge names no node");
    ++offset_[e[0] + 1], ++offset_[e[1] + 1];
  }
  for (std::size_t i = 0; i < nodes_nm.size(); ++i) offset_[i + 1] += offset_[i];
  std::vector<std::size_t> next(offset_.begin(), offset_.end() - 1);
  for (const SkeletonEdge& e : edges) {
    const double nm = length(nodes_nm_[e[0]] - nodes_nm_[e[1]]);
    links_[next[e[0]]++] = {e[1], nm};
    links_[next[e[1]]++] = {e[0], nm};
  }
  distance_nm_.assign(nodes_nm.size(), -1);
}

void SkeletonContexts::by_path(std::uint32_t pivot, double radius_nm) {
  using Entry = std::pair<double, std::uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  open.emplace(0, pivot);
  while (!open.empty()) {
    const auto [nm, node] = open.top();
    open.pop();
    if (distance_nm_[node] >= 0) continue;
    distance_nm_[node] = nm;
    reached_.push_back(node);
    for (std::size_t i = offset_[node]; i < offset_[node + 1]; ++i)
      if (const double next = nm + links_[i].length_nm; distance_nm_[links_[i].to] < 0 && next <= radius_nm)
        open.emplace(next, links_[i].to);
  }
}

void SkeletonContexts::by_ball(std::uint32_t pivot, double radius_nm) {
  distance_nm_[pivot] = 0;
  reached_.push_back(pivot);
  for (std::size_t at = 0; at < reached_.size(); ++at)
    for (std::size_t i = offset_[reached_[at]]; i < offset_[reached_[at] + 1]; ++i) {
      const std::uint32_t to = links_[i].to;
      if (distance_nm_[to] >= 0 || length(nodes_nm_[to] - nodes_nm_[pivot]) > radius_nm) continue;
      distance_nm_[to] = 0;
      reached_.push_back(to);
    }
}

std::vector<std::uint32_t> SkeletonContexts::nodes(std::uint32_t pivot, double radius_nm, ContextMetric metric) {
  if (pivot >= nodes_nm_.size()) throw Error(Category::runtime, "contexts: the pivot is no node");
  reached_.clear();
  metric == ContextMetric::path ? by_path(pivot, radius_nm) : by_ball(pivot, radius_nm);
  for (const std::uint32_t node : reached_) distance_nm_[node] = -1;
  std::vector<std::uint32_t> found = reached_;
  std::sort(found.begin(), found.end());
  return found;
}

PointsOfNodes::PointsOfNodes(std::span<const Vec3f> nodes_nm, std::span<const Vec3f> points_nm)
    : offset_(nodes_nm.size() + 1, 0) {
  const NearestNode nearest(nodes_nm);
  node_.reserve(points_nm.size());
  for (const Vec3f& p : points_nm) node_.push_back(nearest(p)), ++offset_[node_.back() + 1];
  for (std::size_t i = 0; i + 1 < offset_.size(); ++i) offset_[i + 1] += offset_[i];
  std::vector<std::size_t> next(offset_.begin(), offset_.end() - 1);
  points_.resize(points_nm.size());
  for (std::uint32_t i = 0; i < node_.size(); ++i) points_[next[node_[i]]++] = i;
}

std::vector<std::uint32_t> PointsOfNodes::points(std::span<const std::uint32_t> nodes) const {
  std::vector<std::uint32_t> out;
  for (const std::uint32_t node : nodes) {
    const auto p = points(node);
    out.insert(out.end(), p.begin(), p.end());
  }
  return out;
}

std::vector<std::uint32_t> draw_points(std::span<const std::uint32_t> candidates, std::uint32_t n,
                                       const ContextKey& key) {
  if (candidates.empty()) return {};
  Rng rng(key.seed, key.cell_id, key.pivot, key.edition);
  std::vector<std::uint32_t> times(candidates.size(), candidates.size() <= n ? 1 : 0);
  if (candidates.size() > n) {  // Floyd: n distinct places in n draws
    for (std::uint64_t j = candidates.size() - n; j < candidates.size(); ++j) {
      const std::uint64_t place = rng.below(j + 1);
      times[times[place] != 0 ? j : place] = 1;
    }
  } else {
    for (std::size_t i = candidates.size(); i < n; ++i) ++times[rng.below(candidates.size())];
  }
  std::vector<std::uint32_t> out;
  out.reserve(n);
  for (std::size_t i = 0; i < candidates.size(); ++i) out.insert(out.end(), times[i], candidates[i]);
  return out;
}

void to_unit_sphere(std::span<Vec3f> points) {
  const Vec3d centre = centroid(points);
  double radius = 0;
  for (const Vec3f& p : points) radius = std::max(radius, length(Vec3d(p) - centre));
  if (radius == 0) radius = 1;
  for (Vec3f& p : points) p = Vec3f((Vec3d(p) - centre) / radius);
}

void centre_and_scale(std::span<Vec3f> points, double scale) {
  const Vec3d centre = centroid(points);
  for (Vec3f& p : points) p = Vec3f((Vec3d(p) - centre) / scale);
}

std::vector<float> one_hot(std::span<const std::uint8_t> features, int width) {
  if (width != 1 && (width < 4 || width > 6))
    throw Error(Category::config, "point features: the width must be 1, 4, 5 or 6, not " + std::to_string(width));
  std::vector<float> rows(features.size() * static_cast<std::size_t>(width), 0.0F);
  for (std::size_t i = 0; i < features.size(); ++i) {
    std::uint8_t f = features[i];
    if (f > kMyelinatedSurface) throw Error(Category::runtime, "point features: class " + std::to_string(f));
    if (f == kMyelinatedSurface && width < 6) f = kCellSurface;
    if (f == kAsymmetricSynapse && width == 4) f = kSymmetricSynapse;
    rows[i * static_cast<std::size_t>(width) + (width == 1 ? 0U : f)] = 1.0F;
  }
  return rows;
}

}  // namespace syconn
