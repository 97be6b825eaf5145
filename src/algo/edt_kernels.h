// SPDX-License-Identifier: GPL-3.0-or-later
// The inner loop of distances along y and z, compiled for several instruction sets and chosen at run time. All of them
// give the same integers.
#pragma once
#include <cstdint>

namespace syconn::edt {

inline constexpr std::int64_t kLanes = 32;

/// kLanes neighbouring columns of n voxels each; strides are elements from one voxel of a column to the next.
struct Columns {
  std::uint32_t* values;  ///< in and out: squared distances, at most the cap
  std::int64_t stride;
  const std::uint32_t* labels;  ///< null: one label, values 0 outside
  std::int64_t label_stride;
  std::uint32_t *f, *own;  ///< scratch, n * kLanes each; `own` only for labels
  std::int64_t n;
  std::int64_t steps;  ///< the window's largest reach: (steps * unit)^2 is at most the cap
  std::uint64_t unit;  ///< edge of a voxel along the columns
  bool low, high;      ///< something is known to lie beyond the first and the last voxel: background
};

using ColumnKernel = void (*)(const Columns&);

/// The fastest one this processor has.
ColumnKernel column_kernel();
void column_portable(const Columns&);
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SYCONN_EDT_X86 1
void column_avx2(const Columns&);
void column_avx512(const Columns&);
#endif

}  // namespace syconn::edt
