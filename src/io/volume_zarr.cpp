// SPDX-License-Identifier: GPL-3.0-or-later
#include "volume_zarr.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "chunk_codec.h"
#include "metadata.h"
#include "packing.h"
#include "volume_chunks.h"
#include "volume_formats.h"

namespace syconn {
namespace {

constexpr std::uint64_t kMaxStoredChunk = std::uint64_t{1} << 30;
constexpr std::size_t kMaxListed = 10;

/// Which dimension is x, y, z. The others must have length 1.
std::array<std::size_t, 3> spatial_dimensions(const ZarrArray& array, const std::vector<std::string>& axes) {
  const std::size_t rank = array.shape.size();
  std::array<std::size_t, 3> dimensions{rank - 1, rank - 2, rank - 3};
  if (!axes.empty() && axes.size() != rank)
    throw Error(Category::input, "the array has " + std::to_string(rank) + " dimensions, but " +
                                     std::to_string(axes.size()) + " axes are named");
  for (std::size_t i = 0; i < axes.size(); ++i)
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (axes[i] == std::string(1, "xyz"[axis])) dimensions[axis] = i;
  for (std::size_t i = 0; i < rank; ++i)
    if (std::find(dimensions.begin(), dimensions.end(), i) == dimensions.end() && array.shape[i] != 1)
      throw Error(Category::input, "dimension " + std::to_string(i) + " has length " + std::to_string(array.shape[i]) +
                                       "; beside z, y and x only such of length 1 can be read");
  return dimensions;
}

class ZarrVolume final : public ChunkedVolume {
 public:
  ZarrVolume(fs::path folder, const std::string& name, ZarrArray array, const ZarrFrame& frame,
             const VolumeOptions& options)
      : ChunkedVolume(options), folder_(std::move(folder)), array_(std::move(array)) {
    dimensions_ = spatial_dimensions(array_, frame.axes);
    Vec3i chunk;
    for (int axis = 0; axis < 3; ++axis) {
      info_.size[axis] = array_.shape[dimensions_[static_cast<std::size_t>(axis)]];
      chunk[axis] = array_.chunks[dimensions_[static_cast<std::size_t>(axis)]];
    }
    info_.where = folder_.string();
    info_.name = name;
    info_.dtype = array_.dtype;
    info_.offset_vx = frame.offset_vx;
    info_.voxel_size_nm = frame.voxel_size_nm;
    set_chunks(chunk);
    fill_ = array_.fill;
    measure();
  }

 private:
  /// Strides of a stored chunk, in elements.
  void measure() {
    const std::size_t rank = array_.shape.size();
    std::vector<std::int64_t> strides(rank);
    std::uint64_t bytes = dtype_bytes(array_.dtype);
    std::int64_t stride = 1;
    for (std::size_t k = 0; k < rank; ++k) {
      const std::size_t i = array_.fortran ? k : rank - 1 - k;
      strides[i] = stride;
      if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(array_.chunks[i]), &bytes) ||
          bytes > kMaxStoredChunk)
        throw Error(Category::input, "its chunks are larger than 1 GiB");
      stride *= array_.chunks[i];
    }
    stored_bytes_ = bytes;
    for (int axis = 0; axis < 3; ++axis) strides_[axis] = strides[dimensions_[static_cast<std::size_t>(axis)]];
    const Vec3i& chunk = chunks().chunk;
    direct_ = bytes == chunk_bytes() && strides_ == Vec3i(1, chunk.x, chunk.x * chunk.y);
  }

  fs::path file_of(const Vec3i& position) const override {
    std::string name;
    for (std::size_t i = 0; i < array_.shape.size(); ++i) {
      std::int64_t index = 0;
      for (int axis = 0; axis < 3; ++axis)
        if (dimensions_[static_cast<std::size_t>(axis)] == i) index = position[axis];
      name += (i == 0 ? "" : std::string(1, array_.separator)) + std::to_string(index);
    }
    return folder_ / name;
  }

  bool read_stored(const Vec3i& position, BlockBuffer& stored) const override {
    return read_chunk_file(file_of(position), max_stored_bytes() + 2 * stored_bytes_, stored);
  }
  std::optional<std::uint64_t> stored_size(const Vec3i& position) const override {
    return chunk_file_size(file_of(position));
  }

  bool unpack(const BlockBuffer& stored, char* out) const {
    switch (array_.packing) {
      case ZarrArray::Packing::gzip:
        return gzip_decode(stored.data(), stored.size(), out, stored_bytes_);
      case ZarrArray::Packing::zlib:
        return zlib_decode(stored.data(), stored.size(), out, stored_bytes_);
      case ZarrArray::Packing::zstd:
        return zstd_stream_decode(stored.data(), stored.size(), out, stored_bytes_);
      case ZarrArray::Packing::blosc:
        return blosc_decode(stored.data(), stored.size(), out, stored_bytes_);
      case ZarrArray::Packing::none:
        break;
    }
    if (stored.size() != stored_bytes_) return false;
    std::memcpy(out, stored.data(), stored_bytes_);
    return true;
  }

  bool decode(const Vec3i&, const BlockBuffer& stored, char* out) const override {
    if (direct_) {
      if (!unpack(stored, out)) return false;
    } else {
      thread_local BlockBuffer whole;
      whole.resize(stored_bytes_);
      if (!unpack(stored, whole.data())) return false;
      transpose(whole.data(), out);
    }
    if (array_.big_endian) swap_bytes(out, chunk_bytes(), fill_.size());
    return true;
  }

