// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cmath>
#include <cstddef>

namespace syconn {

/// Sum of doubles without rounding in between, so that their order does not matter: a list of numbers whose bits do not
/// overlap (Shewchuk 1997, "Adaptive precision floating-point arithmetic"). All zero bytes are an empty sum. Finite
/// values only, and sums below the largest double.
class ExactSum {
 public:
  void add(double x) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      const double sum = x + parts_[i], from_part = sum - x;
      const double lost = (x - (sum - from_part)) + (parts_[i] - from_part);
      if (lost != 0) parts_[kept++] = lost;
      x = sum;
    }
    parts_[kept] = x;
    n_ = kept + 1;
  }
  /// Adds a·b, exactly.
  void add_product(double a, double b) {
    const double product = a * b;
    add(product), add(std::fma(a, b, -product));
  }
  /// The double that is nearest to the sum; a tie goes to the even one.
  double value() const {
    if (n_ == 0) return 0;
    std::size_t i = n_ - 1;
    double high = parts_[i], low = 0;
    while (i > 0 && low == 0) {
      const double before = high;
      high = before + parts_[--i];
      low = parts_[i] - (high - before);
    }
    // Halfway between two doubles the parts below decide.
    if (i > 0 && ((low < 0 && parts_[i - 1] < 0) || (low > 0 && parts_[i - 1] > 0))) {
      const double twice = 2 * low, further = high + twice;
      if (twice == further - high) high = further;
    }
    return high;
  }
  /// What value() leaves out, rounded to a double.
  double rest() const {
    ExactSum without = *this;
    without.add(-value());
    return without.value();
  }

 private:
  static constexpr std::size_t kMostParts = 42;  // exponents of doubles span 2,098 bits, a part holds at least 53
  std::size_t n_ = 0;
  double parts_[kMostParts] = {};
};

}  // namespace syconn
