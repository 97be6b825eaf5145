// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <utility>

#include "skeleton_trace.h"

namespace syconn::skeleton {
namespace {

class Cleaner {
 public:
  Cleaner(Tree& tree, const Vec3d& voxel_nm) : tree_(tree), voxel_nm_(voxel_nm) { count(); }

  /// Keeps root, ends, branch points and every n-th node of the stretches between them.
  void downsample(std::int32_t factor) {
    if (factor <= 1) return;
    std::vector<std::int32_t> since(size(), 0);
    std::vector<bool> keep(size(), true);
    for (std::size_t i = 1; i < size(); ++i) {  // parents come first
      since[i] = since[up(i)] + 1;
      keep[i] = children_[i] != 1 || since[i] % factor == 0;
      if (children_[i] != 1) since[i] = 0;
    }
    drop(keep);
  }

  void sparsify(const SkeletonParams& p) {
    const double cosine = std::cos(p.sparsify_angle_deg * std::numbers::pi / 180);
    for (bool changed = true; changed;) {
      changed = false;
      std::vector<bool> keep(size(), true);
      std::vector<std::int32_t> child(size(), -1);
      for (std::size_t i = 1; i < size(); ++i) child[up(i)] = static_cast<std::int32_t>(i);
      for (std::size_t i = 1; i < size(); ++i) {
        // a node goes only if its parent stays this round, so that no two neighbours go at once
        if (children_[i] != 1 || !keep[up(i)]) continue;
        const Vec3d a = offset(i, up(i)), b = offset(i, static_cast<std::size_t>(child[i]));
        const Vec3d across = a - b;
        const double apart = std::sqrt(across.dot(across));
        const bool straight = a.dot(b) < cosine * std::sqrt(a.dot(a) * b.dot(b)) && apart < p.sparsify_distance_nm;
        if (!straight && !(p.sparsify_close_nm > 0 && apart <= p.sparsify_close_nm)) continue;
        keep[i] = false, changed = true;
      }
      if (changed) drop(keep);
    }
  }

  /// Shortest first (tie: smaller node), because a branch that loses its sister grows.
  void remove_ticks(double tick_nm) {
    std::set<std::pair<double, std::size_t>> ticks;
    std::vector<bool> keep(size(), true);
    for (std::size_t i = 1; i < size(); ++i)
      if (children_[i] == 0) ticks.insert({branch(i).first, i});
    while (!ticks.empty() && ticks.begin()->first < tick_nm) {
      const std::size_t leaf = ticks.begin()->second;
      const auto [length, base] = branch(leaf);
      ticks.erase(ticks.begin());
      if (length >= tick_nm) {
        ticks.insert({length, leaf});
        continue;
      }
      if (children_[base] < 2) continue;  // an unbranched path from the root
      for (std::size_t i = leaf; i != base; i = up(i)) keep[i] = false;
      --children_[base];
    }
    drop(keep);
  }

 private:
  std::size_t size() const { return tree_.nodes.size(); }
  std::size_t up(std::size_t i) const { return static_cast<std::size_t>(tree_.nodes[i].parent); }
  Vec3d offset(std::size_t from, std::size_t to) const {
    return Vec3d(tree_.nodes[to].voxel - tree_.nodes[from].voxel) * voxel_nm_;
  }
  void count() {
    children_.assign(size(), 0);
    for (std::size_t i = 1; i < size(); ++i) ++children_[up(i)];
  }
  /// Length from a leaf to the next branch point or the root, and that node.
  std::pair<double, std::size_t> branch(std::size_t leaf) const {
    double length = 0;
    std::size_t i = leaf;
    do {
      const Vec3d d = offset(i, up(i));
      length += std::sqrt(d.dot(d));
      i = up(i);
    } while (i != 0 && children_[i] == 1);
    return {length, i};
  }
  void drop(const std::vector<bool>& keep) {
    std::vector<std::int32_t> now(size(), -1);  // of a dropped node: its nearest kept ancestor
    std::vector<Node> kept;
    for (std::size_t i = 0; i < size(); ++i) {
      Node node = tree_.nodes[i];
      const std::int32_t parent = i == 0 ? -1 : now[up(i)];
      if (!keep[i]) {
        now[i] = parent;
        continue;
      }
      node.parent = parent;
      now[i] = static_cast<std::int32_t>(kept.size());
      kept.push_back(node);
    }
    tree_.nodes = std::move(kept);
    count();
  }

  Tree& tree_;
  Vec3d voxel_nm_;
  std::vector<std::int32_t> children_;
};
}  // namespace

void clean(Tree& tree, const Vec3d& voxel_nm, const SkeletonParams& params) {
  Cleaner cleaner(tree, voxel_nm);
  cleaner.downsample(params.downsample_factor);
  cleaner.sparsify(params);
  if (params.tick_nm > 0) cleaner.remove_ticks(params.tick_nm);
}

}  // namespace syconn::skeleton
