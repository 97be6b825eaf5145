// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/io/column_reader.h"
#include "syconn/io/dataset_schema.h"
#include "syconn/io/ragged_reader.h"

namespace syconn {

/// How much verify() reads: `files` presence and sizes; `structure` also directories, ids and offsets; `full` every
/// byte.
enum class VerifyLevel { files, structure, full };

struct Finding {
  std::string file;     ///< shard or top file
  std::string dataset;  ///< dataset in it; empty: the file as a whole
  std::string what;
};

/// A key-value store, opened for reading: key = object id, value = named columns and ragged fields. Copies are cheap
/// and share the open files; all members may be called from several threads. Values of absent objects, columns of other
/// names or element types, and damaged files are Error{input}; messages list what there is.
class SegmentationDataset {
 public:
  /// Opens `datasets/<type>.h5`. Every shard file must be there with its size; the shards' contents are read when first
  /// used. Columns and fields of the stages `without` are left out, with their files: so a stage that lost a file of
  /// its own can read what those before it gave and make it again.
  static SegmentationDataset open(const fs::path& top_file, const std::vector<std::string>& without = {});
  explicit SegmentationDataset(std::shared_ptr<const DatasetBackend> backend);

  const std::string& type() const;
  Vec3d voxel_size_nm() const;
  const std::string& provenance_json() const;
  bool complete() const;
  const std::vector<ColumnSpec>& columns() const;
  const std::vector<FieldSpec>& fields() const;
  bool has_column(const std::string& name) const;
  bool has_part(const std::string& field, const std::string& part) const;

  std::uint64_t size() const;  ///< objects
  std::uint32_t n_shards() const;
  std::uint64_t shard_size(std::uint32_t shard) const;
  /// Position of a row over all shards, as in the columns of the top file.
  std::uint64_t position(Row row) const;

  /// Hash to the shard, then binary search: one small read.
  std::optional<Row> find(Id id) const;
  /// find(), or Error{input} naming the id.
  Row at(Id id) const;
  /// Ids [first, first + count) of a shard, ascending. Clipped at the shard's end.
  std::vector<Id> ids(std::uint32_t shard, std::uint64_t first = 0, std::uint64_t count = UINT64_MAX) const;
  /// Calls fn(id, row) for the rows of a shard in ascending order of ids, in bounded memory.
  template <class F>
  void for_each(std::uint32_t shard, F&& fn) const {
    constexpr std::uint64_t kBlock = 1 << 16;
    for (std::uint64_t first = 0; first < shard_size(shard); first += kBlock) {
      const std::vector<Id> block = ids(shard, first, kBlock);
      for (std::size_t i = 0; i < block.size(); ++i) fn(block[i], Row{shard, first + i});
    }
  }

  /// Reader of a fixed-size column ("id" included); T must be its element type.
  template <class T>
  Column<T> column(const std::string& name) const {
    return Column<T>(open_column(name, dtype_of<T>()));
  }
  /// Reader of one part of a ragged field; T must be its element type.
  template <class T>
  Ragged<T> ragged(const std::string& field, const std::string& part) const {
    return Ragged<T>(open_part(field, part, dtype_of<T>()));
  }
  /// The values of one object: rows × width, row after row.
  template <class T>
  std::vector<T> ragged(const std::string& field, const std::string& part, Id id) const {
    return ragged<T>(field, part)(at(id));
  }

  /// Everything wrong that the level can see, naming shard and dataset; empty: good.
  std::vector<Finding> verify(VerifyLevel level) const;
  /// The same for a file that may not even open.
  static std::vector<Finding> verify(const fs::path& top_file, VerifyLevel level);

 private:
  ColumnReader open_column(const std::string& name, DType dtype) const;
  PartReader open_part(const std::string& field, const std::string& part, DType dtype) const;
  std::shared_ptr<const DatasetBackend> backend_;
};

/// Checks one shard file by itself: its directory and every checksum.
std::vector<Finding> verify_shard_file(const fs::path& path);

}  // namespace syconn
