// SPDX-License-Identifier: GPL-3.0-or-later
#include "cell_vectors.h"

#include <limits>

#include "syconn/algo/cell_embedding.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr float kAbsent = std::numeric_limits<float>::quiet_NaN();

}  // namespace

PivotVectors pivot_vectors(PointNet& net, CellSamples& samples, std::uint64_t seed, int threads) {
  PivotVectors found;
  const std::vector<std::uint32_t>& pivots = samples.pivots();
  predict_contexts(net, samples, pivots, seed, threads,
                   [&](std::size_t i, const PointSample&, const std::vector<float>& out) {
                     found.pivots.push_back(pivots[i]);
                     found.rows.insert(found.rows.end(), out.begin(), out.end());
                   });
  return found;
}

std::vector<float> node_vectors(const CellParts& cell, const PivotVectors& of, std::size_t dim) {
  std::vector<float> rows(cell.nodes_nm.size() * dim, kAbsent);
  if (of.pivots.empty()) return rows;
  const std::vector<std::uint32_t> nearest = nearest_source(cell.nodes_nm, cell.edges, of.pivots);
  for (std::size_t i = 0; i < nearest.size(); ++i)
    std::copy_n(of.rows.begin() + static_cast<std::ptrdiff_t>(nearest[i] * dim), dim,
                rows.begin() + static_cast<std::ptrdiff_t>(i * dim));
  return rows;
}

std::vector<float> cell_vector_of(const std::vector<float>& node_rows, const PivotVectors& of, std::size_t dim,
                                  const std::vector<std::uint8_t>& compartment) {
  if (of.pivots.empty()) return std::vector<float>(dim, kAbsent);
  const std::vector<double> vector = cell_vector(node_rows, dim, compartment);
  return {vector.begin(), vector.end()};
}

}  // namespace syconn
