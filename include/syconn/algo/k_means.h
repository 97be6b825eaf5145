// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace syconn {

struct KMeansParams {
  std::uint32_t starts = 20;       ///< the one of least inertia is kept (tie: the first)
  std::uint32_t max_rounds = 300;  ///< of Lloyd's algorithm, a start
  std::uint64_t seed = 0;
};
struct KMeans {
  std::vector<std::int32_t> label;  ///< cluster of each row, numbered by their first rows
  std::vector<double> centres;      ///< k rows: the means of the members
  double inertia = 0;               ///< sum of squared distances to the centres
};

/// k clusters of n rows of `dim` values: seeded k-means++ starts (Arthur & Vassilvitskii 2007), Lloyd's rounds until no
/// row moves (tie: lower centre). A cluster that lost all rows takes the one farthest from its centre, so none is empty
/// as long as k rows differ. Same input, same result. O(starts · rounds · n · k · dim). Throws Error{config}: k is 0 or
/// above n, no start; Error{runtime}: rows that are not whole or not finite.
KMeans k_means(std::span<const double> rows, std::size_t dim, std::uint32_t k, const KMeansParams& params = {});

}  // namespace syconn
