// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string_view>

namespace syconn {

/// What instructions the kernels of inner loops may use. avx2: with FMA and BMI; avx512: F, BW, VL, DQ too.
enum class CpuLevel { portable, avx2, avx512 };

/// The best that this processor has, at most what limit_cpu_level() said. Integer results are the same for all.
CpuLevel cpu_level();
/// For tests and for finding faults: kernels chosen from now on need no more than this. Word: portable, avx2 or avx512;
/// throws Error{usage} for another one.
void limit_cpu_level(std::string_view word);
const char* name_of(CpuLevel level);

}  // namespace syconn
