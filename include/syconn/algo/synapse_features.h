// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/runs.h"
#include "syconn/core/ids.h"

/// What a synapse is described by, besides its shape: the organelles of its two partner cells near it.
namespace syconn {

/// Answers which points lie near a voxel set: a tree of boxes over its runs. Memory: 16 bytes a run and 12 a run for
/// the boxes.
class RunProximity {
 public:
  /// `runs` in raster order.
  RunProximity(std::span<const Run> runs, const Vec3d& voxel_size_nm);
  /// True if some voxel's centre, (v + 0.5) * voxel size, is at most `radius_nm` from the point.
  bool within(const Vec3d& point_nm, double radius_nm) const;
  /// Number of points (x, y, z in nm, one after the other) that are within.
  std::uint64_t count_within(std::span<const float> points_nm, double radius_nm) const;

 private:
  struct BoxNm {
    Vec3d min, max;  ///< of voxel centres
  };
  BoxNm box_of(const Run& run) const;
  BoxNm build(std::size_t node, std::size_t first_leaf, std::size_t n_leaves);
  bool search(std::size_t node, std::size_t first_leaf, std::size_t n_leaves, const Vec3d& point_nm,
              double squared) const;

  std::vector<Run> runs_;
  Vec3d voxel_size_nm_;
  std::vector<BoxNm> boxes_;  ///< node 0: all leaves; a node over n leaves is followed by its left half, then its right
};

/// Organelles of one partner cell near a synapse. An object counts with the share of its mesh vertices that are near.
struct NearOrganelles {
  std::uint64_t n_mi = 0, n_vc = 0;
  double mi_vx = 0, vc_vx = 0;
};

inline constexpr int kSynapseFeatures = 10;
/// size_vx, mesh_area_um2, then n_mi, mi_vx, n_vc, vc_vx of the first partner, then of the second. First is the partner
/// with more vesicle voxels, else with more vesicle clouds, else `a` (the smaller cell id). Source: Schubert et al.
/// 2022, Methods (synapse classification); the order of the partners is ours.
std::array<float, kSynapseFeatures> synapse_features(std::uint64_t size_vx, double mesh_area_um2,
                                                     const NearOrganelles& a, const NearOrganelles& b);
/// (vc_a - vc_b) / (vc_a + vc_b) of the vesicle voxels; 0 if there are none.
double vesicle_direction(const NearOrganelles& a, const NearOrganelles& b);
/// -1 (inhibitory) if sym / (sym + asym) > max_sym_fraction, +1 if not, 0 where neither was seen.
std::int8_t synapse_sign(std::uint64_t n_sym, std::uint64_t n_asym, double max_sym_fraction = 0.225);
/// What the next `part` of `whole` voxels, `before` of which had their share, gets of `amount`: rounded sums, so that
/// the shares of all parts add up to `amount`.
std::uint64_t share_of(std::uint64_t amount, std::uint64_t whole, std::uint64_t before, std::uint64_t part);

}  // namespace syconn
