// SPDX-License-Identifier: GPL-3.0-or-later
// Telling the formats of volumes apart, and the levels of those that come in several resolutions.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "syconn/io/volume_reader.h"

namespace syconn {

enum class VolumeFormat { hdf5, derived, precomputed, zarr, knossos };

/// What `format` says; if it is auto, what lies at `path`. Throws Error{input}: a folder of no known format or of one
/// that is not read (said which); Error{config} for an unknown name.
VolumeFormat volume_format(const fs::path& path, const std::string& format);

/// One resolution of a volume.
struct ScaleName {
  std::string name;
  std::optional<Vec3d> voxel_size_nm;
};
/// The index of the resolution called `wanted`, or, where that is empty, of number `level`. Throws Error{input} that
/// lists what there is; Error{config} if both are given.
std::size_t find_level(const std::vector<ScaleName>& scales, const std::string& wanted, int level);

}  // namespace syconn
