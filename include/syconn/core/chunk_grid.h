// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/box3.h"

namespace syconn {

/// Regular tiling of a box by chunks aligned to the dataset's corner (0,0,0). Chunks are numbered in raster
/// order (x fastest); border chunks are clipped to the box. Every voxel of the box is in exactly one chunk.
class ChunkGrid {
 public:
  ChunkGrid() = default;
  /// Throws Error{config} unless every edge is positive.
  ChunkGrid(const Box3& box, const Vec3i& chunk);

  std::int64_t count() const { return n_.product(); }
  const Vec3i& grid_size() const { return n_; }
  const Vec3i& chunk() const { return chunk_; }
  const Box3& box() const { return box_; }
  /// Grid position of chunk `index`, in units of chunks from the dataset's corner.
  Vec3i position(std::int64_t index) const;
  /// The voxels chunk `index` owns.
  Box3 chunk_box(std::int64_t index) const;
  /// Index of the chunk that owns `voxel`.
  std::int64_t index_of(const Vec3i& voxel) const;

 private:
  Box3 box_;
  Vec3i chunk_{1, 1, 1}, first_, n_;
};

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return -floor_div(-a, b); }

}  // namespace syconn
