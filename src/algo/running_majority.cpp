// SPDX-License-Identifier: GPL-3.0-or-later
#include "running_majority.h"

#include <algorithm>

namespace syconn::skeleton {

BallVote::BallVote(std::span<const std::array<std::uint32_t, 2>> edges, std::span<const std::int64_t> lengths,
                   std::span<const std::int32_t> labels, std::int64_t radius)
    : offset_(labels.size() + 1, 0), links_(2 * edges.size()), radius_(radius), below_(labels.size()) {
  for (const auto& e : edges) ++offset_[e[0] + 1], ++offset_[e[1] + 1];
  for (std::size_t i = 0; i < labels.size(); ++i) offset_[i + 1] += offset_[i];
  std::vector<std::size_t> next(offset_.begin(), offset_.end() - 1);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    links_[next[edges[i][0]]++] = {edges[i][1], lengths[i]};
    links_[next[edges[i][1]]++] = {edges[i][0], lengths[i]};
  }
  label_values_.assign(labels.begin(), labels.end());
  std::sort(label_values_.begin(), label_values_.end());
  label_values_.erase(std::unique(label_values_.begin(), label_values_.end()), label_values_.end());
  for (const std::int32_t l : labels)
    label_.push_back(static_cast<std::uint32_t>(std::lower_bound(label_values_.begin(), label_values_.end(), l) -
                                                label_values_.begin()));
}

/// All nodes of the piece around `start`, parents before children.
void BallVote::reach(std::uint32_t start, std::int64_t distance, std::uint32_t from) {
  reached_.assign(1, {distance, start, from});
  for (std::size_t i = 0; i < reached_.size(); ++i) {
    const Reached r = reached_[i];
    for (const Link& l : links(r.node))
      if (l.to != r.from && !cut_[l.to]) reached_.push_back({r.distance + l.length, l.to, r.node});
  }
}

std::uint32_t BallVote::centroid(std::uint32_t start) {
  reach(start, 0, start);
  const std::size_t total = reached_.size();
  for (const Reached& r : reached_) below_[r.node] = 1;
  for (std::size_t i = total; i-- > 1;) {
    // the deepest node with at least half of the piece below it; children come first here
    if (2 * below_[reached_[i].node] >= total) return reached_[i].node;
    below_[reached_[i].from] += below_[reached_[i].node];
  }
  return start;
}

void BallVote::add_pairs(std::int32_t sign) {
  std::sort(reached_.begin(), reached_.end(),
            [](const Reached& a, const Reached& b) { return a.distance < b.distance; });
  Counts within{};
  std::size_t n = 0;
  for (std::size_t i = reached_.size(); i-- > 0;) {  // farthest first: the other end's allowance grows
    for (; n < reached_.size() && reached_[n].distance + reached_[i].distance <= radius_; ++n) {
      const std::uint32_t l = label_[reached_[n].node] - first_label_;
      if (l < kLabels) ++within[l];
    }
    Counts& c = counts_[reached_[i].node];
    for (std::size_t l = 0; l < kLabels; ++l) c[l] += sign * within[l];
  }
}

void BallVote::count_labels(std::uint32_t first_label) {
  first_label_ = first_label;
  counts_.assign(label_.size(), Counts{});
  cut_.assign(label_.size(), 0);
  std::vector<std::uint32_t> starts;
  for (std::uint32_t node = 0; node < label_.size(); ++node) {
    starts.assign(1, node);
    while (!starts.empty()) {
      const std::uint32_t start = starts.back();
      starts.pop_back();
      if (cut_[start]) continue;
      const std::uint32_t c = centroid(start);
      reach(c, 0, c);
      add_pairs(1);
      cut_[c] = 1;
      for (const Link& l : links(c)) {
        if (cut_[l.to]) continue;
        reach(l.to, l.length, c);
        add_pairs(-1);
        starts.push_back(l.to);
      }
    }
  }
}

std::vector<std::int32_t> BallVote::majority() {
  std::vector<std::int32_t> best(label_.size(), 0), count(label_.size(), -1);
  for (std::uint32_t first = 0; first < label_values_.size(); first += kLabels) {
    count_labels(first);
    for (std::size_t i = 0; i < label_.size(); ++i)
      for (std::size_t l = 0; l < kLabels && first + l < label_values_.size(); ++l)
        if (counts_[i][l] > count[i]) count[i] = counts_[i][l], best[i] = label_values_[first + l];
  }
  return best;
}

}  // namespace syconn::skeleton
