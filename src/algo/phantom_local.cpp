// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_local.h"

namespace syconn::phantom {

LocalPartition::LocalPartition(const PhantomModel& m, const Vec3d& centre, double range_nm) : m_(m) {
  const PhantomIndex& index = *m.index;
  const Vec3d q = index.warp(centre);
  const double range = range_nm + 500;
  const Vec3f f(q);
  std::vector<std::uint32_t> all;
  index.grid.collect(q - Vec3d(range), q + Vec3d(range), all);
  for (const std::uint32_t i : all)
    if (static_cast<double>(index.tubes[i].depth(f)) < range) near_.push_back(i);
}

PhantomPoint LocalPartition::at(const Vec3d& position) const {
  const PhantomIndex& index = *m_.index;
  const Vec3f q(index.warp(position));
  PhantomPoint r;
  float best = 1e9F, other = 1e9F, third = 1e9F;
  const auto close_cell = [&](float d, std::uint32_t node) {  // a cell's best tube enters the ranking
    if (d < best) {
      third = other, other = best, r.other_node = r.node, best = d, r.node = node;
    } else if (d < other) {
      third = other, other = d, r.other_node = node;
    } else {
      third = std::min(third, d);
    }
  };
  for (std::size_t k = 0; k < near_.size();) {
    const std::uint32_t cell = m_.nodes[near_[k]].cell_idx;
    float d = 1e9F;
    std::uint32_t node = kNone;
    for (; k < near_.size() && m_.nodes[near_[k]].cell_idx == cell; ++k) {
      const float t = index.tubes[near_[k]].depth(q);
      if (t < d) d = t, node = near_[k];
    }
    close_cell(d, node);
  }
  r.depth_nm = static_cast<double>(best), r.other_depth_nm = static_cast<double>(other),
  r.third_depth_nm = static_cast<double>(third);
  if (r.node == kNone) return r;
  const double myelin = static_cast<double>(m_.nodes[r.node].myelin_nm);
  r.inside = r.depth_nm <= (myelin > 0 ? -myelin : m_.params.reach_nm) &&
             r.other_depth_nm - r.depth_nm >= gap_at(m_.params, index.gap_key, position) &&
             r.other_depth_nm + r.third_depth_nm - 2 * r.depth_nm >= m_.params.corner_nm;
  return r;
}

WallHit LocalPartition::find_wall(const Vec3d& from, const Vec3d& direction, std::uint32_t cell, double start,
                                  double range) const {
  constexpr double kCoarse = 24;
  const auto foreign = [&](double s, PhantomPoint& p) {
    p = at(from + direction * s);
    return p.node != kNone && m_.nodes[p.node].cell_idx != cell;
  };
  PhantomPoint p;
  for (double s = start; s <= range; s += kCoarse) {
    if (!foreign(s, p)) continue;
    if (s == start) return {};  // already outside
    double lo = s - kCoarse, hi = s;
    PhantomPoint q;
    for (int k = 0; k < 6; ++k) {
      const double mid = 0.5 * (lo + hi);
      if (foreign(mid, q)) {
        hi = mid, p = q;
      } else {
        lo = mid;
      }
    }
    if (p.depth_nm > 0.8 * m_.params.reach_nm || m_.nodes[p.node].myelin_nm > 0) return {};
    return {p.node, from + direction * hi};
  }
  return {};
}

bool LocalPartition::pair(const PhantomPoint& p, std::uint32_t a, std::uint32_t b) const {
  if (p.node == kNone || p.other_node == kNone || p.depth_nm > m_.params.reach_nm) return false;
  const std::uint32_t x = m_.nodes[p.node].cell_idx, y = m_.nodes[p.other_node].cell_idx;
  return (x == a && y == b) || (x == b && y == a);
}

double LocalPartition::depth_of_cell(const Vec3f& q, std::uint32_t cell) const {
  float best = 1e9F;
  for (const std::uint32_t i : near_)
    if (m_.nodes[i].cell_idx == cell) best = std::min(best, m_.index->tubes[i].depth(q));
  return static_cast<double>(best);
}

Vec3d LocalPartition::wall_normal(const Vec3d& position, std::uint32_t pre_cell, std::uint32_t post_cell) const {
  const auto f = [&](const Vec3d& p) {
    const Vec3f q(m_.index->warp(p));
    return depth_of_cell(q, pre_cell) - depth_of_cell(q, post_cell);
  };
  Vec3d g;
  for (int a = 0; a < 3; ++a) {
    Vec3d e;
    e[a] = 40;
    g[a] = f(position + e) - f(position - e);
  }
  const double l = std::sqrt(g.dot(g));
  return l > 1e-6 ? g / l : Vec3d(1, 0, 0);
}

}  // namespace syconn::phantom
