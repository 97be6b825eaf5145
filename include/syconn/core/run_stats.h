// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <chrono>
#include <cstdint>

namespace syconn {

/// Highest resident set of this process since restart_peak_rss(), or since it started; bytes.
std::uint64_t peak_rss_bytes();
/// Gives freed memory back to the system and lets peak_rss_bytes() begin anew; without effect on the peak where the
/// system has no /proc/self/clear_refs.
void restart_peak_rss();
/// CPU time of this process (all threads) and of the calling thread, s.
double process_cpu_s();
double thread_cpu_s();

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace syconn
