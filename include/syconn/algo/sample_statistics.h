// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

/// Numbers that describe samples, for the analyses.
namespace syconn {

/// Between neighbours in an ascending sample (Hyndman and Fan 1996, type 7); NaN of an empty one.
double quantile(std::span<const double> ascending, double share);
/// Sorts a copy; NaN of an empty sample.
double median(std::vector<double> values);

struct Interval {
  double low = 0, high = 0;
};

/// Values, and which independent unit (cell) each is of.
struct ClusteredSample {
  std::vector<double> values;
  std::vector<std::uint64_t> cluster;
};
/// median(a) - median(b) with percentile intervals of the bootstrap (Efron 1979).
struct MedianDifference {
  double difference = 0;
  Interval values;    ///< values of both samples drawn with replacement
  Interval clusters;  ///< clusters drawn with replacement, each with its values in both samples: NaN for one cluster
};
/// `confidence`: of the intervals. Deterministic in the seed, for any number of threads; replicates in which a sample
/// would be empty are left out. O(replicates · values). Throws Error{runtime} for an empty sample, or without one
/// cluster a value.
MedianDifference median_difference(const ClusteredSample& a, const ClusteredSample& b, std::uint32_t replicates,
                                   std::uint64_t seed, int threads = 1, double confidence = 0.95);

/// A log-normal distribution by maximum likelihood.
struct LogNormal {
  double mu = 0, sigma = 0;  ///< of the logarithms, in the values' unit
  double distance = 0;       ///< largest distance of its cumulative distribution to the sample's
  double cumulative(double value) const;
};
/// Throws Error{runtime} for an empty sample or a value that is not above 0.
LogNormal fit_log_normal(std::vector<double> values);

/// Holm's (1979) adjustment of p-values for their number, in their order.
std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace syconn
