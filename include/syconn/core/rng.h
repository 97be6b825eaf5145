// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

#include "syconn/core/ids.h"
#include "syconn/core/vec3.h"

namespace syconn {

/// Counter-based generator: the k-th number is mix64(key, k), so streams can be opened anywhere, in any order.
/// Same numbers on every platform (no std distributions, whose output is up to the library).
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : key_(mix64(seed)) {}
  /// Independent stream for (seed, a, b, c), e.g. an object id and a purpose.
  Rng(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0)
      : key_(mix64(mix64(mix64(mix64(seed), a), b), c)) {}

  std::uint64_t next() { return mix64(key_, counter_++); }
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double lo, double hi) { return lo + (hi - lo) * uniform(); }
  /// Uniform integer in [0, n); n > 0. Multiply-shift, bias < n / 2^64.
  std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
  }
  /// Standard normal (Box-Muller, one value a call).
  double normal();
  double normal(double mean, double sigma) { return mean + sigma * normal(); }
  /// exp(normal(log(median), sigma)).
  double log_normal(double median, double sigma);
  /// Uniform direction on the unit sphere.
  Vec3d direction();

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace syconn
