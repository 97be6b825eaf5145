// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_knossos.h"

#include <png.h>

#include <algorithm>
#include <cstring>

#include "knossos_description.h"
#include "packing.h"
#include "volume_chunks.h"
#include "volume_formats.h"
#include "zip_archive.h"

namespace syconn {
namespace {

/// What a cube file's name must end with, besides the folders that lead to it.
constexpr std::pair<const char*, DType> kExtensions[] = {
    {".raw", DType::u8}, {".png", DType::u8}, {".seg.sz.zip", DType::u64}, {".seg.sz", DType::u64}};

std::string four_digits(char letter, std::int64_t number) {
  const std::string digits = std::to_string(number);
  return letter + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

bool decode_png(const char* in, std::size_t bytes, std::int64_t width, std::int64_t height, char* out) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, in, bytes) == 0) return false;
  constexpr png_uint_32 kNotGrey = PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA | PNG_FORMAT_FLAG_LINEAR;
  bool good = image.width == width && image.height == height && (image.format & kNotGrey) == 0;
  image.format = PNG_FORMAT_GRAY;
  good = good && png_image_finish_read(&image, nullptr, out, 0, nullptr) != 0;
  png_image_free(&image);
  return good;
}

/// A magnification of a layer, as its folder shows it.
struct Mag {
  std::string folder;  ///< mag1, mag2, …
  int number = 1, level = 0;
};

class KnossosVolume final : public ChunkedVolume {
 public:
  KnossosVolume(const fs::path& root, KnossosLayer layer, const Mag& mag, const VolumeOptions& options)
      : ChunkedVolume(options), layer_(std::move(layer)), mag_(mag), folder_(root / mag.folder) {
    info_.where = folder_.string();
    info_.name = layer_.name + "/" + mag.folder;
    info_.size = layer_.extent_of(mag.level);
    info_.voxel_size_nm = layer_.voxel_size_of(mag.level);
    info_.dtype = known_extensions();
    set_chunks(layer_.cube);
  }

 private:
  /// Drops extensions that cannot be read; their common element type.
  DType known_extensions() {
    std::vector<std::string> known;
    std::optional<DType> dtype;
    for (const std::string& extension : layer_.extensions)
      for (const auto& [name, type] : kExtensions)
        if (extension == name && (!dtype || *dtype == type)) known.push_back(extension), dtype = type;
    if (!dtype) {
      std::string given;
      for (const std::string& extension : layer_.extensions) given += " " + extension;
      throw Error(Category::input, "layer '" + layer_.name + "' has cubes of" + given +
                                       "; syconn reads .raw, .png, .seg.sz.zip and .seg.sz");
    }
    layer_.extensions = known;
    return *dtype;
  }

  fs::path file_of(const Vec3i& position) const override { return cube_file(position, layer_.extensions.front()); }
  fs::path cube_file(const Vec3i& position, const std::string& extension) const {
    const std::string x = four_digits('x', position.x), y = four_digits('y', position.y),
                      z = four_digits('z', position.z);
    return folder_ / x / y / z / (layer_.prefix + "_" + mag_.folder + "_" + x + "_" + y + "_" + z + extension);
  }

  bool read_stored(const Vec3i& position, BlockBuffer& stored) const override {
    return std::any_of(layer_.extensions.begin(), layer_.extensions.end(), [&](const std::string& extension) {
      return read_chunk_file(cube_file(position, extension), max_stored_bytes(), stored);
    });
  }

  std::optional<std::uint64_t> stored_size(const Vec3i& position) const override {
    for (const std::string& extension : layer_.extensions)
      if (const auto bytes = chunk_file_size(cube_file(position, extension))) return bytes;
    return std::nullopt;
  }

  bool decode(const Vec3i&, const BlockBuffer& stored, char* out) const override {
    const Vec3i& cube = chunks().chunk;
    if (info_.dtype == DType::u8) {
      if (stored.size() != chunk_bytes()) return decode_png(stored.data(), stored.size(), cube.x, cube.y * cube.z, out);
      std::memcpy(out, stored.data(), chunk_bytes());
      return true;
    }
    if (stored.size() < 2 || std::memcmp(stored.data(), "PK", 2) != 0)
      return snappy_decode(stored.data(), stored.size(), out, chunk_bytes());
    thread_local BlockBuffer packed;
    return unzip_only_entry(stored.data(), stored.size(), max_stored_bytes(), packed) &&
           snappy_decode(packed.data(), packed.size(), out, chunk_bytes());
  }

