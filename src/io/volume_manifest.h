// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "syconn/io/volume_reader.h"

namespace syconn {

inline constexpr const char* kVolumeFormat = "syconn.volume";
inline constexpr int kVolumeVersion = 1;

/// volumes/<name>.json, see docs/formats_volumes.md.
struct VolumeManifest {
  struct File {
    std::string file;  ///< relative to the manifest's folder
    Box3 box;
    std::uint64_t bytes = 0;
    std::uint32_t crc32c = 0;
  };
  std::string name;
  DType dtype = DType::u8;
  Box3 box;
  Vec3d voxel_size_nm;
  std::string units, description, provenance;
  std::vector<File> files;  ///< in raster order of their first voxel

  std::string text() const;
  /// Throws Error{input} naming `origin` and the field.
  static VolumeManifest parse(const std::string& text, const std::string& origin);
};

/// Inverse of hex8; throws Error{input}.
std::uint32_t parse_hex8(const std::string& text);

/// Opens a manifest; `dataset` is empty or the volume's name.
std::unique_ptr<VolumeReader> open_derived_volume(const fs::path& path, const std::string& dataset,
                                                  const VolumeOptions& options);

}  // namespace syconn
