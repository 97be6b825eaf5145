// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_index.h"

#include <algorithm>

#include "phantom_local.h"

namespace syconn {
namespace phantom {

TubeGrid::TubeGrid(const Vec3d& lo, const Vec3d& hi, double edge_nm, double max_cells) : lo_(lo) {
  const Vec3d size = hi - lo;
  edge_ = std::max(edge_nm, std::cbrt(size.product() / max_cells));
  n_ = Vec3i(static_cast<std::int64_t>(size.x / edge_) + 1, static_cast<std::int64_t>(size.y / edge_) + 1,
             static_cast<std::int64_t>(size.z / edge_) + 1);
  heads_.assign(static_cast<std::size_t>(n_.product()), kNone);
}

Vec3i TubeGrid::cell_of(const Vec3d& p) const {
  const Vec3d q = (p - lo_) / edge_;
  const auto clamp = [](double v, std::int64_t n) {
    return v <= 0 ? 0 : v >= static_cast<double>(n) ? n - 1 : static_cast<std::int64_t>(v);
  };
  return {clamp(q.x, n_.x), clamp(q.y, n_.y), clamp(q.z, n_.z)};
}

void TubeGrid::insert(std::uint32_t item, const Vec3f& lo, const Vec3f& hi) {
  const Vec3i a = cell_of(Vec3d(lo)), b = cell_of(Vec3d(hi));
  for (std::int64_t z = a.z; z <= b.z; ++z)
    for (std::int64_t y = a.y; y <= b.y; ++y)
      for (std::int64_t x = a.x; x <= b.x; ++x) {
        std::uint32_t& head = heads_[index(x, y, z)];
        entries_.push_back({item, head});
        head = static_cast<std::uint32_t>(entries_.size() - 1);
      }
}

void TubeGrid::collect(const Vec3d& lo, const Vec3d& hi, std::vector<std::uint32_t>& out) const {
  out.clear();
  visit(lo, hi, [&](std::uint32_t i) { out.push_back(i); });
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

Tube node_tube(const PhantomModel& model, std::uint32_t node) {
  const PhantomNode& n = model.nodes[node];
  if (n.parent == kNone) return Tube::of(n.position_nm, n.position_nm, n.radius_nm, n.radius_nm);
  const PhantomNode& p = model.nodes[n.parent];
  return Tube::of(p.position_nm, n.position_nm, n.start_radius_nm + n.myelin_nm, n.radius_nm + n.myelin_nm);
}

double gap_at(const PhantomParams& params, std::uint64_t key, const Vec3d& p) {
  return params.gap_nm * (1 + 3 * value_noise(key, p, 600));
}

}  // namespace phantom

PhantomIndex::PhantomIndex(const PhantomModel& model) : warp(model.params), gap_key(mix64(model.params.seed, 0x9a9)) {
  const Vec3d margin(2000.0);
  grid = phantom::TubeGrid(-margin, model.params.box_nm + margin, 400);
  tubes.reserve(model.nodes.size());
  for (std::uint32_t i = 0; i < model.nodes.size(); ++i) {
    tubes.push_back(phantom::node_tube(model, i));
    grid.insert(i, tubes.back());
  }
}

PhantomPoint phantom_locate(const PhantomModel& model, const Vec3d& position_nm) {
  return phantom::LocalPartition(model, position_nm, 1).at(position_nm);
}

Vec3d phantom_real_position(const PhantomModel& model, const Vec3d& model_nm) {
  return model.index->warp.inverse(model_nm);
}

}  // namespace syconn
