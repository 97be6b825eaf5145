// SPDX-License-Identifier: GPL-3.0-or-later
// Scan of a stretch of points for those within a limit, for several instruction sets; all give the same bits.
#pragma once
#include <cstddef>
#include <cstdint>

namespace syconn::points {

/// Points in cell order, one array a coordinate. Eight more elements than points may be read.
struct Stretch {
  const float *x, *y, *z;
  const std::uint32_t* index;
  std::size_t begin, end;
};

/// Appends (bits of the squared distance) << 32 | index of every point with squared distance <= limit; returns how
/// many. `out` has room for end - begin + 8 elements.
using ScanKernel = std::size_t (*)(const Stretch& s, const float* query, float limit, std::uint64_t* out);

ScanKernel scan_kernel();
std::size_t scan_portable(const Stretch& s, const float* query, float limit, std::uint64_t* out);
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SYCONN_POINTS_AVX2 1
std::size_t scan_avx2(const Stretch& s, const float* query, float limit, std::uint64_t* out);
#endif

}  // namespace syconn::points
