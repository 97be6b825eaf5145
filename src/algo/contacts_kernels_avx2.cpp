// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstring>

#include "contacts_kernels.h"

#ifdef SYCONN_CONTACTS_AVX2
#include <immintrin.h>

// After the standard headers, so that no inline function of theirs is compiled for AVX2 and picked by the linker.
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")

namespace syconn::contacts {
namespace {
#include "contacts_kernels.inc"

std::uint64_t differ32(const std::uint32_t* a, const std::uint32_t* b, std::int64_t n) {
  std::uint64_t bits = 0;
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256i e = _mm256_cmpeq_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i)),
                                         _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i)));
    bits |= (255U ^ static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(e)))))
            << i;
  }
  for (; i < n; ++i) bits |= static_cast<std::uint64_t>(a[i] != b[i]) << i;
  return bits;
}

std::uint64_t differ_masked(const std::uint32_t* a, const std::uint32_t* b, std::uint32_t mask) {
  const __m256i m = _mm256_set1_epi32(static_cast<int>(mask)), zero = _mm256_setzero_si256();
  std::uint64_t bits = 0;
  for (int i = 0; i < 64; i += 8) {
    const __m256i x = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i)),
                                       _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i)));
    const __m256i e = _mm256_cmpeq_epi32(_mm256_and_si256(x, m), zero);
    bits |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(e)))) << i;
  }
  return ~bits;
}

std::uint64_t differ64(const std::uint64_t* a, const std::uint64_t* b, std::int64_t n) {
  std::uint64_t bits = 0;
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const __m256i e = _mm256_cmpeq_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i)),
                                         _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i)));
    bits |= (15U ^ static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(e)))))
            << i;
  }
  for (; i < n; ++i) bits |= static_cast<std::uint64_t>(a[i] != b[i]) << i;
  return bits;
}
}  // namespace

const Kernels kAvx2Kernels{vote, dilate, erode, claim, differ_masked, differ32, differ64};

}  // namespace syconn::contacts
#pragma GCC pop_options
#endif
