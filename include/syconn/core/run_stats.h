// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <chrono>
#include <cstdint>

namespace syconn {

/// Highest resident set of this process so far, bytes.
std::uint64_t peak_rss_bytes();
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
