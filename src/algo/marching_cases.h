// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <vector>

/// The 256 cases of marching cubes.
namespace syconn::detail {

/// Edges of a cell as pairs of corners (bit 0 of a corner: x, 1: y, 2: z).
inline constexpr std::array<std::array<int, 2>, 12> kCellEdge{
    {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {0, 2}, {1, 3}, {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}}};

/// Triangles as edge numbers for the corners that lie inside, anticlockwise seen from outside.
const std::vector<std::array<std::int8_t, 3>>& marching_triangles(std::uint8_t inside);

}  // namespace syconn::detail
