// SPDX-License-Identifier: GPL-3.0-or-later
#include "any_column.h"

#include <stdexcept>

namespace syconn {
namespace {

/// Calls fn(T{}) with the element type.
template <class F>
auto with_type(DType dtype, F&& fn) {
  switch (dtype) {
    case DType::u8:
      return fn(std::uint8_t{});
    case DType::i8:
      return fn(std::int8_t{});
    case DType::u16:
      return fn(std::uint16_t{});
    case DType::i16:
      return fn(std::int16_t{});
    case DType::u32:
      return fn(std::uint32_t{});
    case DType::i32:
      return fn(std::int32_t{});
    case DType::u64:
      return fn(std::uint64_t{});
    case DType::i64:
      return fn(std::int64_t{});
    case DType::f32:
      return fn(float{});
    case DType::f64:
      return fn(double{});
  }
  throw std::logic_error("no such element type");
}

template <class T>
ColumnValues values_of(const std::vector<T>& block) {
  ColumnValues out;
  if constexpr (std::is_floating_point_v<T>)
    out.reals.assign(block.begin(), block.end());
  else
    for (const T v : block) out.integers.push_back(static_cast<std::int64_t>(v));
  return out;
}

std::function<ColumnValues(Row, std::uint64_t)> loader(const SegmentationDataset& dataset, const ColumnSpec& c) {
  return with_type(c.dtype, [&]<class T>(T) -> std::function<ColumnValues(Row, std::uint64_t)> {
    return [column = dataset.column<T>(c.name)](Row first, std::uint64_t count) {
      return values_of(column.block(first, count));
    };
  });
}

}  // namespace

AnyColumn::AnyColumn(const SegmentationDataset& dataset, const std::string& name) {
  for (const ColumnSpec& c : dataset.columns())
    if (c.name == name) dtype_ = c.dtype, width_ = c.width, load_ = loader(dataset, c);
}

AnyPart::AnyPart(const SegmentationDataset& dataset, const std::string& field, const PartSpec& part)
    : load_(with_type(part.dtype, [&]<class T>(T) -> std::function<std::vector<double>(Row)> {
        return [values = dataset.ragged<T>(field, part.name)](Row row) {
          const std::vector<T> read = values(row);
          return std::vector<double>(read.begin(), read.end());
        };
      })) {}

}  // namespace syconn
