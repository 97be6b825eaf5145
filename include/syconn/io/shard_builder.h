// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/io/dataset_schema.h"

namespace syconn {

class ShardSink;

struct BuilderOptions {
  std::uint32_t shard = 0;     ///< this shard, of
  std::uint32_t n_shards = 1;  ///< so many; each id must belong to it (shard_of)
  std::uint64_t memory_bytes = std::uint64_t{256}
                               << 20;  ///< cap on buffered rows; what exceeds it is sorted and spilled
  fs::path spill_folder;               ///< for spilled rows (the target's folder); empty: never spill, Error{runtime}
  int threads = 1;                     ///< for compression; the bytes written do not depend on it
};

/// Builds one shard. Rows come in any order of ids; the file has them ascending and depends on the rows only.
///   begin(id); set("size_vx", n); set("rep_vx", Vec3i{…}); append<float>("mesh", "vertices_nm", xyz); …; end();
/// Every column must be set; parts not given are empty. Spill files have no name (removed as soon as opened), so a
/// killed process leaves nothing. All errors are Error{runtime} naming type and id: unknown names, wrong element type,
/// wrong width, an id twice, id 0, an id of another shard, parts of one offset dataset with different numbers of rows.
class ShardBuilder {
 public:
  explicit ShardBuilder(DatasetSchema schema, BuilderOptions options = {});
  ~ShardBuilder();
  ShardBuilder(ShardBuilder&&) noexcept;
  ShardBuilder& operator=(ShardBuilder&&) noexcept;

  void begin(Id id);
  /// One value, or `width` values, of a column given by name or by column_index().
  template <class T>
  void set(int column, std::span<const T> values) {
    set_raw(column, dtype_of<T>(), values.data(), values.size());
  }
  template <class T>
  void set(int column, T value) {
    set_raw(column, dtype_of<T>(), &value, 1);
  }
  template <class T>
  void set(int column, const Vec3<T>& value) {
    set_raw(column, dtype_of<T>(), value.array().data(), 3);
  }
  template <class V>
  void set(std::string_view column, const V& value) {
    set(column_index(column), value);
  }
  /// Appends rows to a part; values.size() is a multiple of its width. May be called several times an object.
  template <class T>
  void append(int part, std::span<const T> values) {
    append_raw(part, dtype_of<T>(), values.data(), values.size());
  }
  template <class T>
  void append(std::string_view field, std::string_view part, std::span<const T> values) {
    append(part_index(field, part), values);
  }
  void end();

  int column_index(std::string_view name) const;
  int part_index(std::string_view field, std::string_view part) const;
  std::uint64_t size() const;    ///< rows so far
  std::uint64_t spills() const;  ///< times the memory cap was reached
  const DatasetSchema& schema() const;

  /// Writes the shard file at `path` (the caller renames it); the builder is empty afterwards.
  void write(const fs::path& path);
  /// write() to a temporary name, then commit_file().
  void commit(const fs::path& path);
  /// Hands the rows to `sink` in id order (backends inside the room io).
  void drain(ShardSink& sink);

 private:
  void set_raw(int column, DType dtype, const void* values, std::size_t count);
  void append_raw(int part, DType dtype, const void* values, std::size_t count);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syconn
