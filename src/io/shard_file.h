// SPDX-License-Identifier: GPL-3.0-or-later
// Reads one immutable shard. HDF5 is asked once for the directory (types, shapes, addresses); values are then read by
// position and decoded here, from any number of threads. Nothing the file says is used before it was checked.
#pragma once
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "h5.h"
#include "pooled_file.h"
#include "syconn/io/dataset_schema.h"

namespace syconn {

/// The most recently decoded chunks, shared by all shards of an open dataset.
class ChunkCache {
 public:
  using Bytes = std::shared_ptr<const std::vector<char>>;
  Bytes find(const void* owner, std::uint64_t chunk);
  void insert(const void* owner, std::uint64_t chunk, Bytes bytes);

 private:
  static constexpr std::size_t kMaxEntries = 64;
  struct Entry {
    const void* owner;
    std::uint64_t chunk;
    Bytes bytes;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;  ///< most recent first
};

class ShardFile {
 public:
  struct Chunk {
    std::uint64_t address = 0, bytes = 0;
  };
  /// One dataset of shape [rows] (width 1) or [rows, width].
  struct Stored {
    std::string path;
    DType dtype = DType::u64;
    std::uint64_t rows = 0, width = 1;
    enum class Layout { contiguous, zstd, other } layout = Layout::other;
    std::uint64_t address = 0;     ///< contiguous
    std::uint64_t chunk_rows = 0;  ///< zstd
    bool shuffled = false;         ///< zstd, after HDF5's shuffle
    std::uint64_t row_bytes() const { return width * dtype_bytes(dtype); }
    mutable std::once_flag loaded;      ///< guards the two below
    mutable std::vector<Chunk> chunks;  ///< zstd: address table
    mutable std::vector<char> whole;    ///< other layouts (gzip, big-endian, …): read by HDF5 as a whole
  };

  /// Opens the file and reads its directory; throws Error{input} naming it.
  explicit ShardFile(const fs::path& path);

  const fs::path& path() const { return file_.path(); }
  std::uint64_t file_bytes() const { return file_.size(); }
  std::uint64_t rows() const { return ids_->rows; }
  const DatasetSchema& schema() const { return schema_; }
  std::int64_t shard() const { return shard_; }
  std::int64_t n_shards() const { return n_shards_; }
  /// Dataset path -> CRC as written.
  const std::map<std::string, std::string>& checksums() const { return checksums_; }
  const std::map<std::string, Stored>& datasets() const { return datasets_; }
  const Stored& ids() const { return *ids_; }
  /// Checksum of the ids: shards of different stages with the same one hold the same objects.
  const std::string& id_checksum() const;
  /// Throws Error{input} that lists what there is.
  const Stored& dataset(const std::string& path) const;
  /// Reads rows [first, first + count) of `stored` into `out`. `cache` may be null.
  void read(const Stored& stored, std::uint64_t first, std::uint64_t count, void* out, ChunkCache* cache) const;
  /// CRC of the decoded bytes of a whole dataset, in bounded memory.
  std::uint32_t crc(const Stored& stored) const;
  [[noreturn]] void fail(const std::string& dataset, const std::string& what) const;

 private:
  void add_dataset(const h5::File& file, const std::string& path);
  void add_group(const h5::File& file, const std::string& name);
  void read_attributes(const h5::File& file);
  void locate(const h5::Dataset& dataset, Stored& stored) const;
  void load_chunks(const Stored& stored) const;
  void load_whole(const Stored& stored) const;
  void read_chunks(const Stored& stored, std::uint64_t first, std::uint64_t count, char* out, ChunkCache* cache) const;
  void decode(const Stored& stored, std::uint64_t chunk, void* out) const;

  PooledFile file_;
  DatasetSchema schema_;
  std::int64_t shard_ = 0, n_shards_ = 1;
  std::map<std::string, std::string> checksums_;
  std::map<std::string, Stored> datasets_;
  const Stored* ids_ = nullptr;
};

struct Finding;
/// Recomputes every checksum of a shard; what differs, is missing or unreadable is added to `findings`.
void verify_checksums(const ShardFile& file, std::vector<Finding>& findings);

/// `text` = {"path": "8 hex", …}; throws Error{input}.
std::map<std::string, std::string> parse_checksums(const std::string& text, const std::string& origin);

/// Checks `format` and `version` of a shard or top file; throws Error{input} that says what it is instead.
void check_dataset_format(const h5::File& file);
Vec3d read_voxel_size(const h5::File& file);

}  // namespace syconn
