// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/ks.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kTail = 4;                   ///< n d²: from here both sides at once are negligible
constexpr std::int64_t kLargestExact = 5000;  ///< matrices of up to 282 rows

/// Smirnov's probability that the distance to one side is at least d; all terms are positive.
double one_sided(std::int64_t n, double d) {
  const auto count = static_cast<double>(n);
  double sum = 0;
  for (std::int64_t j = 0; j <= n; ++j) {
    const double at = d + static_cast<double>(j) / count, rest = 1 - at;
    if (rest < 0) break;
    if (rest == 0 && j < n) break;
    const auto k = static_cast<double>(j);
    const double log_choose = std::lgamma(count + 1) - std::lgamma(k + 1) - std::lgamma(count - k + 1);
    const double log_rest = j == n ? 0 : (count - k) * std::log(rest);
    sum += std::exp(log_choose + (k - 1) * std::log(at) + log_rest);
  }
  return std::min(1.0, d * sum);
}

/// A matrix whose entries would leave the range of double carries a power of ten beside it.
struct Scaled {
  Eigen::MatrixXd m;
  double log10_scale = 0;

  void rescale() {
    const double largest = m.maxCoeff();
    if (largest < 1e140) return;
    m *= 1e-140, log10_scale += 140;
  }
};

Scaled power(Scaled base, std::int64_t n) {
  Scaled result{Eigen::MatrixXd::Identity(base.m.rows(), base.m.cols()), 0};
  for (; n > 0; n >>= 1) {
    if ((n & 1) != 0) {
      result.m = result.m * base.m;
      result.log10_scale += base.log10_scale;
      result.rescale();
    }
    if (n == 1) break;
    base.m = base.m * base.m;
    base.log10_scale *= 2;
    base.rescale();
  }
  return result;
}

/// P(D_n < d) by Durbin's matrix: n!/n^n times the middle entry of H^n.
double durbin(std::int64_t n, double d) {
  const double t = static_cast<double>(n) * d;
  const auto k = static_cast<std::int64_t>(t) + 1;
  const std::int64_t m = 2 * k - 1;
  const double h = static_cast<double>(k) - t;
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(m, m);
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < m; ++j) matrix(i, j) = i - j + 1 < 0 ? 0 : 1;
  for (std::int64_t i = 0; i < m; ++i) {
    matrix(i, 0) -= std::pow(h, i + 1);
    matrix(m - 1, i) -= std::pow(h, m - i);
  }
  matrix(m - 1, 0) += 2 * h - 1 > 0 ? std::pow(2 * h - 1, m) : 0;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j <= std::min(i, m - 1); ++j)
      matrix(i, j) *= std::exp(-std::lgamma(static_cast<double>(i - j + 2)));
  const Scaled result = power({matrix, 0}, n);
  const auto count = static_cast<double>(n);
  const double log_factor = std::lgamma(count + 1) - count * std::log(count) + result.log10_scale * std::log(10.0);
  return std::clamp(result.m(k - 1, k - 1) * std::exp(log_factor), 0.0, 1.0);
}

/// P(K < z) of the limit.
double limit(double z) {
  if (z < 0.05) return 0;
  double sum = 0;
  if (z < 1) {
    for (int k = 1; k < 20; ++k) sum += std::exp(-(2 * k - 1) * (2 * k - 1) * kPi * kPi / (8 * z * z));
    return std::sqrt(2 * kPi) / z * sum;
  }
  for (int k = 1; k < 20; ++k) sum += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * z * z);
  return 1 - sum;
}

}  // namespace

double kolmogorov_tail(std::int64_t n, double d) {
  const auto count = static_cast<double>(n);
  if (n <= 0 || d <= 0.5 / count) return 1;
  if (d >= 1) return 0;
  if (count * d * d >= kTail || d >= 0.5) return std::min(1.0, 2 * one_sided(n, d));
  if (n <= kLargestExact) return 1 - durbin(n, d);
  const double root = std::sqrt(count), z = root * d;
  return std::clamp(1 - limit(z + 1 / (6 * root) + (z - 1) / (4 * count)), 0.0, 1.0);
}

KsTest ks_test(std::vector<double> a, std::vector<double> b) {
  if (a.empty() || b.empty()) throw Error(Category::runtime, "Kolmogorov-Smirnov test of an empty sample");
  for (const auto* sample : {&a, &b})
    if (std::any_of(sample->begin(), sample->end(), [](double x) { return std::isnan(x); }))
      throw Error(Category::runtime, "Kolmogorov-Smirnov test of a sample with NaN");
  std::sort(a.begin(), a.end()), std::sort(b.begin(), b.end());
  KsTest test;
  test.location = std::min(a.front(), b.front());
  const auto na = static_cast<double>(a.size()), nb = static_cast<double>(b.size());
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const double x = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    while (i < a.size() && a[i] == x) ++i;
    while (j < b.size() && b[j] == x) ++j;
    const double difference = static_cast<double>(i) / na - static_cast<double>(j) / nb;
    if (std::abs(difference) > test.statistic)
      test.statistic = std::abs(difference), test.location = x, test.sign = difference > 0 ? 1 : -1;
  }
  test.p = kolmogorov_tail(std::llround(std::nearbyint(na * nb / (na + nb))), test.statistic);
  return test;
}

}  // namespace syconn
