// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// In what squared distances are counted: integers, so that equal distances are equal and no order of sums shows.
struct EdtScale {
  Vec3i units;            ///< edge lengths of a voxel
  std::uint64_t cap = 0;  ///< squared distances end here
  double nm_per_unit = 1;

  /// Distances beyond `max_radius_nm` count as that. Units are distance_units(). Throws Error{config} unless the radius
  /// is positive and at most 1 mm.
  static EdtScale of(const Vec3d& voxel_size_nm, double max_radius_nm);
  /// Voxels along x,y,z beyond which nothing can change a value: the halo that makes a chunk exact.
  Vec3i reach_vx() const;
};

/// Squared Euclidean distance, centre to centre and capped, from each voxel of the mask (non-zero) to the nearest voxel
/// that is not of it; 0 on the latter. Faces of the view on the border of `world` have background beyond them; what
/// lies beyond the others is unknown and does not count. So a view that reaches scale.reach_vx() beyond a box, or to
/// the world's border, has the values of the whole world in that box. `out` has the view's size. Separable: ramps along
/// x, then for each y and z the minimum over a window that grows until it cannot win (32 columns at a time). Time:
/// voxels times the radius of what is in them.
void squared_edt(VolumeView<const std::uint8_t> mask, const Box3& world, const EdtScale& scale,
                 VolumeView<std::uint32_t> out);
/// The same of labels: distance to the nearest voxel of another label; background (0) has distance 0.
void squared_edt(VolumeView<const std::uint32_t> labels, const Box3& world, const EdtScale& scale,
                 VolumeView<std::uint32_t> out);
/// For scales whose cap needs more than 31 bits (has_wide_cap); any scale is possible.
void squared_edt(VolumeView<const std::uint8_t> mask, const Box3& world, const EdtScale& scale,
                 VolumeView<std::uint64_t> out);
void squared_edt(VolumeView<const std::uint32_t> labels, const Box3& world, const EdtScale& scale,
                 VolumeView<std::uint64_t> out);
/// True where the 32-bit forms do not suffice; they throw Error{config} then.
bool has_wide_cap(const EdtScale& scale);

}  // namespace syconn
