// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// Derived volumes: `volumes/<name>/x_y_z.h5`, one file a chunk (or a block of chunks), each with the dataset `/<name>`
/// in z,y,x; `volumes/<name>.json` lists them; `volumes/<name>.h5` shows up to 512 of them as one virtual dataset.
/// Layout: docs/formats_volumes.md.
struct VolumeMeta {
  Vec3d voxel_size_nm{1, 1, 1};
  std::string units;          ///< of a value, e.g. "id" or "probability / 255"
  std::string description;    ///< one line for people
  std::string provenance;     ///< JSON: tool version, stage, config hash, fingerprints, seed
  int compression_level = 3;  ///< zstd, 1..19
};

/// Largest number of files that volumes/<name>.h5 combines.
inline constexpr std::size_t kMaxVirtualFiles = 512;

/// "<name>/x_y_z.h5" with the chunk's first voxel in dataset coordinates, relative to the folder `volumes`.
fs::path volume_chunk_file(const std::string& name, const Box3& box);

/// Writes one chunk file at `path` (the caller's temporary; not renamed): 64³ blocks clipped to its size, one zstd
/// frame each, CRC32C of the content in an attribute. Same voxels and meta, same bytes. Throws Error{runtime};
/// Error{config} for an empty view or a name not made of letters, digits, '_' and '-'.
void write_volume_chunk(const fs::path& path, const std::string& name, VolumeView<const std::uint8_t> voxels,
                        const VolumeMeta& meta);
void write_volume_chunk(const fs::path& path, const std::string& name, VolumeView<const std::uint32_t> voxels,
                        const VolumeMeta& meta);
void write_volume_chunk(const fs::path& path, const std::string& name, VolumeView<const Id> voxels,
                        const VolumeMeta& meta);
void write_volume_chunk(const fs::path& path, const std::string& name, VolumeView<const float> voxels,
                        const VolumeMeta& meta);

struct VolumePart {
  Box3 box;       ///< dataset coordinates
  fs::path file;  ///< relative to the folder `volumes`
};

/// The manifest's text, made from the chunk files in `folder`, which must exist, bear `name`, agree in type and tile
/// their common box without gap or overlap (else Error{input} that lists what is wrong). `parts` in any order.
std::string volume_manifest(const fs::path& folder, const std::string& name, const std::vector<VolumePart>& parts,
                            const VolumeMeta& meta);
/// Writes the virtual dataset for a manifest (at most kMaxVirtualFiles files) at `path`, which must lie, or be renamed
/// to lie, in the folder the manifest's file names start from.
void write_virtual_volume(const fs::path& path, const std::string& manifest);

/// Both of the above, committed as folder/<name>.h5 (where it has at most kMaxVirtualFiles files; else a stale one is
/// removed) and then folder/<name>.json.
void finish_volume(const fs::path& folder, const std::string& name, const std::vector<VolumePart>& parts,
                   const VolumeMeta& meta);

}  // namespace syconn
