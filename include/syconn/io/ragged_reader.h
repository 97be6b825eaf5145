// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "syconn/io/column_reader.h"

namespace syconn {

/// A part of a ragged field without its element type; see Ragged.
class PartReader {
 public:
  PartReader(std::shared_ptr<const DatasetBackend> backend, int field, int part, std::size_t width)
      : backend_(std::move(backend)), field_(field), part_(part), width_(width) {}
  std::size_t width() const { return width_; }
  /// Offsets of `count` objects: count + 1 numbers, checked to ascend and to stay within the part.
  void offsets(Row first, std::uint64_t count, std::uint64_t* out) const;
  /// Rows [begin, begin + count) of the part in a shard.
  void read(std::uint32_t shard, std::uint64_t begin, std::uint64_t count, void* out) const;

 private:
  std::shared_ptr<const DatasetBackend> backend_;
  int field_, part_;
  std::size_t width_;
};

/// The values of consecutive objects.
template <class T>
struct RaggedBlock {
  std::vector<std::uint64_t> offset;  ///< n + 1, in values; begins with 0
  std::vector<T> values;
  std::span<const T> operator[](std::size_t i) const {
    return {values.data() + offset[i], values.data() + offset[i + 1]};
  }
  std::size_t size() const { return offset.empty() ? 0 : offset.size() - 1; }
};

/// Values of one part of a ragged field.
template <class T>
class Ragged {
 public:
  explicit Ragged(PartReader reader) : reader_(std::move(reader)) {}
  std::size_t width() const { return reader_.width(); }
  /// Number of rows of an object.
  std::uint64_t rows(Row row) const {
    std::uint64_t offset[2];
    reader_.offsets(row, 1, offset);
    return offset[1] - offset[0];
  }
  /// rows × width values, row after row.
  std::vector<T> operator()(Row row) const {
    std::vector<T> out;
    read(row, out);
    return out;
  }
  /// The same into a buffer that is used again.
  void read(Row row, std::vector<T>& out) const {
    std::uint64_t offset[2];
    reader_.offsets(row, 1, offset);
    out.resize((offset[1] - offset[0]) * width());
    reader_.read(row.shard, offset[0], offset[1] - offset[0], out.data());
  }
  /// `count` consecutive objects of a shard in one read.
  RaggedBlock<T> block(Row first, std::uint64_t count) const {
    RaggedBlock<T> out;
    out.offset.resize(count + 1);
    reader_.offsets(first, count, out.offset.data());
    const std::uint64_t begin = out.offset[0], rows = out.offset[count] - begin;
    for (std::uint64_t& offset : out.offset) offset = (offset - begin) * width();
    out.values.resize(rows * width());
    reader_.read(first.shard, begin, rows, out.values.data());
    return out;
  }

 private:
  PartReader reader_;
};

}  // namespace syconn
