// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/vec3.h"

namespace syconn {

/// One layer of a KNOSSOS dataset.
struct KnossosLayer {
  std::string name;                     ///< how `dataset` calls it
  std::string prefix;                   ///< of cube files, before _mag
  std::vector<std::string> extensions;  ///< of cube files, with dot
  Vec3i extent;                         ///< voxels of mag 1
  Vec3i cube{128, 128, 128};
  std::vector<Vec3d> voxel_size_nm;  ///< by level; of further ones each twice the last
  bool ordinal_mags = false;         ///< mag folders are numbered 1, 2, 3, not 1, 2, 4

  Vec3d voxel_size_of(int level) const;
  /// Voxels of that level.
  Vec3i extent_of(int level) const;
};

struct KnossosDescription {
  fs::path root;  ///< holds the mag folders
  std::vector<KnossosLayer> layers;
};

/// Reads knossos.conf (layers `raw` and `seg`) or a .k.toml; throws Error{input}.
KnossosDescription read_knossos_description(const fs::path& file);
/// knossos.conf, any other .conf, or .k.toml by name.
bool is_knossos_description(const fs::path& path);
/// The description of a KNOSSOS dataset in `folder` or in its mag1; empty if there is none.
fs::path find_knossos_description(const fs::path& folder);
/// The number of a folder called mag<number>, else nothing.
std::optional<int> mag_number(const std::string& name);

}  // namespace syconn
