// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>

#include "syconn/core/vec3.h"

namespace syconn::detail {

inline float squared_distance_to_segment(const Vec3f& ap, const Vec3f& ab) {
  const float len = ab.dot(ab), t = len > 0 ? std::clamp(ap.dot(ab) / len, 0.0F, 1.0F) : 0.0F;
  const Vec3f d = ap - ab * t;
  return d.dot(d);
}

/// Squared distance of p to the triangle abc: the plane's where p's foot lies inside, else the nearest edge's.
inline float squared_distance(const Vec3f& p, const Vec3f& a, const Vec3f& b, const Vec3f& c) {
  const Vec3f ab = b - a, ac = c - a, ap = p - a, n = cross(ab, ac);
  const float nn = n.dot(n);
  if (nn > 0) {
    // barycentric coordinates of the foot, times nn
    const float v = cross(ap, ac).dot(n), w = cross(ab, ap).dot(n);
    if (v >= 0 && w >= 0 && v + w <= nn) {
      const float h = ap.dot(n);
      return h * h / nn;
    }
  }
  return std::min({squared_distance_to_segment(ap, ab), squared_distance_to_segment(ap, ac),
                   squared_distance_to_segment(p - b, c - b)});
}

}  // namespace syconn::detail
