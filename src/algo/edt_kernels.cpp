// SPDX-License-Identifier: GPL-3.0-or-later
#include "edt_kernels.h"

#include "syconn/core/cpu.h"

namespace syconn::edt {
namespace {
constexpr std::int64_t kBytes = 16;
using Lanes = std::uint32_t __attribute__((vector_size(kBytes)));

inline __attribute__((always_inline)) bool any_above(const Lanes (&g)[8], const Lanes& limit) {
  Lanes over{};
  for (int i = 0; i < 8; ++i) over |= (Lanes)(g[i] > limit);
  return (over[0] | over[1] | over[2] | over[3]) != 0;
}
#include "edt_kernels.inc"
}  // namespace

void column_portable(const Columns& c) { columns(c); }

ColumnKernel column_kernel() {
#ifdef SYCONN_EDT_X86
  if (cpu_level() == CpuLevel::avx512) return column_avx512;
  if (cpu_level() == CpuLevel::avx2) return column_avx2;
#endif
  return column_portable;
}

}  // namespace syconn::edt
