// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/ks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

TEST(KolmogorovTail, EqualsClosedForms) {
  // n = 1: P(D >= d) = 2 - 2d for d >= 1/2; n = 2, 1/4 <= d <= 1/2: 1 - 2 (2d - 1/2)^2.
  EXPECT_NEAR(kolmogorov_tail(1, 0.75), 0.5, 1e-14);
  EXPECT_NEAR(kolmogorov_tail(2, 1.0 / 3), 1 - 2 * std::pow(2.0 / 3 - 0.5, 2), 1e-14);
  EXPECT_NEAR(kolmogorov_tail(2, 0.45), 1 - 2 * std::pow(0.9 - 0.5, 2), 1e-14);
  // For n large the limit: 2 exp(-2 z²) far out.
  EXPECT_NEAR(kolmogorov_tail(1'000'000, 3.5e-3) / (2 * std::exp(-2 * 3.5 * 3.5)), 1, 0.01);
  EXPECT_EQ(kolmogorov_tail(10, 0), 1);
  EXPECT_EQ(kolmogorov_tail(10, 0.04), 1);
  EXPECT_EQ(kolmogorov_tail(10, 1), 0);
}

TEST(KolmogorovTail, MethodsMeet) {
  // Where one takes over from the other they must agree: at n d² = 4 and at n = 5000.
  for (const int n : {20, 300, 4000}) {
    const double d = 2 / std::sqrt(static_cast<double>(n));
    if (d >= 0.5) continue;
    EXPECT_NEAR(kolmogorov_tail(n, d * (1 - 1e-9)) / kolmogorov_tail(n, d * (1 + 1e-9)), 1, 1e-6) << n;
  }
  for (const double z : {0.5, 0.8, 1.2, 1.8})
    EXPECT_NEAR(kolmogorov_tail(5001, z / std::sqrt(5001.0)), kolmogorov_tail(4999, z / std::sqrt(4999.0)), 2e-5) << z;
}

/// The distribution of D_n by drawing it.
TEST(KolmogorovTail, EqualsDrawing) {
  constexpr int kN = 12, kDraws = 40000;
  int at_least[3] = {0, 0, 0};
  const double d[3] = {0.2, 0.3, 0.42};
  for (int k = 0; k < kDraws; ++k) {
    Rng rng(11, static_cast<std::uint64_t>(k));
    std::vector<double> u;
    for (int i = 0; i < kN; ++i) u.push_back(rng.uniform());
    std::sort(u.begin(), u.end());
    double distance = 0;
    for (std::size_t i = 0; i < kN; ++i)
      distance = std::max({distance, static_cast<double>(i + 1) / kN - u[i], u[i] - static_cast<double>(i) / kN});
    for (int j = 0; j < 3; ++j) at_least[j] += distance >= d[j];
  }
  for (int j = 0; j < 3; ++j)
    EXPECT_NEAR(kolmogorov_tail(kN, d[j]), static_cast<double>(at_least[j]) / kDraws, 0.01) << d[j];
}

TEST(KsTest, StatisticEqualsLookingEverywhere) {
  for (std::uint64_t k = 0; k < 50; ++k) {
    Rng rng(5, k);
    std::vector<double> a, b;
    for (std::uint64_t i = 1 + rng.below(30); i > 0; --i) a.push_back(static_cast<double>(rng.below(12)));
    for (std::uint64_t i = 1 + rng.below(30); i > 0; --i) b.push_back(static_cast<double>(rng.below(15)));
    const auto share = [](const std::vector<double>& v, double x) {
      return static_cast<double>(std::count_if(v.begin(), v.end(), [&](double y) { return y <= x; })) /
             static_cast<double>(v.size());
    };
    double largest = 0;
    for (int x = 0; x < 16; ++x) largest = std::max(largest, std::abs(share(a, x) - share(b, x)));
    EXPECT_NEAR(ks_test(a, b).statistic, largest, 1e-15);
  }
}

TEST(KsTest, SamplesMustHaveValues) {
  EXPECT_THROW(ks_test({}, {1}), Error);
  EXPECT_THROW(ks_test({1}, {std::numeric_limits<double>::quiet_NaN()}), Error);
  const KsTest same = ks_test({1, 2, 3}, {1, 2, 3});
  EXPECT_EQ(same.statistic, 0);
  EXPECT_EQ(same.p, 1);
}

}  // namespace
}  // namespace syconn
