// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_precomputed.h"

#include <cstring>
#include <optional>

#include "compressed_segmentation.h"
#include "metadata.h"
#include "morton.h"
#include "packing.h"
#include "precomputed_shard.h"
#include "volume_chunks.h"
#include "volume_formats.h"

namespace syconn {
namespace {

constexpr std::int64_t kMaxEdge = 1 << 20;  ///< of chunks and blocks
constexpr std::int64_t kMaxBlockVoxels = 1 << 24;

/// What `info` says of one scale.
struct Scale {
  fs::path key;
  Box3 box;
  Vec3i chunk;
  Vec3d resolution;
  std::optional<Vec3i> block;  ///< of compressed_segmentation; none: raw
  std::optional<ShardSpec> sharding;
};

Scale scale_of(const Json& json, DType dtype) {
  Scale scale;
  scale.key = inner_path(json.at("key").get<std::string>(), "key");
  const Vec3i size = whole_triple(json.at("size"), "size", 1, kMaxCoordinate);
  const Vec3i offset = json.contains("voxel_offset")
                           ? whole_triple(json["voxel_offset"], "voxel_offset", -kMaxCoordinate, kMaxCoordinate)
                           : Vec3i();
  scale.box = {offset, offset + size};
  scale.chunk = whole_triple(json.at("chunk_sizes").at(0), "chunk_sizes", 1, kMaxEdge);
  scale.resolution = positive_triple(json.at("resolution"), "resolution");
  const std::string encoding = json.at("encoding").get<std::string>();
  if (encoding == "compressed_segmentation") {
    if (dtype != DType::u32 && dtype != DType::u64)
      throw Error(Category::input,
                  std::string("compressed_segmentation holds uint32 or uint64, not ") + dtype_name(dtype));
    scale.block =
        whole_triple(json.at("compressed_segmentation_block_size"), "compressed_segmentation_block_size", 1, kMaxEdge);
    if (scale.block->x * scale.block->y > kMaxBlockVoxels || scale.block->product() > kMaxBlockVoxels)
      throw Error(Category::input, "'compressed_segmentation_block_size' is impossible");
  } else if (encoding != "raw") {
    throw Error(Category::input, "scale '" + scale.key.string() + "' is encoded as '" + encoding +
                                     "'; syconn reads raw and compressed_segmentation: rewrite it as one of them");
  }
  const auto sharding = json.find("sharding");
  if (sharding != json.end() && !sharding->is_null()) scale.sharding = ShardSpec::parse(*sharding);
  return scale;
}

class PrecomputedVolume final : public ChunkedVolume {
 public:
  PrecomputedVolume(const fs::path& folder, Scale scale, DType dtype, const VolumeOptions& options)
      : ChunkedVolume(options), scale_(std::move(scale)), folder_(folder / scale_.key) {
    info_.where = folder_.string();
    info_.name = scale_.key.string();
    info_.size = scale_.box.size();
    info_.offset_vx = scale_.box.min;
    info_.dtype = dtype;
    info_.voxel_size_nm = scale_.resolution;
    set_chunks(min(scale_.chunk, scale_.box.size()));
    if (scale_.block) max_bytes_ = max_compressed_segmentation_bytes(chunks().chunk, *scale_.block, fill_.size());
    if (!scale_.sharding) return;
    if (morton_bits(chunks().grid) > 64)
      throw Error(Category::input, "'" + info_.where + "' has too many chunks for a sharded volume");
    store_.emplace(folder_, *scale_.sharding, static_cast<std::uint64_t>(chunks().grid.product()));
  }

 private:
  std::uint64_t key_of(const Vec3i& position) const { return compressed_morton(position, chunks().grid); }
  std::uint64_t max_bytes() const { return std::max<std::uint64_t>(max_bytes_, max_stored_bytes()); }
  Vec3i shape(const Vec3i& position) const override { return chunks().box(position).size(); }

  fs::path file_of(const Vec3i& position) const override {
    if (store_) return store_->file_of(key_of(position));
    const Box3 box = chunks().box(position).shifted(info_.offset_vx);
    std::string name;
    for (int axis = 0; axis < 3; ++axis)
      name += (axis == 0 ? "" : "_") + std::to_string(box.min[axis]) + "-" + std::to_string(box.max[axis]);
    return folder_ / name;
  }

  static fs::path zipped(fs::path file) { return file += ".gz"; }

