// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

/// Coarser voxels of image pyramids: one stands for `factor` (1 or 2 an axis) finer ones, counted from voxel 0, or for
/// those of them that `fine` has. `out` says by its origin and size which coarse voxels are wanted; each needs at least
/// one fine voxel in `fine`.
namespace syconn {

/// The most frequent label; of equally frequent ones the smallest, background last.
void halve_labels(const VolumeView<const Id>& fine, const Vec3i& factor, const VolumeView<Id>& out);
/// The mean, halves rounded up.
void halve_grey(const VolumeView<const std::uint8_t>& fine, const Vec3i& factor, const VolumeView<std::uint8_t>& out);

}  // namespace syconn
