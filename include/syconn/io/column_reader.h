// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace syconn {

class DatasetBackend;

/// Handle of one object in a SegmentationDataset.
struct Row {
  std::uint32_t shard = 0;
  std::uint64_t index = 0;  ///< within the shard
  friend bool operator==(const Row&, const Row&) = default;
};

/// A column without its element type; see Column.
class ColumnReader {
 public:
  ColumnReader(std::shared_ptr<const DatasetBackend> backend, int column, std::size_t width)
      : backend_(std::move(backend)), column_(column), width_(width) {}
  std::size_t width() const { return width_; }
  std::uint64_t rows(std::uint32_t shard) const;
  std::uint32_t n_shards() const;
  std::uint64_t size() const;
  /// Rows [first.index, first.index + count) of one shard.
  void read(Row first, std::uint64_t count, void* out) const;

 private:
  std::shared_ptr<const DatasetBackend> backend_;
  int column_;  ///< -1: id
  std::size_t width_;
};

/// Values of a fixed-size column, read at random or in blocks.
template <class T>
class Column {
 public:
  explicit Column(ColumnReader reader) : reader_(std::move(reader)) {}
  std::size_t width() const { return reader_.width(); }
  /// The (first) value of a row.
  T operator()(Row row) const { return width() == 1 ? one(row) : values(row)[0]; }
  /// All `width` values of a row.
  std::vector<T> values(Row row) const { return block(row, 1); }
  void read(Row row, std::span<T> out) const { reader_.read(row, out.size() / width(), out.data()); }
  /// `count` rows of one shard, row after row.
  std::vector<T> block(Row first, std::uint64_t count) const {
    std::vector<T> out(count * width());
    reader_.read(first, count, out.data());
    return out;
  }
  std::vector<T> shard(std::uint32_t shard) const { return block({shard, 0}, reader_.rows(shard)); }
  /// The whole column in the order of the top file: shard after shard, ids ascending within a shard.
  std::vector<T> all() const {
    std::vector<T> out(reader_.size() * width());
    T* to = out.data();
    for (std::uint32_t k = 0; k < reader_.n_shards(); to += reader_.rows(k) * width(), ++k)
      reader_.read({k, 0}, reader_.rows(k), to);
    return out;
  }

 private:
  T one(Row row) const {
    T value;
    reader_.read(row, 1, &value);
    return value;
  }
  ColumnReader reader_;
};

}  // namespace syconn
