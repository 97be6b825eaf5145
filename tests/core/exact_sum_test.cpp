// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "syconn/core/rng.h"

namespace syconn {
namespace {

double exact_sum(const std::vector<double>& values) {
  ExactSum sum;
  for (const double v : values) sum.add(v);
  return sum.value();
}

TEST(ExactSum, KnownCases) {
  EXPECT_EQ(exact_sum({}), 0);
  EXPECT_EQ(exact_sum({0.1, 0.2, 0.3}), 0.6);  // 0.6000000000000001 with a rounding at each step
  EXPECT_EQ(exact_sum({1e300, 1, -1e300}), 1);
  EXPECT_EQ(exact_sum({1e16, 1, 1e-16}), 1e16 + 2);  // a tie but for the last one
  EXPECT_EQ(exact_sum({1e16, 1}), 1e16);
  EXPECT_EQ(exact_sum({-1e16, -1, -1e-16}), -1e16 - 2);
  EXPECT_EQ(exact_sum({5e-324, 1e308, -1e308, 5e-324}), 1e-323);
}

TEST(ExactSum, EqualsIntegersAndDoesNotDependOnTheOrder) {
  Rng rng(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> values;
    __int128 whole = 0;  // of multiples of 2^-60
    for (int i = 0; i < 300; ++i) {
      const auto n = static_cast<std::int64_t>(rng.below(std::uint64_t{1} << 53)) - (std::int64_t{1} << 52);
      const int shift = static_cast<int>(rng.below(60));
      values.push_back(std::ldexp(static_cast<double>(n), shift - 60));
      whole += static_cast<__int128>(n) << shift;
    }
    const double sum = exact_sum(values);
    EXPECT_EQ(sum, std::ldexp(static_cast<double>(whole), -60));
    for (int i = 0; i < 5; ++i) {
      for (std::size_t k = values.size() - 1; k > 0; --k) std::swap(values[k], values[rng.below(k + 1)]);
      EXPECT_EQ(exact_sum(values), sum);
    }
  }
}

TEST(ExactSum, ProductsAndTheRest) {
  ExactSum sum;
  sum.add_product(1 + 0x1p-30, 1 + 0x1p-30);  // 1 + 2^-29 + 2^-60
  EXPECT_EQ(sum.value(), 1 + 0x1p-29);
  EXPECT_EQ(sum.rest(), 0x1p-60);
}

}  // namespace
}  // namespace syconn
