// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/point_grid.h"
#include "syconn/core/rng.h"

namespace syconn {

/// Support points of one level of a point network and their neighbours one level below.
struct SupportPoints {
  std::vector<std::uint32_t> picked;      ///< indices into the points below, in the order of the draw
  std::vector<std::uint32_t> neighbours;  ///< k a picked point, row by row, nearest first (the point itself included)
};

/// The heuristic of ConvPoint (Boulch 2020): every point counts how often it was used. A pick is uniform among the
/// points of the lowest count; its k nearest points count one more, itself another 100. Picks repeat when n_picks is
/// larger than the number of points. The candidates lie in a pool from which a point is taken in constant time, so the
/// cost is that of n_picks neighbour queries. Same generator, same picks.
SupportPoints pick_least_used(const PointGrid& points, std::uint32_t n_picks, std::uint32_t k, Rng& rng);

/// Space quantisation (LightConvPoint): the points in random order; the first one of each cell of edge
/// diagonal/sqrt(n_picks), counted by floor from the points' minimum, is picked; what is left goes through rounds of
/// half the edge until there are n_picks. When 2^20 cells along an axis do not separate the rest (equal points), it
/// is taken in its order. More picks than points: the list starts again. The order is that of the picks.
std::vector<std::uint32_t> pick_quantised(std::span<const Vec3f> points, std::uint32_t n_picks, Rng& rng);
/// The same with the k nearest points of each pick.
SupportPoints pick_quantised(const PointGrid& points, std::uint32_t n_picks, std::uint32_t k, Rng& rng);

/// The index in [0, n) for each place of a random permutation (Fisher-Yates).
std::vector<std::uint32_t> random_order(std::uint32_t n, Rng& rng);

}  // namespace syconn
