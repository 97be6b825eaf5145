// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

#include "syconn/core/vec3.h"

namespace syconn {

/// Neuroglancer's compressed Morton code of a cell of a grid: bits of x, y, z interleaved from the lowest, those left
/// out that the grid never needs. 0 <= cell < grid on each axis, and the grid needs at most 64 bits (morton_bits).
constexpr std::uint64_t compressed_morton(const Vec3i& cell, const Vec3i& grid) {
  std::uint64_t code = 0;
  int out = 0;
  for (int bit = 0; bit < 62; ++bit)
    for (int axis = 0; axis < 3; ++axis)
      if (std::int64_t{1} << bit < grid[axis]) code |= (static_cast<std::uint64_t>(cell[axis]) >> bit & 1U) << out++;
  return code;
}

/// Bits of the codes of a grid.
constexpr int morton_bits(const Vec3i& grid) {
  int bits = 0;
  for (int axis = 0; axis < 3; ++axis)
    for (int bit = 0; bit < 62 && std::int64_t{1} << bit < grid[axis]; ++bit) ++bits;
  return bits;
}

}  // namespace syconn
