// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "syconn/core/vec3.h"

namespace syconn {

/// Exact k nearest neighbours among fixed points, on a hashed uniform grid whose cell follows the points' density.
///
/// Distance: ((dx² + dy²) + dz²) in float32, every operation rounded once, so all processors give the same order. Ties:
/// the lower index comes first. Memory 40 bytes a point; a query costs about k + the points of 27 cells, far queries of
/// sparse sets at most one pass over all points. Safe for many threads at once.
class PointGrid {
 public:
  /// `k_hint`: the usual k; only speed depends on it. Throws Error{runtime} for no point, a coordinate that is not
  /// finite or an extent beyond 1e18, and for 2^32 points or more.
  explicit PointGrid(std::span<const Vec3f> points, std::uint32_t k_hint = 16);
  ~PointGrid();
  PointGrid(PointGrid&&) noexcept;
  PointGrid& operator=(PointGrid&&) noexcept;

  std::size_t size() const;
  const Vec3f& point(std::uint32_t index) const;
  /// Indices of the k nearest points, nearest first, into out[0..k). Of fewer than k points the list starts again from
  /// the nearest one. Throws Error{runtime} for k = 0 or a query that is not finite.
  void nearest(const Vec3f& query, std::span<std::uint32_t> out) const;
  /// The same for many queries: k indices each, row by row.
  std::vector<std::uint32_t> nearest(std::span<const Vec3f> queries, std::uint32_t k) const;

 private:
  struct Cells;
  std::unique_ptr<Cells> cells_;
};

}  // namespace syconn
