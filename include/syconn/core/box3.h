// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/vec3.h"

namespace syconn {

/// Half-open box [min, max) in voxels. Any box with an extent <= 0 is empty.
struct Box3 {
  Vec3i min, max;

  constexpr Box3() = default;
  constexpr Box3(Vec3i min_, Vec3i max_) : min(min_), max(max_) {}
  static constexpr Box3 of_size(Vec3i size) { return {{}, size}; }

  constexpr Vec3i size() const { return max - min; }
  constexpr bool empty() const { return max.x <= min.x || max.y <= min.y || max.z <= min.z; }
  constexpr std::int64_t voxels() const { return empty() ? 0 : size().product(); }
  constexpr bool contains(const Vec3i& p) const {
    return p.x >= min.x && p.y >= min.y && p.z >= min.z && p.x < max.x && p.y < max.y && p.z < max.z;
  }
  constexpr bool contains(const Box3& b) const {
    return b.empty() || (contains(b.min) && contains(b.max - Vec3i(1)));
  }
  /// This box grown by `margin` on every side.
  constexpr Box3 grown(const Vec3i& margin) const { return {min - margin, max + margin}; }
  constexpr Box3 shifted(const Vec3i& by) const { return {min + by, max + by}; }
  friend constexpr bool operator==(const Box3&, const Box3&) = default;
  friend std::ostream& operator<<(std::ostream& os, const Box3& b) { return os << '[' << b.min << ' ' << b.max << ')'; }
};

constexpr Box3 intersect(const Box3& a, const Box3& b) {
  Box3 r{syconn::max(a.min, b.min), syconn::min(a.max, b.max)};
  return r.empty() ? Box3{r.min, r.min} : r;
}
/// Smallest box holding both; an empty box counts as nothing.
constexpr Box3 unite(const Box3& a, const Box3& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {syconn::min(a.min, b.min), syconn::max(a.max, b.max)};
}

}  // namespace syconn
