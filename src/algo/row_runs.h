// SPDX-License-Identifier: GPL-3.0-or-later
// Runs of equal value of a row, found 64 elements at a time: a comparison a voxel in vectors, and work a run.
#pragma once
#include <bit>
#include <cstdint>

#include "bit_rows.h"
#include "contacts_kernels.h"

namespace syconn {

/// Bit i = (a[i] != b[i]) for 64 bytes, eight at a time.
inline std::uint64_t differ8(const std::uint8_t* a, const std::uint8_t* b) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 64; i += 8) {
    const std::uint64_t x = word_at(a + i) ^ word_at(b + i);
    if (x != 0) bits |= bits_of_bytes(x) << i;
  }
  return bits;
}

/// Bit i = (row[i] != row[i-1]) for n <= 64 elements; `row` is not the first of its row.
template <class T>
std::uint64_t change_bits(const contacts::Kernels& kernels, const T* row, std::int64_t n) {
  if constexpr (sizeof(T) == 8) return kernels.differ64(row, row - 1, n);
  if constexpr (sizeof(T) == 4) return kernels.differ32(row, row - 1, n);
  if constexpr (sizeof(T) == 1)
    if (n == 64) return differ8(row, row - 1);
  std::uint64_t bits = 0;
  for (std::int64_t i = 0; i < n; ++i) bits |= static_cast<std::uint64_t>(row[i] != row[i - 1]) << i;
  return bits;
}

/// Calls use(start, end) for each run of equal value of row[0 .. n), from left to right.
template <class T, class F>
void for_each_row_run(const T* row, std::int64_t n, F&& use) {
  const contacts::Kernels& kernels = contacts::kernels();
  std::int64_t start = 0;
  for (std::int64_t x = 1; x < n; x += 64) {
    std::uint64_t bits = change_bits(kernels, row + x, n - x < 64 ? n - x : 64);
    for (; bits != 0; bits &= bits - 1) {
      const std::int64_t end = x + std::countr_zero(bits);
      use(start, end);
      start = end;
    }
  }
  if (n > 0) use(start, n);
}

}  // namespace syconn
