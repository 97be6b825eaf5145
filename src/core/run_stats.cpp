// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/run_stats.h"

#include <malloc.h>
#include <sys/resource.h>
#include <time.h>

#include <fstream>

namespace syconn {
namespace {

double clock_s(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024U;
}

void restart_peak_rss() {
  ::malloc_trim(0);  // freed memory of earlier work is nobody's need now
  std::ofstream("/proc/self/clear_refs") << "5";
}

double process_cpu_s() { return clock_s(CLOCK_PROCESS_CPUTIME_ID); }
double thread_cpu_s() { return clock_s(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace syconn
