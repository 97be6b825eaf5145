// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/volume_writer.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "h5.h"
#include "syconn/core/crc32c.h"
#include "volume_hdf5.h"
#include "volume_manifest.h"
#include "volume_parts.h"
#include "zstd_filter.h"

namespace syconn {
namespace {

constexpr std::int64_t kBlock = 64;

std::vector<hsize_t> zyx(const Vec3i& v) {
  return {static_cast<hsize_t>(v.z), static_cast<hsize_t>(v.y), static_cast<hsize_t>(v.x)};
}

void check_name(const std::string& name) {
  const auto good = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), good))
    throw Error(Category::config, "volume name '" + name + "' must be made of letters, digits, '_' and '-'");
}

void write_meta(const h5::Object& dataset, const Vec3i& offset_vx, const VolumeMeta& meta) {
  dataset.write_attribute("format", kVolumeFormat);
  dataset.write_attribute("version", std::int64_t{kVolumeVersion});
  dataset.write_attribute("description", meta.description);
  dataset.write_attribute("voxel_size_nm", std::span<const double>(meta.voxel_size_nm.array()));
  dataset.write_attribute("offset_vx", std::span<const std::int64_t>(offset_vx.array()));
  dataset.write_attribute("units", meta.units);
  dataset.write_attribute("provenance", meta.provenance.empty() ? "{}" : meta.provenance);
}

template <class T>
std::uint32_t content_crc32c(const VolumeView<const T>& voxels) {
  std::uint32_t crc = 0;
  for (std::int64_t z = 0; z < voxels.size.z; ++z)
    for (std::int64_t y = 0; y < voxels.size.y; ++y)
      crc = crc32c(voxels.row(y, z), static_cast<std::size_t>(voxels.size.x) * sizeof(T), crc);
  return crc;
}

/// Copies the block at local `start` into `block` (of shape `edge`), zeros beyond the volume.
template <class T>
void copy_block(const VolumeView<const T>& voxels, const Vec3i& start, const Vec3i& edge, std::vector<T>& block) {
  block.assign(static_cast<std::size_t>(edge.product()), T{});
  const Vec3i n = min(edge, voxels.size - start);
  for (std::int64_t z = 0; z < n.z; ++z)
    for (std::int64_t y = 0; y < n.y; ++y)
      std::memcpy(block.data() + edge.x * (y + edge.y * z), voxels.row(start.y + y, start.z + z) + start.x,
                  static_cast<std::size_t>(n.x) * sizeof(T));
}

template <class T>
void write_blocks(const h5::Dataset& dataset, const VolumeView<const T>& voxels, const Vec3i& edge, int level) {
  std::vector<T> block;
  std::vector<char> frame;
  Vec3i at;
  for (at.z = 0; at.z < voxels.size.z; at.z += edge.z)
    for (at.y = 0; at.y < voxels.size.y; at.y += edge.y)
      for (at.x = 0; at.x < voxels.size.x; at.x += edge.x) {
        copy_block(voxels, at, edge, block);
        zstd_encode(block.data(), block.size() * sizeof(T), level, frame);
        dataset.write_chunk(zyx(at), frame.data(), frame.size());
      }
}

template <class T>
void write_chunk_file(const fs::path& path, const std::string& name, const VolumeView<const T>& voxels,
                      const VolumeMeta& meta) {
  check_name(name);
  if (voxels.box().empty()) throw Error(Category::config, "volume '" + name + "': a chunk without voxels");
  const Vec3i edge = min(Vec3i(kBlock), voxels.size);
  h5::File file = h5::File::create(path);
  {
    const int level = std::clamp(meta.compression_level, 1, 19);
    const h5::Dataset dataset =
        h5::Dataset::create(file, name, dtype_of<T>(), zyx(voxels.size), {.chunk = zyx(edge), .zstd_level = level});
    write_meta(dataset, voxels.origin, meta);
    dataset.write_attribute("crc32c", hex8(content_crc32c(voxels)));
    write_blocks(dataset, voxels, edge, level);
  }
  file.close();
}

struct ChunkFile {
  DType dtype = DType::u8;
  VolumeManifest::File entry;
};

/// What the manifest needs to know of a chunk file, from the file itself.
ChunkFile inspect(const fs::path& folder, const std::string& name, const VolumePart& part) {
  const fs::path path = folder / part.file;
  const h5::File file = h5::File::open(path);
  const h5::Dataset dataset = h5::Dataset::open(file, name);
  VolumeInfo info;
  bool big_endian = false;
  read_volume_attributes(dataset, info);
  if (volume_size(dataset) != part.box.size() || info.offset_vx != part.box.min)
    throw Error(Category::input, "'" + path.string() + "' holds another box than the list of chunks says");
  const std::string crc = dataset.string_attribute("crc32c");
  return {volume_dtype(dataset, big_endian),
          {part.file.generic_string(), part.box, fs::file_size(path), parse_hex8(crc)}};
}

void check_parts(const std::string& name, const VolumeManifest& manifest) {
  std::vector<Box3> boxes;
  for (const VolumeManifest::File& file : manifest.files) boxes.push_back(file.box);
  const VolumeTiling tiling = check_volume_tiling(boxes, manifest.box);
  if (!tiling.wrong.empty()) throw Error(Category::input, "volume '" + name + "': " + shortened_list(tiling.wrong));
  if (tiling.uncovered_vx != 0)
    throw Error(Category::input, "volume '" + name + "': its chunks leave " + std::to_string(tiling.uncovered_vx) +
                                     " of " + std::to_string(manifest.box.voxels()) + " voxels open");
}

