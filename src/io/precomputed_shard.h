// SPDX-License-Identifier: GPL-3.0-or-later
// Neuroglancer's container of many values in few files, neuroglancer_uint64_sharded_v1.
#pragma once
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "pooled_file.h"
#include "syconn/core/json.h"
#include "volume_cache.h"

namespace syconn {

/// MurmurHash3_x86_128 of the key's 8 little-endian bytes with seed 0: the lower 64 bits.
std::uint64_t murmur_hash(std::uint64_t key);

/// How keys are spread over files.
struct ShardSpec {
  int preshift_bits = 0, minishard_bits = 0, shard_bits = 0;
  bool hashed = false;  ///< by murmur_hash
  bool index_gzip = false, data_gzip = false;

  /// Throws Error{input}: another type, unknown hash or encoding, bits out of range.
  static ShardSpec parse(const Json& json);
  std::uint64_t minishards() const { return std::uint64_t{1} << minishard_bits; }

  struct Place {
    std::uint64_t shard = 0, minishard = 0;
  };
  Place place(std::uint64_t key) const;
  std::string file_name(std::uint64_t shard) const;
};

/// Finds values in a folder of shards. Safe from several threads. Damaged indices are Error{input} naming the file.
class ShardedStore {
 public:
  /// `max_keys`: no index of this store has more entries.
  ShardedStore(fs::path folder, const ShardSpec& spec, std::uint64_t max_keys)
      : folder_(std::move(folder)), spec_(spec), max_keys_(max_keys) {}

  const ShardSpec& spec() const { return spec_; }
  fs::path file_of(std::uint64_t key) const { return folder_ / spec_.file_name(spec_.place(key).shard); }

  struct Value {
    std::shared_ptr<const PooledFile> file;
    std::uint64_t begin = 0, bytes = 0;  ///< inside the file
  };
  /// Where the stored value of `key` lies; nothing if there is none.
  std::optional<Value> find(std::uint64_t key) const;

 private:
  struct Entry {
    std::uint64_t key, begin, bytes;
  };
  /// A minishard's entries by key, and their file (none: the shard does not exist).
  struct Index {
    std::shared_ptr<const PooledFile> file;
    std::vector<Entry> entries;
    std::list<std::pair<std::uint64_t, std::uint64_t>>::iterator place;
  };
  std::shared_ptr<const Index> index(const ShardSpec::Place& place) const;
  std::shared_ptr<Index> read_index(const ShardSpec::Place& place) const;
  std::vector<Entry> parse_index(const PooledFile& file, const char* data, std::size_t bytes) const;
  std::shared_ptr<const PooledFile> file(std::uint64_t shard) const;

  fs::path folder_;
  ShardSpec spec_;
  std::uint64_t max_keys_;
  mutable std::mutex mutex_;
  mutable std::map<std::uint64_t, std::shared_ptr<const PooledFile>> files_;  ///< null: there is no such file
  mutable std::map<std::pair<std::uint64_t, std::uint64_t>, std::shared_ptr<Index>> indices_;
  mutable std::list<std::pair<std::uint64_t, std::uint64_t>> recent_;  ///< newest first
  mutable std::size_t held_entries_ = 0;
};

}  // namespace syconn
