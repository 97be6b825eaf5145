// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/vec3.h"

namespace syconn {

/// How the values of one layer are spread over the files of Neuroglancer's container neuroglancer_uint64_sharded_v1:
/// h = hash(key >> preshift_bits); the lowest minishard_bits of h are the minishard, the next shard_bits the file.
struct ShardLayout {
  int preshift_bits = 0, minishard_bits = 0, shard_bits = 0;
  bool hashed = false;     ///< by MurmurHash3, else the key itself
  bool data_gzip = false;  ///< values are gzip streams; indices are where there are many keys, see index_gzip
  bool index_gzip = false;

  /// Ids spread over 2^shard_bits files, in about 2^minishard_bits groups each.
  static ShardLayout of_ids(int shard_bits, int minishard_bits);
  /// Cells of a grid: files of 2^cells_bits cells that follow each other in compressed Morton order.
  static ShardLayout of_grid(const Vec3i& grid, int cells_bits);

  std::uint64_t shard_of(std::uint64_t key) const;
  std::uint64_t shards() const { return std::uint64_t{1} << shard_bits; }
  std::string file_name(std::uint64_t shard) const;
  /// The value of "sharding" in the layer's info.
  std::string json() const;
};

/// Neuroglancer's key of a cell of a grid (compressed Morton code).
std::uint64_t grid_key(const Vec3i& cell, const Vec3i& grid);

/// Writes one file of the container: values, then their indices. Within a minishard values stand in the order of their
/// keys: hashed keys must come in ascending order, cells of a grid in any. Memory: 24 bytes a key, and of a grid the
/// values of the minishards that lack some of their cells. Same calls, same bytes.
class ShardFileWriter {
 public:
  /// Writes to `path` (the caller renames it). Throws Error{runtime}, as the others do: disk full.
  ShardFileWriter(const fs::path& path, const ShardLayout& layout, std::uint64_t shard);
  ~ShardFileWriter();
  ShardFileWriter(ShardFileWriter&&) noexcept;

  /// `before`: bytes that stand before the value and are never compressed (fragments of meshes before their manifest).
  /// Error{runtime}: a key of another file, one twice or out of order; `before` in a grid.
  void add(std::uint64_t key, std::span<const char> value, std::span<const char> before = {});
  std::uint64_t keys() const;
  /// Must be called; without it the file is garbage.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syconn
