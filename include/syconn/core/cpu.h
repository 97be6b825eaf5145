// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace syconn {

/// What instructions the kernels of inner loops may use. avx2: with FMA and BMI; avx512: F, BW, VL, DQ too.
enum class CpuLevel { portable, avx2, avx512 };

/// The best that this processor has, or what the environment variable SYCONN_CPU (portable, avx2 or avx512) limits it
/// to: integer results are the same for all. Throws Error{usage} for another word there.
CpuLevel cpu_level();
const char* name_of(CpuLevel level);

}  // namespace syconn