void map_file(hid_t properties, hid_t space, const VolumeManifest& manifest, const VolumeManifest::File& file) {
  const std::vector<hsize_t> start = zyx(file.box.min - manifest.box.min), count = zyx(file.box.size());
  const h5::Handle source(H5Screate_simple(3, count.data(), nullptr));
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
      H5Pset_virtual(properties, space, file.file.c_str(), ("/" + manifest.name).c_str(), source.id()) < 0)
    h5::fail(Category::runtime, "cannot map", file.file);
}

}  // namespace

fs::path volume_chunk_file(const std::string& name, const Box3& box) {
  return fs::path(name) /
         (std::to_string(box.min.x) + "_" + std::to_string(box.min.y) + "_" + std::to_string(box.min.z) + ".h5");
}

void write_volume_chunk(const fs::path& path, const std::string& name, VolumeView<const std::uint8_t> voxels,
                        const VolumeMeta& meta) {
  write_chunk_file(path, name, voxels, meta);
}
void write_volume_chunk(const fs::path& path, const std::string& name, VolumeView<const std::uint32_t> voxels,
                        const VolumeMeta& meta) {
  write_chunk_file(path, name, voxels, meta);
}
void write_volume_chunk(const fs::path& path, const std::string& name, VolumeView<const Id> voxels,
                        const VolumeMeta& meta) {
  write_chunk_file(path, name, voxels, meta);
}
void write_volume_chunk(const fs::path& path, const std::string& name, VolumeView<const float> voxels,
                        const VolumeMeta& meta) {
  write_chunk_file(path, name, voxels, meta);
}

std::string volume_manifest(const fs::path& folder, const std::string& name, const std::vector<VolumePart>& parts,
                            const VolumeMeta& meta) {
  check_name(name);
  if (parts.empty()) throw Error(Category::input, "volume '" + name + "' has no chunks");
  VolumeManifest manifest;
  manifest.name = name;
  manifest.voxel_size_nm = meta.voxel_size_nm;
  manifest.units = meta.units;
  manifest.description = meta.description;
  manifest.provenance = meta.provenance;
  std::optional<DType> dtype;
  for (const VolumePart& part : parts) {
    ChunkFile file = inspect(folder, name, part);
    if (dtype.value_or(file.dtype) != file.dtype)
      throw Error(Category::input, "volume '" + name + "': '" + file.entry.file + "' holds " + dtype_name(file.dtype) +
                                       ", other chunks " + dtype_name(*dtype));
    dtype = file.dtype;
    manifest.box = unite(manifest.box, part.box);
    manifest.files.push_back(std::move(file.entry));
  }
  manifest.dtype = *dtype;
  check_parts(name, manifest);
  std::sort(manifest.files.begin(), manifest.files.end(),
            [](const auto& a, const auto& b) { return raster_less(a.box.min, b.box.min); });
  return manifest.text();
}

void write_virtual_volume(const fs::path& path, const std::string& text) {
  const VolumeManifest manifest = VolumeManifest::parse(text, path.string());
  if (manifest.files.size() > kMaxVirtualFiles)
    throw Error(Category::runtime, "volume '" + manifest.name + "' has too many files for a virtual dataset");
  h5::File file = h5::File::create(path);
  {
    const std::vector<hsize_t> shape = zyx(manifest.box.size());
    const h5::Handle space(H5Screate_simple(3, shape.data(), nullptr)), properties(H5Pcreate(H5P_DATASET_CREATE));
    if (H5Pset_obj_track_times(properties.id(), false) < 0)
      h5::fail(Category::runtime, "cannot set dataset properties", path.string());
    for (const VolumeManifest::File& part : manifest.files) map_file(properties.id(), space.id(), manifest, part);
    H5Sselect_all(space.id());
    h5::Handle created(H5Dcreate2(file.file_id(), manifest.name.c_str(), h5::file_type(manifest.dtype), space.id(),
                                  H5P_DEFAULT, properties.id(), H5P_DEFAULT));
    if (!created) h5::fail(Category::runtime, "cannot create the virtual dataset in", path.string());
    const h5::Dataset dataset = h5::Dataset::adopt(file, manifest.name, std::move(created));
    VolumeMeta meta;
    meta.voxel_size_nm = manifest.voxel_size_nm;
    meta.units = manifest.units;
    meta.description = manifest.description;
    meta.provenance = manifest.provenance;
    write_meta(dataset, manifest.box.min, meta);
  }
  file.close();
}

void finish_volume(const fs::path& folder, const std::string& name, const std::vector<VolumePart>& parts,
                   const VolumeMeta& meta) {
  const std::string manifest = volume_manifest(folder, name, parts, meta);
  const fs::path combined = folder / (name + ".h5");
  std::error_code error;
  if (parts.size() <= kMaxVirtualFiles) {
    const fs::path temporary = temporary_name(combined);
    try {
      write_virtual_volume(temporary, manifest);
      commit_file(temporary, combined);
    } catch (...) {
      fs::remove(temporary, error);
      throw;
    }
  } else {
    fs::remove(combined, error);
  }
  write_file_atomically(folder / (name + ".json"), manifest);
}

}  // namespace syconn
