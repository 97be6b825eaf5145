// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_formats.h"

#include <sstream>

#include "knossos_description.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::pair<const char*, VolumeFormat> kNames[] = {{"hdf5", VolumeFormat::hdf5},
                                                           {"precomputed", VolumeFormat::precomputed},
                                                           {"zarr", VolumeFormat::zarr},
                                                           {"knossos", VolumeFormat::knossos}};

bool holds(const fs::path& folder, const char* file) {
  std::error_code ignored;
  return fs::is_regular_file(folder / file, ignored);
}

VolumeFormat format_of_folder(const fs::path& folder) {
  if (holds(folder, "info")) return VolumeFormat::precomputed;
  for (const char* file : {".zarray", ".zattrs", ".zgroup"})
    if (holds(folder, file)) return VolumeFormat::zarr;
  if (!find_knossos_description(folder).empty()) return VolumeFormat::knossos;
  const std::string known = "; syconn reads HDF5, precomputed, Zarr of version 2 (OME-Zarr 0.4) and KNOSSOS cubes";
  if (holds(folder, "zarr.json"))
    throw Error(Category::input, "'" + folder.string() + "' is a Zarr of version 3" + known);
  if (holds(folder, "attributes.json"))
    throw Error(Category::input, "'" + folder.string() + "' is an N5 container" + known);
  throw Error(Category::input, "'" + folder.string() +
                                   "' is not a file, and as a folder of no known format: neither info (precomputed), "
                                   ".zarray, .zattrs (Zarr), knossos.conf nor *.k.toml (KNOSSOS) is in it");
}

}  // namespace

VolumeFormat volume_format(const fs::path& path, const std::string& format) {
  if (format != "auto") {
    std::string known;
    for (const auto& [name, value] : kNames) {
      if (format == name) return value;
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    throw Error(Category::config, "unknown format '" + format + "'; known: auto, " + known);
  }
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return format_of_folder(path);
  if (path.extension() == ".json") return VolumeFormat::derived;
  if (path.filename() == "info") return VolumeFormat::precomputed;
  if (is_knossos_description(path)) return VolumeFormat::knossos;
  return VolumeFormat::hdf5;
}

std::size_t find_level(const std::vector<ScaleName>& scales, const std::string& wanted, int level) {
  if (!wanted.empty() && level != 0)
    throw Error(Category::config, "both a resolution's name ('" + wanted + "') and level " + std::to_string(level) +
                                      " are given; give one");
  for (std::size_t i = 0; i < scales.size(); ++i)
    if (!wanted.empty() && scales[i].name == wanted) return i;
  if (wanted.empty() && level >= 0 && static_cast<std::size_t>(level) < scales.size())
    return static_cast<std::size_t>(level);
  std::ostringstream text;
  text << "there is no " << (wanted.empty() ? "level " + std::to_string(level) : "resolution '" + wanted + "'")
       << "; there are:";
  for (std::size_t i = 0; i < scales.size() && i < 20; ++i) {
    text << (i == 0 ? " " : ", ") << i << " ('" << scales[i].name << "'";
    if (scales[i].voxel_size_nm) text << ", voxels of " << *scales[i].voxel_size_nm << " nm";
    text << ')';
  }
  if (scales.empty()) text << " none";
  throw Error(Category::input, text.str());
}

}  // namespace syconn
