// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace syconn {

/// Disjoint sets over dense indices; the root of a set is its smallest member, so results do not depend on the
/// order of unions. Path halving; near-constant amortised cost.
class UnionFind {
 public:
  explicit UnionFind(std::uint32_t n = 0) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0U); }
  std::uint32_t add() {
    parent_.push_back(static_cast<std::uint32_t>(parent_.size()));
    return parent_.back();
  }
  std::uint32_t find(std::uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void unite(std::uint32_t a, std::uint32_t b) {
    if (parent_[a] == parent_[b]) return;
    a = find(a), b = find(b);
    if (a == b) return;
    if (a > b) std::swap(a, b);
    parent_[b] = a;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(parent_.size()); }

 private:
  std::vector<std::uint32_t> parent_;
};

}  // namespace syconn
