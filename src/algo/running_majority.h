// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace syconn::skeleton {

/// Majority label in the path-length ball around every node of a forest, by centroid decomposition: the pairs of nodes
/// whose path leads through a centroid are counted in one sweep over both ends sorted by distance, those within one
/// branch are taken off again. 16 labels a pass.
class BallVote {
 public:
  BallVote(std::span<const std::array<std::uint32_t, 2>> edges, std::span<const std::int64_t> lengths,
           std::span<const std::int32_t> labels, std::int64_t radius);
  std::vector<std::int32_t> majority();

 private:
  static constexpr std::size_t kLabels = 16;
  using Counts = std::array<std::int32_t, kLabels>;
  struct Link {
    std::uint32_t to;
    std::int64_t length;
  };
  struct Reached {
    std::int64_t distance;
    std::uint32_t node, from;
  };

  std::span<const Link> links(std::uint32_t node) const {
    return {links_.data() + offset_[node], offset_[node + 1] - offset_[node]};
  }
  void count_labels(std::uint32_t first_label);
  void reach(std::uint32_t start, std::int64_t distance, std::uint32_t from);
  std::uint32_t centroid(std::uint32_t start);
  void add_pairs(std::int32_t sign);

  std::vector<std::size_t> offset_;
  std::vector<Link> links_;
  std::vector<std::uint32_t> label_;        ///< a node, dense
  std::vector<std::int32_t> label_values_;  ///< ascending
  std::int64_t radius_;
  std::vector<char> cut_;             ///< centroids that are done
  std::vector<std::uint32_t> below_;  ///< nodes at or below one, seen from the start of reach()
  std::vector<Counts> counts_;
  std::vector<Reached> reached_;
  std::uint32_t first_label_ = 0;
};

}  // namespace syconn::skeleton
