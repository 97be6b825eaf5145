// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/cpu.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "syconn/core/error.h"

namespace syconn {
namespace {

CpuLevel best_level() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  if (!avx2) return CpuLevel::portable;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
             ? CpuLevel::avx512
             : CpuLevel::avx2;
#else
  return CpuLevel::portable;
#endif
}

CpuLevel wanted_level() {
  const char* set = std::getenv("SYCONN_CPU");
  if (set == nullptr) return CpuLevel::avx512;
  for (const CpuLevel level : {CpuLevel::portable, CpuLevel::avx2, CpuLevel::avx512})
    if (set == std::string(name_of(level))) return level;
  throw Error(Category::usage, std::string("SYCONN_CPU is '") + set + "'; it may be portable, avx2 or avx512");
}

}  // namespace

CpuLevel cpu_level() {
  static const CpuLevel level = std::min(best_level(), wanted_level());
  return level;
}

const char* name_of(CpuLevel level) {
  return level == CpuLevel::portable ? "portable" : level == CpuLevel::avx2 ? "avx2" : "avx512";
}

}  // namespace syconn
