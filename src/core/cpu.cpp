// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/cpu.h"

#include <algorithm>
#include <atomic>
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

std::atomic<CpuLevel>& limit() {
  static std::atomic<CpuLevel> most{CpuLevel::avx512};
  return most;
}

}  // namespace

CpuLevel cpu_level() {
  static const CpuLevel best = best_level();
  return std::min(best, limit().load(std::memory_order_relaxed));
}

void limit_cpu_level(std::string_view word) {
  for (const CpuLevel level : {CpuLevel::portable, CpuLevel::avx2, CpuLevel::avx512})
    if (word == name_of(level)) {
      limit() = level;
      return;
    }
  throw Error(Category::usage,
              "'" + std::string(word) + "' is no kind of processor; it may be portable, avx2 or avx512");
}

const char* name_of(CpuLevel level) {
  return level == CpuLevel::portable ? "portable" : level == CpuLevel::avx2 ? "avx2" : "avx512";
}

}  // namespace syconn
