// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace syconn {

/// Two nodes that may be matched. Costs are integers of 0 … 2^40, so that sums are exact and ties are ties.
struct MatchOption {
  std::uint32_t left = 0, right = 0;
  std::int64_t cost = 0;
};

/// For each left node the right one it is matched with, kUnmatched for none.
inline constexpr std::uint32_t kUnmatched = UINT32_MAX;
/// One to one, as many pairs as possible, and of such matchings one of the least total cost (the Hungarian method by
/// shortest augmenting paths, which stay within connected nodes). `options` in any order; the same for any order.
/// O(n · e log e) for components of n nodes and e options. Throws Error{runtime} for a node or cost out of range.
std::vector<std::uint32_t> cheapest_matching(std::uint32_t n_left, std::uint32_t n_right,
                                             std::span<const MatchOption> options);

}  // namespace syconn
