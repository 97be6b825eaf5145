// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/box3.h"

namespace syconn::test {

/// Calls fn for every voxel of `box` in raster order.
template <class Fn>
void for_each_voxel(const Box3& box, const Fn& fn) {
  Vec3i p;
  for (p.z = box.min.z; p.z < box.max.z; ++p.z)
    for (p.y = box.min.y; p.y < box.max.y; ++p.y)
      for (p.x = box.min.x; p.x < box.max.x; ++p.x) fn(p);
}

}  // namespace syconn::test
