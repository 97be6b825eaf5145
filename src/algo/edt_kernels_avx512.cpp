// SPDX-License-Identifier: GPL-3.0-or-later
#include "edt_kernels.h"

#ifdef SYCONN_EDT_X86
#include <immintrin.h>

// After the standard headers, so that no inline function of theirs is compiled for avx512 and picked by the linker.
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx2,bmi,bmi2,prefer-vector-width=512")

namespace syconn::edt {
namespace {
constexpr std::int64_t kBytes = 64;
using Lanes = std::uint32_t __attribute__((vector_size(kBytes)));

inline __attribute__((always_inline)) bool any_above(const Lanes (&g)[2], const Lanes& limit) {
  return (_mm512_cmpgt_epu32_mask((__m512i)g[0], (__m512i)limit) |
          _mm512_cmpgt_epu32_mask((__m512i)g[1], (__m512i)limit)) != 0;
}
#include "edt_kernels.inc"
}  // namespace

void column_avx512(const Columns& c) { columns(c); }

}  // namespace syconn::edt
#pragma GCC pop_options
#endif
