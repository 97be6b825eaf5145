// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "syconn/io/segmentation_dataset.h"

/// Columns and parts of whatever element type, read in blocks.
namespace syconn {

/// A block of a column: integers (u64 as the same bits) or floating-point numbers.
struct ColumnValues {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
};

/// A column that may be absent.
class AnyColumn {
 public:
  AnyColumn(const SegmentationDataset& dataset, const std::string& name);
  bool exists() const { return static_cast<bool>(load_); }
  bool is_real() const { return dtype_ == DType::f32 || dtype_ == DType::f64; }
  DType dtype() const { return dtype_; }
  int width() const { return width_; }
  ColumnValues load(Row first, std::uint64_t count) const { return exists() ? load_(first, count) : ColumnValues{}; }

 private:
  DType dtype_ = DType::u64;
  int width_ = 1;
  std::function<ColumnValues(Row, std::uint64_t)> load_;
};

/// A part of a ragged field, its numbers as double: exact but for integers beyond 2^53.
class AnyPart {
 public:
  AnyPart(const SegmentationDataset& dataset, const std::string& field, const PartSpec& part);
  /// The values of one object: rows x width, row after row.
  std::vector<double> load(Row row) const { return load_(row); }

 private:
  std::function<std::vector<double>(Row)> load_;
};

}  // namespace syconn
