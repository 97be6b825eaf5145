// SPDX-License-Identifier: GPL-3.0-or-later
#include "point_grid_kernels.h"

#include <bit>

#include "syconn/core/cpu.h"

namespace syconn::points {

std::size_t scan_portable(const Stretch& s, const float* query, float limit, std::uint64_t* out) {
  std::size_t n = 0;
  for (std::size_t i = s.begin; i < s.end; ++i) {
    const float dx = s.x[i] - query[0], dy = s.y[i] - query[1], dz = s.z[i] - query[2];
    const float square = dx * dx + dy * dy + dz * dz;
    out[n] = static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(square)) << 32 | s.index[i];
    n += square <= limit;
  }
  return n;
}

ScanKernel scan_kernel() {
#ifdef SYCONN_POINTS_AVX2
  if (cpu_level() >= CpuLevel::avx2) return scan_avx2;
#endif
  return scan_portable;
}

}  // namespace syconn::points
