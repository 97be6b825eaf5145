// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "support/voxels.h"
#include "syconn/core/volume_view.h"

namespace syconn::test {

/// Map of a lattice of balls, one every `pitch` voxels of 10 x 10 x 25 nm, 255 inside. Apart from each other: no border
/// between touching organelles, which chunks may move.
inline Volume<std::uint8_t> balls(const Box3& box, const Vec3i& pitch, const Vec3i& first, double radius_nm) {
  Volume<std::uint8_t> map(box);
  for_each_voxel(box, [&](const Vec3i& v) {
    Vec3d d;
    for (int a = 0; a < 3; ++a) {
      const std::int64_t from = v[a] - first[a], cell = (from + pitch[a] / 2) / pitch[a];
      d[a] = static_cast<double>(from - cell * pitch[a]) * Vec3d(10, 10, 25)[a];
    }
    if (d.dot(d) < radius_nm * radius_nm) map.at(v) = 255;
  });
  return map;
}

}  // namespace syconn::test
