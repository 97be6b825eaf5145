// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/algo/phantom/render.h"

namespace syconn::phantom {

/// Half width of the truncated Gaussian, voxels: 3 sigma along each axis.
Vec3i blur_reach(double sigma_nm, const Vec3d& voxel_nm);

/// Turns a crisp mask (0/1 over `mask.box()`, which holds `out`'s box grown by blur_reach) into a probability map:
/// false blobs, blur, additive noise. `channel` keeps the maps' random numbers apart.
void make_map(const PhantomParams& params, int channel, Volume<std::uint8_t>& mask, VolumeView<std::uint8_t> out,
              int threads);

/// Background where a voxel of another label lies within `radius` steps (6-neighbourhood, inside `dataset`), but never
/// a voxel marked in `core`. `labels` covers `out`'s box grown by `radius`.
void erode_labels(VolumeView<const std::uint64_t> labels, VolumeView<const std::uint8_t> core, int radius,
                  const Box3& dataset, VolumeView<std::uint64_t> out);

}  // namespace syconn::phantom
