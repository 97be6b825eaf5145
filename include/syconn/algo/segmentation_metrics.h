// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// Voxels that carry `truth` in one segmentation and `segment` in the other.
struct LabelOverlap {
  Id truth = 0, segment = 0;
  std::uint64_t n_vx = 0;
  friend bool operator==(const LabelOverlap&, const LabelOverlap&) = default;
};

/// Sparse joint histogram of two label volumes, background included. Chunks are counted apart and merged in any order
/// with the same result; memory is about 56 bytes a pair of labels that meet.
class OverlapHistogram {
 public:
  void add(Id truth, Id segment, std::uint64_t n_vx);
  /// Two views of one box. Throws Error{runtime} if their boxes differ.
  void add(VolumeView<const Id> truth, VolumeView<const Id> segment);
  void merge(const OverlapHistogram& from);
  /// Ascending by (truth, segment); no entry is 0.
  std::vector<LabelOverlap> entries() const;

 private:
  struct Hash {
    std::size_t operator()(const std::pair<Id, Id>& ids) const { return mix64(ids.first, ids.second); }
  };
  std::unordered_map<std::pair<Id, Id>, std::uint64_t, Hash> counts_;
};

// The functions below take entries in any order, each pair of labels at most once, summing to less than 2^63 voxels.

/// Variation of information in bits (Meila 2007). Voxels with truth 0 do not count; segment 0 is a label like others.
struct VariationOfInformation {
  double split = 0;  ///< H(segment | truth): how much the segmentation cuts true objects
  double merge = 0;  ///< H(truth | segment): how much it joins them
  double sum() const { return split + merge; }
};
/// Both NaN where no voxel has a truth.
VariationOfInformation variation_of_information(std::span<const LabelOverlap> overlaps);

/// Adapted Rand error of the SNEMI3D and CREMI challenges: 1 - 2PR/(P+R) with P = s / sum_j b_j^2, R = s / sum_i a_i^2,
/// s = sum_ij p_ij^2. Voxels with truth 0 do not count; each voxel of segment 0 is a segment of its own, which adds
/// sum_i p_i0 / n to s and to the sum of b_j^2.
struct AdaptedRandError {
  double precision = 0, recall = 0, error = 0;
};
/// All NaN where no voxel has a truth.
AdaptedRandError adapted_rand_error(std::span<const LabelOverlap> overlaps);

/// CREMI's score of a segmentation: sqrt(VOI · adapted Rand error), 0 for a perfect one.
double cremi_score(const VariationOfInformation& voi, const AdaptedRandError& rand);

/// Sets the voxels of `labels` to 0 that lie at most `reach_vx` voxels away, within their section, from a voxel with
/// one of its four neighbours there of another label: as truth they then do not count, as in the CREMI challenge.
/// `around` holds the same labels with border_margin(reach_vx) more voxels along x and y, as far as the volume has
/// them (beyond it is no border); then the result is that of the whole volume. Throws Error{runtime} if `around` does
/// not hold the box of `labels`, Error{config} unless 0 <= reach_vx <= 1000.
void clear_borders(VolumeView<const Id> around, double reach_vx, VolumeView<Id> labels);
Vec3i border_margin(double reach_vx);

/// A true object and the segment that stands for it.
struct InstanceMatch {
  Id truth = 0, segment = 0;
  double iou = 0;  ///< intersection over union of their voxels
  friend bool operator==(const InstanceMatch&, const InstanceMatch&) = default;
};

/// Objects matched one to one. 0 is no object on either side, but its voxels count for the unions.
struct InstanceScores {
  std::vector<InstanceMatch> matches;  ///< ascending by truth
  std::uint64_t n_truth = 0, n_segments = 0;
  double precision = 0, recall = 0, f1 = 0;  ///< NaN where undefined: no segment, no truth, neither
  double mean_iou = 0;                       ///< of the matches, "segmentation quality"; NaN for none
  double panoptic_quality = 0;  ///< sum of the matches' IoU / mean of n_truth and n_segments (Kirillov et al. 2019)
};
/// Pairs with IoU >= min_iou, the largest IoU first (tie: smaller truth, then smaller segment). From 0.5 on hardly any
/// pair competes, and the matching is the largest one; below that it is greedy. Throws Error{config} unless
/// 0 < min_iou <= 1.
InstanceScores match_instances(std::span<const LabelOverlap> overlaps, double min_iou);

}  // namespace syconn