  KnossosLayer layer_;
  Mag mag_;
  fs::path folder_;
};

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    entries.push_back(it->path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<Mag> mags_in(const fs::path& root, const KnossosLayer& layer) {
  std::vector<Mag> mags;
  for (const fs::path& entry : sorted_entries(root)) {
    const std::string name = entry.filename().string();
    const auto number = mag_number(name);
    std::error_code ignored;
    if (!number || !fs::is_directory(entry, ignored)) continue;
    int level = *number - 1;
    if (!layer.ordinal_mags) {
      if ((*number & (*number - 1)) != 0) continue;
      level = 0;
      while (1 << level < *number) ++level;
    }
    if (level < 32) mags.push_back({name, *number, level});
  }
  std::sort(mags.begin(), mags.end(), [](const Mag& a, const Mag& b) { return a.number < b.number; });
  return mags;
}

/// Names of the files beside the first cube of a magnification that is there, without the end that tells the place.
std::vector<std::string> first_cubes(const fs::path& mag) {
  std::vector<std::string> names;
  for (const fs::path& x : sorted_entries(mag))
    for (const fs::path& y : sorted_entries(x))
      for (const fs::path& z : sorted_entries(y)) {
        const std::string place = "_" + mag.filename().string() + "_" + x.filename().string() + "_" +
                                  y.filename().string() + "_" + z.filename().string();
        for (const fs::path& file : sorted_entries(z)) {
          const std::string name = file.filename().string();
          const std::size_t at = name.find(place);
          if (at != std::string::npos) names.push_back(name.substr(0, at) + "/" + name.substr(at + place.size()));
        }
        if (!names.empty()) return names;
      }
  return names;
}

/// Whether one of the cubes (prefix/extension) is of the layer; where the layer's own prefix is not among them, theirs
/// is taken.
bool has_cubes(const std::vector<std::string>& cubes, KnossosLayer& layer) {
  std::vector<std::string> prefixes;
  for (const std::string& cube : cubes) {
    const std::size_t slash = cube.find('/');
    const std::string extension = cube.substr(slash + 1);
    if (std::find(layer.extensions.begin(), layer.extensions.end(), extension) != layer.extensions.end())
      prefixes.push_back(cube.substr(0, slash));
  }
  if (prefixes.empty()) return false;
  if (std::find(prefixes.begin(), prefixes.end(), layer.prefix) == prefixes.end()) layer.prefix = prefixes.front();
  return true;
}

KnossosLayer choose_layer(KnossosDescription description, const std::string& wanted, const fs::path& file) {
  std::string names;
  std::vector<KnossosLayer> found;
  for (KnossosLayer& layer : description.layers) {
    names += (names.empty() ? "" : ", ") + layer.name;
    const std::vector<Mag> mags = mags_in(description.root, layer);
    const bool there = !mags.empty() && has_cubes(first_cubes(description.root / mags.front().folder), layer);
    if (wanted == layer.name || (wanted.empty() && (there || description.layers.size() == 1))) found.push_back(layer);
  }
  if (found.size() == 1) return found.front();
  const std::string what = wanted.empty() ? "which layer? Name it as dataset" : "there is no layer '" + wanted + "'";
  throw Error(Category::input, "'" + file.string() + "': " + what + "; layers: " + names);
}

}  // namespace

std::unique_ptr<VolumeReader> open_knossos_volume(const fs::path& path, const std::string& dataset,
                                                  const VolumeOptions& options) {
  const fs::path file = fs::is_directory(path) ? find_knossos_description(path) : path;
  if (file.empty()) throw Error(Category::input, "'" + path.string() + "' holds neither knossos.conf nor *.k.toml");
  const std::size_t slash = dataset.rfind('/');
  std::string mag = dataset.substr(slash == std::string::npos ? 0 : slash + 1);
  std::string wanted = slash == std::string::npos ? "" : dataset.substr(0, slash);
  if (!mag_number(mag)) wanted = dataset, mag.clear();
  const KnossosDescription description = read_knossos_description(file);
  const KnossosLayer layer = choose_layer(description, wanted, file);
  const std::vector<Mag> mags = mags_in(description.root, layer);
  std::vector<ScaleName> names;
  for (const Mag& m : mags) names.push_back({m.folder, layer.voxel_size_of(m.level)});
  try {
    return std::make_unique<KnossosVolume>(description.root, layer, mags[find_level(names, mag, options.level)],
                                           options);
  } catch (const Error& error) {
    throw error.with_context("'" + file.string() + "'");
  }
}

}  // namespace syconn
