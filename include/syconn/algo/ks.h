// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

namespace syconn {

/// Two-sample Kolmogorov-Smirnov test.
struct KsTest {
  double statistic = 0;  ///< largest distance of the two cumulative distributions
  double location = 0;   ///< smallest value where it is reached
  int sign = 1;          ///< +1: the first distribution is above there
  double p = 1;          ///< two-sided, asymptotic
};
/// p = P(D_n > statistic) with n = the rounded a·b/(a + b), as SciPy's `ks_2samp(method="asymp")`. Throws
/// Error{runtime} for an empty sample or one with NaN.
KsTest ks_test(std::vector<double> a, std::vector<double> b);

/// P(D_n >= d) for the distance D_n of n uniform numbers from their distribution (Kolmogorov). Exact to about 1e-9 of
/// itself: Durbin's matrix power (Marsaglia, Tsang and Wang 2003) up to n = 5000, twice Smirnov's one-sided
/// probability in the tail; beyond, Vrbik's (2018) correction of the limit, to about 1e-6.
double kolmogorov_tail(std::int64_t n, double d);

}  // namespace syconn
