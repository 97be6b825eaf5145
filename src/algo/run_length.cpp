// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/run_length.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "syconn/core/error.h"

namespace syconn {

RunLengthScore run_length_score(std::span<const SkeletonPiece> pieces, std::span<const Id> merged) {
  RunLengthScore s;
  std::map<Id, double> whole;
  std::map<std::pair<Id, Id>, double> runs;
  std::set<Id> segments;
  const auto is_merged = [&](Id segment) { return std::binary_search(merged.begin(), merged.end(), segment); };
  for (const SkeletonPiece& p : pieces) {
    if (!(p.length_nm >= 0)) throw Error(Category::runtime, "run length: a piece of negative length");
    s.length_nm += p.length_nm, whole[p.skeleton] += p.length_nm;
    for (const Id segment : {p.segment_a, p.segment_b})
      if (segment != kBackground) segments.insert(segment);
    if (p.segment_a == kBackground || p.segment_b == kBackground)
      s.omitted_nm += p.length_nm;
    else if (is_merged(p.segment_a) || is_merged(p.segment_b))
      s.merged_nm += p.length_nm;
    else if (p.segment_a != p.segment_b)
      s.split_nm += p.length_nm;
    else
      s.right_nm += p.length_nm, runs[{p.skeleton, p.segment_a}] += p.length_nm;
  }
  s.n_skeletons = whole.size(), s.n_segments = segments.size();
  for (const Id segment : segments) s.n_merged += is_merged(segment);
  if (!(s.length_nm > 0)) {
    s.erl_nm = s.truth_erl_nm = s.normalised = std::numeric_limits<double>::quiet_NaN();
    return s;
  }
  for (const auto& [key, nm] : runs) s.erl_nm += nm * nm / s.length_nm;
  for (const auto& [key, nm] : whole) s.truth_erl_nm += nm * nm / s.length_nm;
  s.normalised = s.erl_nm / s.truth_erl_nm;
  return s;
}

std::vector<Id> merged_segments(std::span<const SkeletonNode> nodes, std::uint64_t min_nodes) {
  if (min_nodes == 0) throw Error(Category::config, "mergers: the least number of nodes must be positive");
  std::map<std::pair<Id, Id>, std::uint64_t> count;
  for (const SkeletonNode& n : nodes)
    if (n.segment != kBackground) ++count[{n.segment, n.skeleton}];
  std::map<Id, std::uint64_t> skeletons;
  for (const auto& [key, n] : count)
    if (n >= min_nodes) ++skeletons[key.first];
  std::vector<Id> merged;
  for (const auto& [segment, n] : skeletons)
    if (n > 1) merged.push_back(segment);
  return merged;
}

}  // namespace syconn
