// SPDX-License-Identifier: GPL-3.0-or-later
// Hash table of grid cells: dense numbers in the order of first appearance. Linear memory whatever the extent.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/core/vec3.h"

namespace syconn::points {

class CellTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffU;

  /// Makes room for `n` cells and forgets all others.
  void reset(std::size_t n) {
    std::size_t slots = 16;
    while (slots < 2 * n) slots *= 2;
    slots_.assign(slots, kNone);
    cells_.clear();
    cells_.reserve(n);
  }
  std::uint32_t find(const Vec3i& cell) const {
    for (std::size_t s = slot(cell);; s = (s + 1) & (slots_.size() - 1))
      if (slots_[s] == kNone || cells_[slots_[s]] == cell) return slots_[s];
  }
  /// Number of the cell, a new one if it has none yet. At most as many as reset() made room for.
  std::uint32_t insert(const Vec3i& cell) {
    for (std::size_t s = slot(cell);; s = (s + 1) & (slots_.size() - 1)) {
      if (slots_[s] == kNone) {
        slots_[s] = static_cast<std::uint32_t>(cells_.size());
        cells_.push_back(cell);
        return slots_[s];
      }
      if (cells_[slots_[s]] == cell) return slots_[s];
    }
  }
  std::size_t size() const { return cells_.size(); }

 private:
  std::size_t slot(const Vec3i& c) const {
    std::uint64_t h = static_cast<std::uint64_t>(c.x) * 0x9e3779b97f4a7c15ULL;
    h = (h ^ static_cast<std::uint64_t>(c.y)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 29) ^ static_cast<std::uint64_t>(c.z)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>(h >> 20) & (slots_.size() - 1);
  }
  std::vector<std::uint32_t> slots_;
  std::vector<Vec3i> cells_;
};

/// Cell of a point on a grid of pitch `edge` from `origin`, by floor.
inline Vec3i cell_of(const Vec3d& p, const Vec3d& origin, double edge) {
  return {static_cast<std::int64_t>(std::floor((p.x - origin.x) / edge)),
          static_cast<std::int64_t>(std::floor((p.y - origin.y) / edge)),
          static_cast<std::int64_t>(std::floor((p.z - origin.z) / edge))};
}

}  // namespace syconn::points
