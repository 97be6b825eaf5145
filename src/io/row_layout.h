// SPDX-License-Identifier: GPL-3.0-or-later
// How the values of one object lie in a record while a shard is being built.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/io/dataset_schema.h"

namespace syconn {

inline constexpr std::size_t kMaxChunkBytes = 64 * 1024;

/// Record = id (8 bytes), fixed columns, count of each offset group (8 bytes each), then each part's bytes.
struct RowLayout {
  struct Column {
    std::size_t at, bytes;  ///< place within the fixed columns
  };
  struct Part {
    int field, part;        ///< place in the schema
    int group;              ///< its offset dataset
    std::string path;       ///< "mesh/faces"
    std::size_t row_bytes;  ///< of one of its rows
  };
  std::size_t fixed_bytes = 0;
  std::vector<Column> columns;
  std::vector<Part> parts;
  std::vector<std::string> groups;  ///< paths of the offset datasets

  explicit RowLayout(const DatasetSchema& schema);
  int part_index(int field, int part) const;  ///< into parts, -1 if there is none
  std::size_t header_bytes() const { return sizeof(Id) + fixed_bytes + groups.size() * sizeof(std::uint64_t); }
};

/// Takes the rows of one shard in id order.
class ShardSink {
 public:
  virtual ~ShardSink() = default;
  /// Before the first row: how many rows, and how many ragged rows each offset group will hold.
  virtual void start(std::uint64_t n_rows, const std::vector<std::uint64_t>& group_rows) = 0;
  virtual void row(std::span<const char> record) = 0;
  virtual void finish() = 0;
};

}  // namespace syconn
