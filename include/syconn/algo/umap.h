// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace syconn {

/// Defaults: those of the published embedding figure (531 cells, 10-D).
struct UmapParams {
  std::uint32_t n_neighbours = 60;  ///< the sample itself included; at most the number of samples is used
  double min_dist = 0.05, spread = 1;
  std::uint32_t n_epochs = 1000;
  std::uint32_t negative_samples = 5;  ///< a positive one
  double learning_rate = 1;
  std::uint32_t out_dim = 2;
  std::uint64_t seed = 0;
};

/// 1 / (1 + a·d^(2b)).
struct UmapCurve {
  double a = 1, b = 1;
};
/// Least squares on 300 distances up to 3·spread against 1 up to min_dist and exp(-(d - min_dist)/spread) beyond.
UmapCurve fit_umap_curve(double min_dist, double spread);

/// Symmetric weighted graph in compressed rows: the neighbours of sample i are at [first[i], first[i+1]), ascending.
struct FuzzyGraph {
  std::vector<std::size_t> first;
  std::vector<std::uint32_t> neighbour;
  std::vector<double> weight;  ///< in (0, 1]
};
/// The fuzzy simplicial set: exact Euclidean neighbours (tie: lower index), each sample's distances beyond its nearest
/// one divided by a scale so that exp(-d) sums to log2(n_neighbours), then a + b - a·b over both directions.
/// Neighbours come from a k-d tree on `threads` threads: O(n log n) where the rows fill few dimensions, O(n²) at worst.
FuzzyGraph fuzzy_simplicial_set(std::span<const double> rows, std::size_t dim, std::uint32_t n_neighbours,
                                int threads = 1);

/// Uniform manifold approximation and projection (McInnes, Healy & Melville 2018) of n rows of `dim` values; returns n
/// rows of out_dim values. Start: principal components (each with its largest loading positive) scaled to ±10 and a
/// seeded jitter of 1e-4; then stochastic gradient descent with seeded negative samples in one fixed order. Same input,
/// same bytes for any number of threads. Throws Error{config} for parameters out of range, Error{runtime} for values
/// that are not finite.
std::vector<double> umap(std::span<const double> rows, std::size_t dim, const UmapParams& params = {}, int threads = 1);
/// What fuzzy_simplicial_set and umap hold at once beside the rows, at most, a row: both directions of the graph (24
/// bytes a neighbour) and their union (24); copies of the row, the tree and the places.
constexpr double umap_bytes_per_row(std::size_t dim, std::int64_t n_neighbours) {
  return 48 * static_cast<double>(n_neighbours) + 16 * static_cast<double>(dim) + 160;
}

}  // namespace syconn
