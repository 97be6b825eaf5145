// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/volume_view.h"

/// Coarser voxels: one stands for mag.x x mag.y x mag.z of the dataset's, counted from voxel 0, or for those of them
/// that there are.
namespace syconn {

/// The coarse voxels whose first fine voxel lies in `box`.
inline Box3 coarser_box(const Box3& box, const Vec3i& mag) {
  return {(box.min + mag - Vec3i(1)) / mag, (box.max + mag - Vec3i(1)) / mag};
}
/// Rounded means of `fine` into the voxels of `out`; 0 where none lies.
void coarser_grey(const Volume<std::uint8_t>& fine, const Vec3i& mag, Volume<std::uint8_t>& out);
/// Most frequent classes of `fine`, the smaller one of two as frequent; 0 where none lies.
void coarser_labels(const Volume<std::uint8_t>& fine, const Vec3i& mag, Volume<std::uint8_t>& out);

}  // namespace syconn
