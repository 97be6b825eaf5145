// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "syconn/core/box3.h"
#include "syconn/core/ids.h"
#include "syconn/io/precomputed_shard_writer.h"

/// The spatial index of Neuroglancer's annotations: grids that get finer, each showing a random part of the
/// annotations.
namespace syconn {

struct AnnotationGridLevel {
  Vec3i grid;     ///< cells along x, y, z
  Vec3d cell_vx;  ///< edges of a cell; grid · cell_vx = the bounds
  ShardLayout layout;
};

/// All levels that an index over these bounds may have: one cell, then those axes halved again and again whose edges
/// exceed 1/sqrt(2) of the longest (nm), down to edges of 2 µm or 2^21 cells. A pure function of bounds and voxel size.
std::vector<AnnotationGridLevel> annotation_grid_levels(const Box3& bounds_vx, const Vec3d& voxel_nm);

/// Calls fn(cell) for each cell of `level` that the line from `from` to `to` (voxels, inside `bounds_vx`) meets; a cell
/// holds its faces.
void for_cells_of_line(const AnnotationGridLevel& level, const Box3& bounds_vx, const Vec3f& from, const Vec3f& to,
                       const std::function<void(const Vec3i&)>& fn);

/// Which level shows an annotation: that of the first threshold above annotation_hash(id).
struct AnnotationThresholds {
  std::vector<std::uint64_t> below;  ///< one a level, ascending; the last is 2^64 - 1 and includes it

  std::size_t level_of(Id id) const;
};
/// A number drawn for the annotation, uniform in 64 bits; also its place in the lists.
std::uint64_t annotation_hash(Id id);
/// Neuroglancer's rule: each level shows an annotation that is left with probability min(1, limit / n), n being the
/// most that are left in one of its cells, here as expected: `most` (annotations that meet the fullest cell of each
/// level) times the part that is left. The level where n <= limit, or the last one, shows all.
AnnotationThresholds annotation_thresholds(const std::vector<std::uint64_t>& most, std::uint64_t limit);

}  // namespace syconn
