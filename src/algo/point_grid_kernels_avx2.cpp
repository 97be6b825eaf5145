// SPDX-License-Identifier: GPL-3.0-or-later
#include "point_grid_kernels.h"

#ifdef SYCONN_POINTS_AVX2
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("avx2,bmi,popcnt")

namespace syconn::points {

std::size_t scan_avx2(const Stretch& s, const float* query, float limit, std::uint64_t* out) {
  const __m256 qx = _mm256_set1_ps(query[0]), qy = _mm256_set1_ps(query[1]), qz = _mm256_set1_ps(query[2]),
               most = _mm256_set1_ps(limit);
  alignas(32) std::uint32_t bits[8];
  std::size_t n = 0;
  for (std::size_t i = s.begin; i < s.end; i += 8) {
    const __m256 dx = _mm256_sub_ps(_mm256_loadu_ps(s.x + i), qx), dy = _mm256_sub_ps(_mm256_loadu_ps(s.y + i), qy),
                 dz = _mm256_sub_ps(_mm256_loadu_ps(s.z + i), qz);
    const __m256 square =
        _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy)), _mm256_mul_ps(dz, dz));
    auto hit = static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(square, most, _CMP_LE_OQ)));
    if (s.end - i < 8) hit &= (1U << (s.end - i)) - 1;
    if (hit == 0) continue;
    _mm256_store_ps(reinterpret_cast<float*>(bits), square);
    for (; hit != 0; hit &= hit - 1) {
      const int lane = __builtin_ctz(hit);
      out[n++] = static_cast<std::uint64_t>(bits[lane]) << 32 | s.index[i + static_cast<std::size_t>(lane)];
    }
  }
  return n;
}

}  // namespace syconn::points
#pragma GCC pop_options
#endif
