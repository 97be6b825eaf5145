// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/annotation_grid.h"

#include <algorithm>
#include <cmath>

namespace syconn {
namespace {

constexpr double kFinestEdgeNm = 2000;
constexpr std::int64_t kMostCells = std::int64_t{1} << 21;
constexpr int kShardCells = 9;  // bits of the cells in one shard

/// Whether the line from a to b meets the closed box.
bool meets(const Vec3d& a, const Vec3d& b, const Vec3d& low, const Vec3d& high) {
  double enter = 0, leave = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const double way = b[axis] - a[axis];
    if (way == 0) {
      if (a[axis] < low[axis] || a[axis] > high[axis]) return false;
      continue;
    }
    const double t0 = (low[axis] - a[axis]) / way, t1 = (high[axis] - a[axis]) / way;
    enter = std::max(enter, std::min(t0, t1)), leave = std::min(leave, std::max(t0, t1));
  }
  return enter <= leave;
}

}  // namespace

std::vector<AnnotationGridLevel> annotation_grid_levels(const Box3& bounds_vx, const Vec3d& voxel_nm) {
  std::vector<AnnotationGridLevel> levels;
  Vec3i grid(1);
  for (;;) {
    const Vec3d cell_vx = Vec3d(bounds_vx.size()) / Vec3d(grid), edges = cell_vx * voxel_nm;
    levels.push_back({grid, cell_vx, ShardLayout::of_grid(grid, kShardCells)});
    Vec3i next = grid;
    for (int axis = 0; axis < 3; ++axis)
      if (edges[axis] > edges.max_element() / std::sqrt(2.0)) next[axis] *= 2;
    if (edges.max_element() < 2 * kFinestEdgeNm || next.product() > kMostCells) return levels;
    grid = next;
  }
}

void for_cells_of_line(const AnnotationGridLevel& level, const Box3& bounds_vx, const Vec3f& from, const Vec3f& to,
                       const std::function<void(const Vec3i&)>& fn) {
  const Vec3d a(from), b(to), origin(bounds_vx.min);
  Vec3i first, last;
  for (int axis = 0; axis < 3; ++axis) {
    const double low = (std::min(a[axis], b[axis]) - origin[axis]) / level.cell_vx[axis];
    const double high = (std::max(a[axis], b[axis]) - origin[axis]) / level.cell_vx[axis];
    // A lower end on a face belongs to the cell below too.
    const auto clamped = [&](double v) {
      return std::clamp(static_cast<std::int64_t>(v), std::int64_t{0}, level.grid[axis] - 1);
    };
    first[axis] = clamped(std::ceil(low) - 1), last[axis] = clamped(std::floor(high));
  }
  for (std::int64_t z = first.z; z <= last.z; ++z)
    for (std::int64_t y = first.y; y <= last.y; ++y)
      for (std::int64_t x = first.x; x <= last.x; ++x) {
        const Vec3i cell(x, y, z);
        const Vec3d low = origin + Vec3d(cell) * level.cell_vx, high = origin + Vec3d(cell + Vec3i(1)) * level.cell_vx;
        if (first == last || meets(a, b, low, high)) fn(cell);
      }
}

std::uint64_t annotation_hash(Id id) { return mix64(id, 0x616e6e6f74617465ULL); }

std::size_t AnnotationThresholds::level_of(Id id) const {
  const std::uint64_t hash = annotation_hash(id);
  for (std::size_t level = 0; level + 1 < below.size(); ++level)
    if (hash < below[level]) return level;
  return below.size() - 1;
}

AnnotationThresholds annotation_thresholds(const std::vector<std::uint64_t>& most, std::uint64_t limit) {
  AnnotationThresholds thresholds;
  double left = 1;
  for (std::size_t level = 0; level < most.size(); ++level) {
    const double in_fullest = left * static_cast<double>(most[level]);
    if (in_fullest <= static_cast<double>(limit) || level + 1 == most.size()) break;
    left *= 1 - static_cast<double>(limit) / in_fullest;
    thresholds.below.push_back(static_cast<std::uint64_t>(std::ldexp(1 - left, 64)));
  }
  thresholds.below.push_back(UINT64_MAX);
  return thresholds;
}

}  // namespace syconn
