// SPDX-License-Identifier: GPL-3.0-or-later
#include "mito_distance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace syconn {
namespace {

constexpr double kGridNm = 200;
constexpr std::size_t kMaxHeldPoints = (std::size_t{64} << 20) / sizeof(Vec3d);

std::vector<Vec3d> average_on_grid(const std::vector<float>& xyz) {
  struct Sum {
    Vec3d sum;
    double n = 0;
  };
  std::map<std::array<std::int64_t, 3>, Sum> bins;
  for (std::size_t i = 0; i + 2 < xyz.size(); i += 3) {
    const Vec3d v{xyz[i], xyz[i + 1], xyz[i + 2]};
    const auto bin = [](double nm) { return static_cast<std::int64_t>(std::floor(nm / kGridNm)); };
    Sum& s = bins[{bin(v.x), bin(v.y), bin(v.z)}];
    s.sum += v, s.n += 1;
  }
  std::vector<Vec3d> points;
  for (const auto& [bin, s] : bins) points.push_back(s.sum / s.n);
  return points;
}

}  // namespace

MitoDistance::MitoDistance(const SegmentationDataset& ssv, const SegmentationDataset& mi)
    : ssv_(ssv), mi_(mi), ids_(ssv.ragged<Id>("mi_ids", "ids")), vertices_(mi.ragged<float>("mesh", "vertices_nm")) {
  if (mi.has_column("mesh_bbox_nm")) bbox_ = mi.column<float>("mesh_bbox_nm");
}

void MitoDistance::begin_cell(Id cell) {
  mitos_.clear(), averaged_.clear(), held_ = 0;
  const auto row = ssv_.find(cell);
  if (!row) return;
  for (const Id id : ids_(*row)) {
    Mito mito{mi_.at(id), {}};
    if (bbox_) bbox_->read(mito.row, mito.bbox_nm);
    mitos_.push_back(mito);
  }
}

double MitoDistance::lower_bound_nm2(const Mito& mito, const Vec3d& p) const {
  if (!bbox_) return 0;
  double sum = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const double d = std::max({0.0, mito.bbox_nm[axis] - p[axis], p[axis] - mito.bbox_nm[axis + 3]});
    sum += d * d;
  }
  return sum;
}

const std::vector<Vec3d>& MitoDistance::points(std::size_t mito) {
  const auto found = averaged_.find(mito);
  if (found != averaged_.end()) return found->second;
  std::vector<Vec3d> points = average_on_grid(vertices_(mitos_[mito].row));
  if (held_ + points.size() > kMaxHeldPoints) averaged_.clear(), held_ = 0;
  held_ += points.size();
  return averaged_.emplace(mito, std::move(points)).first->second;
}

float MitoDistance::nearest_nm(const Vec3d& p) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < mitos_.size(); ++i) order.emplace_back(lower_bound_nm2(mitos_[i], p), i);
  std::make_heap(order.begin(), order.end(), std::greater<>());
  double best = std::numeric_limits<double>::infinity();
  while (!order.empty() && order.front().first < best) {
    for (const Vec3d& q : points(order.front().second)) best = std::min(best, (q - p).dot(q - p));
    std::pop_heap(order.begin(), order.end(), std::greater<>());
    order.pop_back();
  }
  return std::isfinite(best) ? static_cast<float>(std::sqrt(best)) : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace syconn
