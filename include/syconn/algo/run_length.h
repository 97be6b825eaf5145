// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/core/ids.h"

namespace syconn {

/// A piece of a true skeleton between two neighbouring nodes, and the segments of a segmentation below these.
struct SkeletonPiece {
  Id skeleton = 0;  ///< true cell
  Id segment_a = 0, segment_b = 0;
  double length_nm = 0;
};

/// Expected run length (Januszewski et al. 2018): how far one gets on average from a random place on the true
/// skeletons without an error of the segmentation. A piece is right if both ends lie in one segment that is not merged;
/// the run length at a place on it is the length of all right pieces of its skeleton in that segment. Elsewhere it is
/// 0. So it is the sum of the squared run lengths over the whole length.
struct RunLengthScore {
  std::uint64_t n_skeletons = 0, n_segments = 0;                     ///< with a piece; below a node
  std::uint64_t n_merged = 0;                                        ///< of the segments
  double length_nm = 0;                                              ///< of all pieces
  double right_nm = 0, split_nm = 0, merged_nm = 0, omitted_nm = 0;  ///< of these: adding up to all of it
  double erl_nm = 0;                                                 ///< NaN without length
  double truth_erl_nm = 0;                                           ///< of the skeletons themselves
  double normalised = 0;                                             ///< erl_nm / truth_erl_nm
};
/// `merged`: segments that are merged, ascending (merged_segments). Omitted: an end in segment 0; merged: an end in
/// a merged segment; split: two segments, neither of these. Throws Error{runtime} for a negative length.
RunLengthScore run_length_score(std::span<const SkeletonPiece> pieces, std::span<const Id> merged);

/// A node of a true skeleton and the segment below it.
struct SkeletonNode {
  Id skeleton = 0, segment = 0;
};
/// Segments but 0 that hold at least `min_nodes` nodes of each of two skeletons, ascending. More than one keeps nodes
/// beside a border of the segmentation from making a merger.
std::vector<Id> merged_segments(std::span<const SkeletonNode> nodes, std::uint64_t min_nodes = 1);

}  // namespace syconn
