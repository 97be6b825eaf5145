// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/runs.h"

namespace syconn {

/// A part of one fragment: its voxels as canonical runs.
struct SynapsePart {
  std::uint32_t fragment = 0;  ///< place in the input
  std::vector<Run> runs;

  friend bool operator==(const SynapsePart&, const SynapsePart&) = default;
};
/// One synapse between two cells: its parts, by fragment, then by smallest raster voxel.
using SynapseParts = std::vector<SynapsePart>;

/// Cell-level synapses of one pair of cells. `fragments`: the junction voxels of each supervoxel pair (disjoint sets of
/// raster-sorted runs). Within a fragment voxels at most 2 voxels apart (Euclidean, voxel units) are one part; parts of
/// different fragments are joined where their closest voxels are at most `gap_nm` apart (centres), so two parts of
/// one fragment meet through a third only. Exact, in whole picometres; ordered by smallest raster voxel. Source:
/// Schubert et al. 2022, Methods (synapse agglomeration). Linear in runs times the rows within reach. Throws
/// Error{config} for a voxel size or gap out of range, Error{runtime} for runs that are not raster-sorted.
std::vector<SynapseParts> agglomerate(std::span<const std::span<const Run>> fragments, const Vec3d& voxel_size_nm,
                                      double gap_nm = 250);

}  // namespace syconn
