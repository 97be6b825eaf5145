// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <optional>

#include "syconn/core/json.h"
#include "syconn/io/volume_reader.h"

namespace syconn {

/// A Zarr of version 2: an array, or a group with the multiscales of OME-Zarr 0.4, of which options.level is taken.
/// `dataset` is an array's or a group's path in the folder. Throws Error{input}.
std::unique_ptr<VolumeReader> open_zarr_volume(const fs::path& path, const std::string& dataset,
                                               const VolumeOptions& options);

/// What `.zarray` says.
struct ZarrArray {
  enum class Packing { none, gzip, zlib, zstd, blosc };
  std::vector<std::int64_t> shape, chunks;
  DType dtype = DType::u8;
  bool big_endian = false, fortran = false;
  char separator = '.';
  Packing packing = Packing::none;
  std::vector<char> fill;  ///< one element, little-endian

  static ZarrArray parse(const Json& json);
};

/// Where an array lies in the world, as far as `.zattrs` tells.
struct ZarrFrame {
  std::vector<std::string> axes;  ///< names by dimension; empty: z,y,x behind dimensions of length 1
  std::optional<Vec3d> voxel_size_nm;
  Vec3i offset_vx;
  std::string problem;  ///< why it has no place on the grid of voxels; empty: it has
};

/// One resolution of an OME-Zarr image.
struct OmeLevel {
  std::string path;  ///< of the array, in the group
  ZarrFrame frame;
};
inline constexpr const char* kOmeVersion = "0.4";
std::string ome_version(const Json& attributes);
/// All of them, finest first; throws Error{input} for other versions than 0.4 and axes that are no volume's.
std::vector<OmeLevel> ome_levels(const Json& attributes);

}  // namespace syconn
