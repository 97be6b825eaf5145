// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "phantom_index.h"

namespace syconn::phantom {

struct WallHit {
  std::uint32_t node = kNone;  ///< tube on the far side; kNone: no foreign cell in reach
  Vec3d position;              ///< real position of the wall
};

/// The partition near one place: tubes gathered once, many points asked.
class LocalPartition {
 public:
  /// Exact for points within `range_nm` of `centre` (real position) as far as tubes within 500 nm of them go.
  LocalPartition(const PhantomModel& m, const Vec3d& centre, double range_nm);
  PhantomPoint at(const Vec3d& position) const;
  /// First point on the ray from `from` that belongs to a cell other than `cell`, between `start` and `range`.
  WallHit find_wall(const Vec3d& from, const Vec3d& direction, std::uint32_t cell, double start, double range) const;
  /// Direction in which depth to `pre`'s cell grows against depth to `post`'s.
  Vec3d wall_normal(const Vec3d& position, std::uint32_t pre_cell, std::uint32_t post_cell) const;

  /// Whether the point's two nearest cells are these, in any order, and near enough to be tissue.
  bool pair(const PhantomPoint& p, std::uint32_t a, std::uint32_t b) const;

 private:
  double depth_of_cell(const Vec3f& q, std::uint32_t cell) const;
  const PhantomModel& m_;
  std::vector<std::uint32_t> near_;  ///< ascending, so cells are contiguous
};

}  // namespace syconn::phantom
