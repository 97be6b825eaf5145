// SPDX-License-Identifier: GPL-3.0-or-later
#include "edt_kernels.h"

#ifdef SYCONN_EDT_X86
#include <immintrin.h>

// After the standard headers, so that no inline function of theirs is compiled for avx2 and picked by the linker.
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2")

namespace syconn::edt {
namespace {
constexpr std::int64_t kBytes = 32;
using Lanes = std::uint32_t __attribute__((vector_size(kBytes)));

inline __attribute__((always_inline)) bool any_above(const Lanes (&g)[4], const Lanes& limit) {
  const Lanes over = (Lanes)(g[0] > limit) | (Lanes)(g[1] > limit) | (Lanes)(g[2] > limit) | (Lanes)(g[3] > limit);
  return _mm256_testz_si256((__m256i)over, (__m256i)over) == 0;
}
#include "edt_kernels.inc"
}  // namespace

void column_avx2(const Columns& c) { columns(c); }

}  // namespace syconn::edt
#pragma GCC pop_options
#endif
