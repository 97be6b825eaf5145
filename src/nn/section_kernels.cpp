// SPDX-License-Identifier: GPL-3.0-or-later
#define SYCONN_KERNELS sections_plain
#define SYCONN_LANES 4
#define SYCONN_BLOCK 4
#include "section_kernels_body.h"
#include "syconn/core/cpu.h"

namespace syconn {
namespace {

const SectionKernels& best_kernels() {
#if defined(__x86_64__)
  if (cpu_level() == CpuLevel::avx512) return sections_avx512::kKernels;
  if (cpu_level() >= CpuLevel::avx2) return sections_avx2::kKernels;
#endif
  return sections_plain::kKernels;
}

}  // namespace

const SectionKernels& section_kernels() {
  static const SectionKernels& kernels = best_kernels();
  return kernels;
}

}  // namespace syconn