  bool read_stored(const Vec3i& position, BlockBuffer& stored) const override {
    const fs::path file = store_ ? fs::path() : file_of(position);
    if (!store_)
      return read_chunk_file(file, max_bytes(), stored) || read_chunk_file(zipped(file), max_bytes(), stored);
    const auto value = store_->find(key_of(position));
    if (!value) return false;
    if (value->bytes > max_bytes())
      throw Error(Category::input, "it has " + std::to_string(value->bytes) + " bytes; at most " +
                                       std::to_string(max_bytes()) + " are possible");
    stored.resize(value->bytes);
    value->file->read(value->begin, value->bytes, stored.data());
    return true;
  }

  std::optional<std::uint64_t> stored_size(const Vec3i& position) const override {
    if (store_) {
      const auto value = store_->find(key_of(position));
      return value ? std::optional(value->bytes) : std::nullopt;
    }
    const fs::path file = file_of(position);
    const auto bytes = chunk_file_size(file);
    return bytes ? bytes : chunk_file_size(zipped(file));
  }

  bool decode(const Vec3i& position, const BlockBuffer& stored, char* out) const override {
    const std::size_t bytes = static_cast<std::size_t>(shape(position).product()) * fill_.size();
    // gzip by the shard's word; by the stream's first bytes in a file of its own, where only the server would tell.
    const bool packed = store_
                            ? store_->spec().data_gzip
                            : looks_like_gzip(stored.data(), stored.size()) && (scale_.block || stored.size() != bytes);
    if (!packed) return decode_plain(position, stored.data(), stored.size(), bytes, out);
    if (!scale_.block) return gzip_decode(stored.data(), stored.size(), out, bytes);
    thread_local BlockBuffer plain;
    return gzip_decode(stored.data(), stored.size(), max_bytes(), plain) &&
           decode_plain(position, plain.data(), plain.size(), bytes, out);
  }

  bool decode_plain(const Vec3i& position, const char* in, std::size_t in_bytes, std::size_t bytes, char* out) const {
    const Vec3i n = shape(position);
    if (scale_.block && info_.dtype == DType::u32)
      return decompress_segmentation(in, in_bytes, n, *scale_.block, reinterpret_cast<std::uint32_t*>(out));
    if (scale_.block)
      return decompress_segmentation(in, in_bytes, n, *scale_.block, reinterpret_cast<std::uint64_t*>(out));
    if (in_bytes != bytes) return false;
    std::memcpy(out, in, bytes);
    return true;
  }

  Scale scale_;
  fs::path folder_;
  std::uint64_t max_bytes_ = 0;
  std::optional<ShardedStore> store_;
};

DType dtype_of_info(const Json& info) {
  if (info.value("@type", "neuroglancer_multiscale_volume") != "neuroglancer_multiscale_volume")
    throw Error(Category::input, "this is no volume, but '" + info["@type"].get<std::string>() + "'");
  if (whole_number(info.at("num_channels"), "num_channels", 1, 1 << 16) != 1)
    throw Error(Category::input, "the volume has several channels; only volumes with one can be read");
  return dtype_from_name(info.at("data_type").get<std::string>());
}

/// The wanted scale of those there are.
const Json& find_scale(const Json& info, const std::string& wanted, int level) {
  std::vector<ScaleName> names;
  std::vector<const Json*> scales;
  for (const Json& scale : info.at("scales")) {
    const std::string key = scale.at("key").get<std::string>();
    if (key == wanted) return scale;
    if (scale.value("hidden", false)) continue;
    names.push_back({key, positive_triple(scale.at("resolution"), "resolution")});
    scales.push_back(&scale);
  }
  return *scales[find_level(names, wanted, level)];
}

}  // namespace

std::unique_ptr<VolumeReader> open_precomputed_volume(const fs::path& path, const std::string& scale,
                                                      const VolumeOptions& options) {
  std::error_code ignored;
  const fs::path folder = fs::is_regular_file(path, ignored) ? path.parent_path() : path, file = folder / "info";
  const Json info = read_metadata(file);
  std::unique_ptr<VolumeReader> volume;
  in_metadata(file, [&] {
    const DType dtype = dtype_of_info(info);
    volume = std::make_unique<PrecomputedVolume>(folder, scale_of(find_scale(info, scale, options.level), dtype), dtype,
                                                 options);
  });
  return volume;
}

}  // namespace syconn