  void transpose(const char* in, char* out) const {
    const std::size_t element = fill_.size();
    const Vec3i& n = chunks().chunk;
    for (std::int64_t z = 0; z < n.z; ++z)
      for (std::int64_t y = 0; y < n.y; ++y) {
        const char* from = in + static_cast<std::size_t>(y * strides_.y + z * strides_.z) * element;
        for (std::int64_t x = 0; x < n.x; ++x, out += element)
          std::memcpy(out, from + static_cast<std::size_t>(x * strides_.x) * element, element);
      }
  }

  fs::path folder_;
  ZarrArray array_;
  std::array<std::size_t, 3> dimensions_{};  ///< of x, y, z
  Vec3i strides_;                            ///< of a stored chunk along x, y, z
  std::size_t stored_bytes_ = 0;             ///< of a decoded chunk with all its dimensions
  bool direct_ = false;                      ///< stored as it is handed out
};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Json attributes_of(const fs::path& node) {
  return is_file(node / ".zattrs") ? read_metadata(node / ".zattrs") : Json::object();
}

/// `array`'s entry among the resolutions of the image `group`, if it is one.
std::optional<ZarrFrame> frame_in(const fs::path& group, const std::string& array) {
  std::optional<ZarrFrame> frame;
  const Json attributes = attributes_of(group);
  if (!attributes.is_object() || !attributes.contains("multiscales")) return frame;
  in_metadata(group / ".zattrs", [&] {
    if (ome_version(attributes) != kOmeVersion) return;  // its array is one all the same
    for (const OmeLevel& level : ome_levels(attributes))
      if (level.path == array) frame = level.frame;
  });
  return frame;
}

/// What the array itself says, as in HDF5 files, holds before what its image says.
void read_own_frame(const Json& attributes, ZarrFrame& frame) {
  if (attributes.contains("voxel_size_nm"))
    frame.voxel_size_nm = positive_triple(attributes["voxel_size_nm"], "voxel_size_nm");
  if (attributes.contains("offset_vx")) {
    frame.offset_vx = whole_triple(attributes["offset_vx"], "offset_vx", -kMaxCoordinate, kMaxCoordinate);
    frame.problem.clear();
  }
  if (frame.axes.empty() && attributes.contains("_ARRAY_DIMENSIONS"))
    frame.axes = attributes["_ARRAY_DIMENSIONS"].get<std::vector<std::string>>();
  for (const char* axis : {"x", "y", "z"})
    if (std::find(frame.axes.begin(), frame.axes.end(), axis) == frame.axes.end()) frame.axes.clear();
}

std::unique_ptr<VolumeReader> open_array(const fs::path& node, const std::string& name, ZarrFrame frame,
                                         const VolumeOptions& options) {
  const Json json = read_metadata(node / ".zarray"), attributes = attributes_of(node);
  std::unique_ptr<VolumeReader> volume;
  if (attributes.is_object()) in_metadata(node / ".zattrs", [&] { read_own_frame(attributes, frame); });
  if (!frame.problem.empty())
    throw Error(Category::input, "'" + node.string() + "': " + frame.problem + ", so that it has no place among them");
  in_metadata(node / ".zarray",
              [&] { volume = std::make_unique<ZarrVolume>(node, name, ZarrArray::parse(json), frame, options); });
  return volume;
}

std::string arrays_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; it != end && !error; it.increment(error)) {
    if (it.depth() > 3) it.disable_recursion_pending();
    if (!is_file(it->path() / ".zarray")) continue;
    it.disable_recursion_pending();
    names.push_back(it->path().lexically_relative(folder).string());
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMaxListed; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.empty() ? "none" : names.size() > kMaxListed ? text + ", …" : text;
}

}  // namespace

std::unique_ptr<VolumeReader> open_zarr_volume(const fs::path& path, const std::string& dataset,
                                               const VolumeOptions& options) {
  const fs::path root = is_file(path) ? path.parent_path() : path;
  const std::string inside = dataset.substr(std::min(dataset.find_first_not_of('/'), dataset.size()));
  fs::path node = (inside.empty() ? root : root / inner_path(inside, "dataset")).lexically_normal();
  if (!node.has_filename()) node = node.parent_path();
  if (is_file(node / ".zarray")) {
    if (options.level != 0)
      throw Error(Category::config,
                  "'" + node.string() + "' is one array; a level is only known to the group around it");
    std::optional<ZarrFrame> frame = inside.empty() ? std::nullopt : frame_in(root, inside);
    if (!frame && node.has_parent_path()) frame = frame_in(node.parent_path(), node.filename().string());
    return open_array(node, inside, frame.value_or(ZarrFrame{}), options);
  }
  const Json attributes = attributes_of(node);
  if (!attributes.is_object() || !attributes.contains("multiscales"))
    throw Error(Category::input, "'" + node.string() +
                                     "' is neither a Zarr array nor an OME-Zarr image; name an array as " +
                                     "dataset. Arrays in '" + root.string() + "': " + arrays_in(root));
  OmeLevel level;
  in_metadata(node / ".zattrs", [&] {
    const std::vector<OmeLevel> levels = ome_levels(attributes);
    std::vector<ScaleName> names;
    for (const OmeLevel& l : levels) names.push_back({l.path, l.frame.voxel_size_nm});
    level = levels[find_level(names, "", options.level)];
  });
  return open_array(node / level.path, (fs::path(inside) / level.path).string(), level.frame, options);
}

}  // namespace syconn
