// SPDX-License-Identifier: GPL-3.0-or-later
#include "any_column.h"

namespace syconn {
namespace {

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
  return with_dtype(c.dtype, [&]<class T>(T) -> std::function<ColumnValues(Row, std::uint64_t)> {
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
    : load_(with_dtype(part.dtype, [&]<class T>(T) -> std::function<std::vector<double>(Row)> {
        return [values = dataset.ragged<T>(field, part.name)](Row row) {
          const std::vector<T> read = values(row);
          return std::vector<double>(read.begin(), read.end());
        };
      })) {}

}  // namespace syconn
