// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "syconn/algo/label_votes.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// What surrounds one synapse of a cell, on the grid of its skeleton: grid voxel g is at origin_nm + g·voxel_nm.
struct SpineHeadScene {
  VolumeView<const std::uint8_t> cell;  ///< the cell's voxels (non-zero) in spine_head_box()
  Box3 world;                           ///< the dataset on this grid; outside is background
  Vec3d voxel_nm, origin_nm;
  std::span<const Vec3f> vertices_nm;   ///< of the cell's mesh; those outside the view do not count
  std::span<const std::int32_t> codes;  ///< Compartment, one a vertex; unknown ones do not count
  Vec3d synapse_nm;
};

/// ±(200,200,100) voxels around a synapse on the grid (2,2,1).
inline constexpr Vec3i kSpineHeadReach_vx{100, 100, 100};
/// The box around a synapse, in grid voxels: clipped at the world, not shifted.
Box3 spine_head_box(const Vec3d& synapse_nm, const Vec3d& voxel_nm, const Vec3d& origin_nm, const Box3& world,
                    const Vec3i& reach_vx = kSpineHeadReach_vx);

/// Volume of the spine head that bears the synapse, or nothing where no head is found. Cavities of the cell are filled;
/// every local maximum (26 neighbours, ties included) of the distance to the cell's surface, in grid voxels, takes the
/// majority of the 50 nearest vertices and seeds a watershed of the distances; heads are the 6-connected parts of the
/// label kSpineHead. Of several the one with most voxels within 10 grid voxels of the synapse (tie: the first in raster
/// order), else the one whose voxel is nearest to it in nm. About 40 bytes a voxel of the view.
std::optional<double> spine_head_volume_um3(const SpineHeadScene& scene);

}  // namespace syconn
