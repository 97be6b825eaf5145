// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// Voxels that a supervoxel (0: background) and an organelle have in common.
struct Overlap {
  Id organelle = 0, sv = 0;
  std::uint64_t voxels = 0;

  friend bool operator==(const Overlap&, const Overlap&) = default;
};

/// All overlaps of two label volumes of the same box, ascending by (organelle, sv). One pass over the x-runs of the
/// organelles and of what lies below them; rows without organelle cost a comparison a voxel.
std::vector<Overlap> count_overlaps(VolumeView<const Id> sv, VolumeView<const Id> organelles);

}  // namespace syconn
