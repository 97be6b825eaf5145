// SPDX-License-Identifier: GPL-3.0-or-later
// The voxels of one component in 4x4x4 bricks of one 64-bit word each, so that memory follows the voxels and not the
// box. A voxel is a slot: brick·64 + x + 4·y + 16·z; per-voxel values lie in arrays over the slots.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/runs.h"

namespace syconn::skeleton {

inline constexpr std::uint32_t kNoBrick = 0xffffffffU;
inline constexpr int kCentre = 13;  ///< code of the brick itself; code = (dz+1)·9 + (dy+1)·3 + dx+1

struct Brick {
  std::uint64_t graph = 0;  ///< voxels of the cell
  std::uint64_t solid = 0;  ///< these and the enclosed cavities
  std::int32_t x = 0, y = 0, z = 0;
};

/// The neighbours of a voxel, brick by brick.
struct NeighbourTable {
  struct Group {
    std::uint8_t code;
    std::uint64_t mask;
  };
  std::array<std::array<Group, 8>, 64> groups;
  std::array<std::uint8_t, 64> n_groups;
};
const NeighbourTable& neighbour_table();

class Bricks {
 public:
  /// Both raster-sorted; `cavities` inside the box of `runs`. Throws Error{runtime} beyond 2^32 slots.
  Bricks(std::span<const Run> runs, std::span<const Run> cavities);

  std::size_t n_bricks() const { return bricks_.size(); }
  std::size_t n_slots() const { return bricks_.size() * 64; }
  std::uint64_t graph(std::uint32_t b) const { return graph_[b]; }
  std::uint64_t solid(std::uint32_t b) const { return solid_[b]; }
  /// A word a brick.
  const std::vector<std::uint64_t>& graph() const { return graph_; }
  std::uint32_t neighbour(std::uint32_t b, int code) const { return neighbours_[b][static_cast<std::size_t>(code)]; }
  bool in_graph(std::uint32_t slot) const { return graph_[slot >> 6] >> (slot & 63) & 1; }

  /// Voxel relative to origin(); the brick grid starts there.
  Vec3i local_voxel(std::uint32_t slot) const {
    const Brick& b = bricks_[slot >> 6];
    return {4 * b.x + (slot & 3), 4 * b.y + (slot >> 2 & 3), 4 * b.z + (slot >> 4 & 3)};
  }
  const Vec3i& origin() const { return origin_; }
  bool raster_before(std::uint32_t a, std::uint32_t b) const { return raster_less(local_voxel(a), local_voxel(b)); }

  /// Calls fn(brick, bits) for the bricks that hold neighbours of `slot`, bits = the neighbouring places there.
  template <class F>
  void neighbour_groups(std::uint32_t slot, F&& fn) const {
    const std::uint32_t l = slot & 63;
    const auto& around = neighbours_[slot >> 6];
    for (int g = 0; g < table_.n_groups[l]; ++g) {
      const NeighbourTable::Group& group = table_.groups[l][static_cast<std::size_t>(g)];
      const std::uint32_t b = around[group.code];
      if (b != kNoBrick) fn(b, group.mask);
    }
  }

 private:
  void link();

  Vec3i origin_;
  std::vector<Brick> bricks_;
  std::vector<std::uint64_t> graph_, solid_;  ///< of the bricks, packed: waves read nothing else of them
  std::vector<std::array<std::uint32_t, 27>> neighbours_;
  const NeighbourTable& table_ = neighbour_table();
};

template <class F>
void for_bits(std::uint64_t bits, F&& fn) {
  for (; bits; bits &= bits - 1) fn(static_cast<std::uint32_t>(std::countr_zero(bits)));
}

/// Voxels that are enclosed by the component: the 6-connected parts of its background that do not reach the outside of
/// its box. Raster-sorted runs.
std::vector<Run> cavities(std::span<const Run> runs);

}  // namespace syconn::skeleton
