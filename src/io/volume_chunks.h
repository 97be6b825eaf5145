// SPDX-License-Identifier: GPL-3.0-or-later
// What volumes of equal chunks have in common: which chunks a box needs, the cache, missing chunks, fingerprints.
#pragma once
#include <string>
#include <vector>

#include "syconn/core/error.h"
#include "syconn/io/volume_reader.h"
#include "volume_cache.h"

namespace syconn {

/// The k-th of n numbers spread evenly over [0, count), first and last among them.
inline std::int64_t spread_evenly(std::int64_t k, std::int64_t n, std::int64_t count) {
  return n <= 1 ? 0 : static_cast<std::int64_t>(static_cast<__int128>(k) * (count - 1) / (n - 1));
}

/// Chunks of equal size that cover a volume from its first voxel on; local coordinates.
struct ChunkLayout {
  Vec3i size, chunk, grid;
  ChunkLayout() = default;
  ChunkLayout(const Vec3i& volume, const Vec3i& chunk_)
      : size(volume), chunk(chunk_), grid((volume + chunk_ - Vec3i(1)) / chunk_) {}

  Vec3i position(std::int64_t index) const {
    return {index % grid.x, index / grid.x % grid.y, index / (grid.x * grid.y)};
  }
  std::int64_t index(const Vec3i& position) const { return position.x + grid.x * (position.y + grid.y * position.z); }
  Box3 box(const Vec3i& position) const {  ///< clipped to the volume
    return {position * chunk, min((position + Vec3i(1)) * chunk, size)};
  }
  /// Calls fn(position) for the chunks that meet `local`, in raster order.
  template <class Fn>
  void for_each(const Box3& local, const Fn& fn) const {
    const Vec3i first = local.min / chunk, last = (local.max - Vec3i(1)) / chunk;
    Vec3i at;
    for (at.z = first.z; at.z <= last.z; ++at.z)
      for (at.y = first.y; at.y <= last.y; ++at.y)
        for (at.x = first.x; at.x <= last.x; ++at.x) fn(at);
  }
};

/// Decodes a chunk, or takes it from the cache where only a part of it is wanted, and hands it to `use`. `buffer` is
/// used again from chunk to chunk.
template <class Decode>
void use_chunk(VolumeBlock block, bool all_of_it, std::size_t bytes, BlockCache& cache, const BlockCache::Key& key,
               BlockBuffer& buffer, const Decode& decode, const VolumeReader::UseBlock& use) {
  BlockCache::Block cached;
  if (all_of_it) {
    buffer.resize(bytes);
    decode(buffer.data());
    block.data = buffer.data();
  } else {
    cached = cache.get(key, bytes, decode);
    block.data = cached->data();
  }
  use(block);
}

/// A volume whose chunks are files, or values in files, of a folder.
class ChunkedVolume : public VolumeReader {
 public:
  void for_each_block(const Box3& box, const UseBlock& use) const override;
  std::vector<std::uint32_t> sample_stored_blocks(std::int64_t n) const override;
  std::uint64_t sampled_bytes(std::int64_t n) const override;
  std::int64_t count_missing(const Box3& box) const override;

 protected:
  explicit ChunkedVolume(const VolumeOptions& options)
      : options_(options), cache_(std::make_shared<BlockCache>(options.cache_bytes)) {}
  /// Takes info_.size and dtype and checks that nothing is too large; throws Error{input}.
  void set_chunks(const Vec3i& chunk);
  const ChunkLayout& chunks() const { return chunks_; }
  std::vector<char> fill_;  ///< an element of missing chunks; set_chunks makes it 0

  /// The encoded bytes of a chunk; false if it is missing. Throws Error{input}.
  virtual bool read_stored(const Vec3i& position, BlockBuffer& stored) const = 0;
  /// How many they are without reading them; nothing if it is missing.
  virtual std::optional<std::uint64_t> stored_size(const Vec3i& position) const = 0;
  /// Decodes into shape(position) elements, x fastest, little-endian; false if it is damaged.
  virtual bool decode(const Vec3i& position, const BlockBuffer& stored, char* out) const = 0;
  virtual Vec3i shape(const Vec3i&) const { return chunks_.chunk; }
  virtual fs::path file_of(const Vec3i& position) const = 0;
  /// Encoded chunks are at most that long.
  std::uint64_t max_stored_bytes() const { return 2 * chunk_bytes_ + (64 << 10); }
  std::size_t chunk_bytes() const { return chunk_bytes_; }

 private:
  void decode_chunk(const Vec3i& position, char* out) const;
  [[noreturn]] void fail_chunk(const Vec3i& position, const std::string& what) const;

  VolumeOptions options_;
  std::shared_ptr<BlockCache> cache_;
  ChunkLayout chunks_;
  std::size_t chunk_bytes_ = 0;
};

/// Reads a whole regular file; false if there is none. Throws Error{input} if it has more than `max_bytes`.
bool read_chunk_file(const fs::path& path, std::uint64_t max_bytes, BlockBuffer& out);
/// Its size; nothing if there is no such regular file.
std::optional<std::uint64_t> chunk_file_size(const fs::path& path);

}  // namespace syconn
