// SPDX-License-Identifier: GPL-3.0-or-later
#define SYCONN_KERNELS kernels_plain
#include "conv_point_kernels_body.h"
#include "syconn/core/cpu.h"

namespace syconn {
namespace {

bool has_avx2() { return cpu_level() >= CpuLevel::avx2; }

}  // namespace

template <>
const ConvPointKernels<float>& conv_point_kernels() {
  static const bool avx2 = has_avx2();
  return avx2 ? kernels_avx2::kFloat : kernels_plain::kFloat;
}
template <>
const ConvPointKernels<double>& conv_point_kernels() {
  static const bool avx2 = has_avx2();
  return avx2 ? kernels_avx2::kDouble : kernels_plain::kDouble;
}

}  // namespace syconn
