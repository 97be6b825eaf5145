// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/core/volume_view.h"

namespace syconn {

/// x-run: the voxels [x, x+len) of row (y,z), dataset coordinates. Layout of the store's `runs_vx` i32 [R,4].
struct Run {
  std::int32_t x = 0, y = 0, z = 0, len = 0;

  std::int32_t end() const { return x + len; }
  Vec3i first() const { return {x, y, z}; }
  friend bool operator==(const Run&, const Run&) = default;
};
static_assert(sizeof(Run) == 16);

/// Raster order of the first voxels (z slowest).
inline bool raster_less(const Run& a, const Run& b) {
  return a.z != b.z ? a.z < b.z : a.y != b.y ? a.y < b.y : a.x < b.x;
}

std::uint64_t voxel_count(std::span<const Run> runs);
/// Smallest box that holds every run; empty for no run.
Box3 bounding_box(std::span<const Run> runs);
/// True if the runs are in raster order and no two overlap.
bool is_raster_sorted(std::span<const Run> runs);
/// Brings runs into the canonical form of a voxel set: raster order, overlapping and touching runs of a row joined.
void sort_and_merge(std::vector<Run>& runs);
/// Canonical runs of the non-zero voxels of `mask`.
std::vector<Run> runs_of_mask(VolumeView<const std::uint8_t> mask);
/// The parts of the runs inside `box`, appended to `out` in their order.
void clip_runs(std::span<const Run> runs, const Box3& box, std::vector<Run>& out);

/// Calls fn(Vec3i) for every voxel in the order of the runs.
template <class F>
void for_each_voxel(std::span<const Run> runs, F&& fn) {
  for (const Run& r : runs)
    for (std::int32_t x = r.x; x < r.end(); ++x) fn(Vec3i{x, r.y, r.z});
}

}  // namespace syconn
