// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "point_predict.h"

/// Vectors of pivots, of skeleton nodes and of cells.
namespace syconn {

/// What an embedding network says of one cell: a vector for each pivot whose context has points.
struct PivotVectors {
  std::vector<std::uint32_t> pivots;  ///< nodes, ascending
  std::vector<float> rows;            ///< one a pivot
};
/// Contexts are drawn by (seed, cell, pivot): the threads do not show.
PivotVectors pivot_vectors(PointNet& net, CellSamples& samples, std::uint64_t seed, int threads);

/// One row of `dim` values a node of the cell's skeleton, that of the pivot nearest by path; NaN where there is no
/// pivot.
std::vector<float> node_vectors(const CellParts& cell, const PivotVectors& of, std::size_t dim);
/// cell_vector() of node rows; NaN for a cell without pivots or nodes.
std::vector<float> cell_vector_of(const std::vector<float>& node_rows, const PivotVectors& of, std::size_t dim,
                                  const std::vector<std::uint8_t>& compartment);

}  // namespace syconn
