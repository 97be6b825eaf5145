// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <queue>
#include <string>
#include <vector>

#include "any_column.h"

/// The rows of a dataset in the order of their ids.
namespace syconn {

/// Walks a dataset in ascending order of ids over all shards, a block of rows of each shard in memory.
class MergedRows {
 public:
  MergedRows(const SegmentationDataset& dataset, const std::vector<std::string>& columns);
  bool next();
  Id id() const { return id_; }
  const AnyColumn& column(int c) const { return columns_[static_cast<std::size_t>(c)]; }
  int index(const std::string& name) const;  ///< of `columns`; throws std::logic_error
  bool exists(int c) const { return column(c).exists(); }
  std::int64_t integer(int c, int k = 0) const;
  double real(int c, int k = 0) const;

 private:
  struct Stream {
    std::uint64_t first = 0, at = 0;
    std::vector<Id> ids;
    std::vector<ColumnValues> values;
  };
  void load(std::uint32_t shard);
  const SegmentationDataset& dataset_;
  std::vector<std::string> names_;
  std::vector<AnyColumn> columns_;
  std::vector<Stream> streams_;
  using Head = std::pair<Id, std::uint32_t>;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heap_;
  Id id_ = 0;
  std::int64_t current_ = -1;
};

}  // namespace syconn
