// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/assignment.h"

#include <algorithm>
#include <compare>
#include <functional>
#include <queue>
#include <tuple>

#include "syconn/core/error.h"

namespace syconn {
namespace {

/// A left node that stays alone costs more than any sum of costs: the two are kept apart.
struct Cost {
  std::int64_t alone = 0, paid = 0;
  friend Cost operator+(Cost a, Cost b) { return {a.alone + b.alone, a.paid + b.paid}; }
  friend Cost operator-(Cost a, Cost b) { return {a.alone - b.alone, a.paid - b.paid}; }
  friend auto operator<=>(const Cost&, const Cost&) = default;
};

/// Right nodes n_right + l are the private places where left nodes l stay alone.
class Matcher {
 public:
  Matcher(std::uint32_t n_left, std::uint32_t n_right, std::vector<MatchOption> options)
      : n_right_(n_right), options_(std::move(options)), first_(n_left + 1, 0) {
    for (const MatchOption& o : options_) ++first_[o.left + 1];
    for (std::size_t l = 0; l < n_left; ++l) first_[l + 1] += first_[l];
    const std::size_t places = std::size_t{n_right} + n_left;
    left_of_.assign(places, kUnmatched), price_.resize(places), reached_.resize(places);
    right_of_.assign(n_left, kUnmatched);
  }

  std::vector<std::uint32_t> match() {
    for (std::uint32_t l = 0; l < right_of_.size(); ++l) augment(l);
    for (std::uint32_t& r : right_of_)
      if (r >= n_right_) r = kUnmatched;
    return right_of_;
  }

 private:
  struct Reached {
    Cost at;
    std::uint32_t from = kUnmatched;  ///< left node
    bool seen = false, done = false;
  };
  using Open = std::tuple<Cost, std::uint32_t>;

  /// Dijkstra over right nodes from the free left node `start`; prices make all steps non-negative.
  void augment(std::uint32_t start) {
    std::priority_queue<Open, std::vector<Open>, std::greater<>> open;
    touched_.clear();
    leave(start, {}, open);
    std::uint32_t end = kUnmatched;
    Cost length;
    while (end == kUnmatched) {
      const auto [at, r] = open.top();
      open.pop();
      if (reached_[r].done) continue;
      reached_[r].done = true;
      if (left_of_[r] == kUnmatched)
        end = r, length = at;
      else
        leave(left_of_[r], at, open);
    }
    for (const std::uint32_t r : touched_)
      if (reached_[r].done) price_[r] = price_[r] + reached_[r].at - length;
    while (end != kUnmatched) {
      const std::uint32_t l = reached_[end].from;
      left_of_[end] = l;
      std::swap(right_of_[l], end);
      if (l == start) break;
    }
    for (const std::uint32_t r : touched_) reached_[r] = {};
  }

  /// Options of left node `l`, reached at `at` along the pair it is in.
  template <class Queue>
  void leave(std::uint32_t l, Cost at, Queue& open) {
    const std::uint32_t alone = n_right_ + l, now = right_of_[l];
    Cost base;  // of the pair it is in: its reduced cost is 0, so that the left node's own price follows from it
    if (now == kUnmatched)
      base = {};
    else
      base = cost_of(l, now) - price_[now];
    for (std::size_t i = first_[l]; i < first_[l + 1]; ++i)
      reach(options_[i].right, l, at + Cost{0, options_[i].cost} - price_[options_[i].right] - base, open);
    reach(alone, l, at + Cost{1, 0} - price_[alone] - base, open);
  }
  Cost cost_of(std::uint32_t l, std::uint32_t r) const {
    if (r >= n_right_) return {1, 0};
    const auto option = std::lower_bound(options_.begin() + static_cast<std::ptrdiff_t>(first_[l]),
                                         options_.begin() + static_cast<std::ptrdiff_t>(first_[l + 1]), r,
                                         [](const MatchOption& o, std::uint32_t right) { return o.right < right; });
    return {0, option->cost};
  }
  template <class Queue>
  void reach(std::uint32_t r, std::uint32_t from, Cost at, Queue& open) {
    Reached& known = reached_[r];
    if (known.done || (known.seen && known.at <= at)) return;
    if (!known.seen) touched_.push_back(r);
    known.seen = true, known.at = at, known.from = from;
    open.emplace(at, r);
  }

  std::uint32_t n_right_;
  std::vector<MatchOption> options_;  ///< by (left, right)
  std::vector<std::size_t> first_;
  std::vector<std::uint32_t> left_of_, right_of_, touched_;
  std::vector<Cost> price_;
  std::vector<Reached> reached_;
};

}  // namespace

std::vector<std::uint32_t> cheapest_matching(std::uint32_t n_left, std::uint32_t n_right,
                                             std::span<const MatchOption> options) {
  if (std::uint64_t{n_left} + n_right >= kUnmatched) throw Error(Category::runtime, "matching: 2^32 nodes or more");
  std::vector<MatchOption> sorted(options.begin(), options.end());
  for (const MatchOption& o : sorted)
    if (o.left >= n_left || o.right >= n_right || o.cost < 0 || o.cost > (std::int64_t{1} << 40))
      throw Error(Category::runtime, "matching: an option out of range");
  std::sort(sorted.begin(), sorted.end(), [](const MatchOption& a, const MatchOption& b) {
    return std::tie(a.left, a.right, a.cost) < std::tie(b.left, b.right, b.cost);
  });
  sorted.erase(std::unique(sorted.begin(), sorted.end(),
                           [](const auto& a, const auto& b) { return a.left == b.left && a.right == b.right; }),
               sorted.end());
  return Matcher(n_left, n_right, std::move(sorted)).match();
}

}  // namespace syconn
