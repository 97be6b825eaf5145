// SPDX-License-Identifier: GPL-3.0-or-later
// Exact neighbours among rows of any dimension, by comparing all of them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace syconn::points {

inline double row_square(std::span<const double> rows, std::size_t dim, std::size_t a, std::size_t b) {
  double sum = 0;
  for (std::size_t d = 0; d < dim; ++d) {
    const double x = rows[a * dim + d] - rows[b * dim + d];
    sum += x * x;
  }
  return sum;
}

/// The other rows with their squared distances, the nearest k first and in order (tie: lower index).
inline std::vector<std::pair<double, std::uint32_t>> nearest_rows(std::span<const double> rows, std::size_t dim,
                                                                  std::size_t row, std::size_t k) {
  std::vector<std::pair<double, std::uint32_t>> others;
  for (std::uint32_t i = 0; i < rows.size() / dim; ++i)
    if (i != row) others.emplace_back(row_square(rows, dim, row, i), i);
  std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(std::min(k, others.size())),
                    others.end());
  return others;
}

}  // namespace syconn::points
