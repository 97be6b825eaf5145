// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "syconn/algo/runs.h"
#include "syconn/core/ids.h"

/// Metrics of the CREMI challenge for synaptic clefts and partners.
namespace syconn {

/// Distances of one map's voxels to the nearest voxel of the other, centre to centre; 0 for voxels of both.
struct CleftSide {
  std::uint64_t n_vx = 0;
  std::uint64_t far_vx = 0;  ///< further than far_nm
  double mean_nm = 0;        ///< NaN where this map is empty, infinite where only the other one is
};
struct CleftScore {
  CleftSide found;         ///< mean_nm: ADGT, far_vx: false positives
  CleftSide truth;         ///< mean_nm: ADF, far_vx: false negatives
  double cremi_score = 0;  ///< (ADGT + ADF) / 2
};
/// Two sets of voxels as canonical runs (sort_and_merge). Exact at any distance: a k-d tree over the surface voxels of
/// the other map, so about 60 bytes a surface voxel of one map at a time. Independent of `threads`. Throws
/// Error{config} unless far_nm and the voxel size are positive.
CleftScore cleft_score(std::span<const Run> found, std::span<const Run> truth, const Vec3d& voxel_nm,
                       double far_nm = 200, int threads = 1);

/// A synapse as a pair of places in two cells.
struct PartnerPair {
  Id pre = 0, post = 0;  ///< cells
  Vec3d pre_nm, post_nm;
};
struct PartnerScore {
  std::uint64_t n_truth = 0, n_found = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> matches;  ///< (index in found, index in truth), ascending
  double precision = 0, recall = 0, f1 = 0;                      ///< NaN where undefined
};
/// A found pair can be a true one only if both cells agree and both places lie less than `max_nm` from the true ones.
/// Of all such matchings one with the most pairs, and of these the least sum of mean distances (in picometres).
/// Throws Error{config} unless 0 < max_nm <= 10^9.
PartnerScore match_partners(std::span<const PartnerPair> found, std::span<const PartnerPair> truth,
                            double max_nm = 400);

}  // namespace syconn
