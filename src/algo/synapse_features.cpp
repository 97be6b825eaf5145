// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/synapse_features.h"

#include <algorithm>
#include <cmath>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::size_t kLeafRuns = 8;

std::size_t leaves_of(std::size_t n_runs) { return (n_runs + kLeafRuns - 1) / kLeafRuns; }

/// Squared distance of a point to a box, per axis 0 inside.
double squared_distance(const Vec3d& p, const Vec3d& lo, const Vec3d& hi) {
  double sum = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const double d = std::max({lo[axis] - p[axis], p[axis] - hi[axis], 0.0});
    sum += d * d;
  }
  return sum;
}

}  // namespace

RunProximity::RunProximity(std::span<const Run> runs, const Vec3d& voxel_size_nm)
    : runs_(runs.begin(), runs.end()), voxel_size_nm_(voxel_size_nm) {
  const std::size_t leaves = leaves_of(runs_.size());
  if (leaves == 0) return;
  boxes_.resize(2 * leaves - 1);
  build(0, 0, leaves);
}

RunProximity::BoxNm RunProximity::box_of(const Run& run) const {
  const Vec3d first = (Vec3d(run.first()) + Vec3d(0.5)) * voxel_size_nm_;
  Vec3d last = first;
  last.x = (static_cast<double>(run.end()) - 0.5) * voxel_size_nm_.x;
  return {first, last};
}

RunProximity::BoxNm RunProximity::build(std::size_t node, std::size_t first_leaf, std::size_t n_leaves) {
  BoxNm box;
  const auto add = [&](const BoxNm& other, bool first) {
    for (int axis = 0; axis < 3; ++axis) {
      box.min[axis] = first ? other.min[axis] : std::min(box.min[axis], other.min[axis]);
      box.max[axis] = first ? other.max[axis] : std::max(box.max[axis], other.max[axis]);
    }
  };
  if (n_leaves == 1) {
    const std::size_t begin = first_leaf * kLeafRuns, end = std::min(begin + kLeafRuns, runs_.size());
    for (std::size_t i = begin; i < end; ++i) add(box_of(runs_[i]), i == begin);
  } else {
    const std::size_t left = n_leaves / 2;
    add(build(node + 1, first_leaf, left), true);
    add(build(node + 2 * left, first_leaf + left, n_leaves - left), false);
  }
  return boxes_[node] = box;
}

bool RunProximity::search(std::size_t node, std::size_t first_leaf, std::size_t n_leaves, const Vec3d& point_nm,
                          double squared) const {
  if (squared_distance(point_nm, boxes_[node].min, boxes_[node].max) > squared) return false;
  if (n_leaves == 1) {
    const std::size_t begin = first_leaf * kLeafRuns, end = std::min(begin + kLeafRuns, runs_.size());
    for (std::size_t i = begin; i < end; ++i) {
      // Between two centres of a run the nearest one counts, not the line.
      const Run& run = runs_[i];
      const double at = point_nm.x / voxel_size_nm_.x - 0.5;
      const double x = std::clamp(std::floor(at + 0.5), static_cast<double>(run.x), static_cast<double>(run.end() - 1));
      const Vec3d centre =
          (Vec3d{x, static_cast<double>(run.y), static_cast<double>(run.z)} + Vec3d(0.5)) * voxel_size_nm_;
      if (squared_distance(point_nm, centre, centre) <= squared) return true;
    }
    return false;
  }
  const std::size_t left = n_leaves / 2;
  return search(node + 1, first_leaf, left, point_nm, squared) ||
         search(node + 2 * left, first_leaf + left, n_leaves - left, point_nm, squared);
}

bool RunProximity::within(const Vec3d& point_nm, double radius_nm) const {
  return !boxes_.empty() && search(0, 0, leaves_of(runs_.size()), point_nm, radius_nm * radius_nm);
}

std::uint64_t RunProximity::count_within(std::span<const float> points_nm, double radius_nm) const {
  if (points_nm.size() % 3 != 0) throw Error(Category::input, "points of a mesh are not x, y, z");
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < points_nm.size(); i += 3)
    n += within({points_nm[i], points_nm[i + 1], points_nm[i + 2]}, radius_nm);
  return n;
}

std::array<float, kSynapseFeatures> synapse_features(std::uint64_t size_vx, double mesh_area_um2,
                                                     const NearOrganelles& a, const NearOrganelles& b) {
  const bool b_first = b.vc_vx != a.vc_vx ? b.vc_vx > a.vc_vx : b.n_vc > a.n_vc;
  const NearOrganelles &first = b_first ? b : a, &second = b_first ? a : b;
  const auto f = [](auto value) { return static_cast<float>(value); };
  return {f(size_vx),     f(mesh_area_um2), f(first.n_mi),   f(first.mi_vx), f(first.n_vc),
          f(first.vc_vx), f(second.n_mi),   f(second.mi_vx), f(second.n_vc), f(second.vc_vx)};
}

double vesicle_direction(const NearOrganelles& a, const NearOrganelles& b) {
  const double sum = a.vc_vx + b.vc_vx;
  return sum > 0 ? (a.vc_vx - b.vc_vx) / sum : 0;
}

std::int8_t synapse_sign(std::uint64_t n_sym, std::uint64_t n_asym, double max_sym_fraction) {
  if (n_sym + n_asym == 0) return 0;
  return static_cast<double>(n_sym) / static_cast<double>(n_sym + n_asym) > max_sym_fraction ? std::int8_t{-1}
                                                                                             : std::int8_t{1};
}

std::uint64_t share_of(std::uint64_t amount, std::uint64_t whole, std::uint64_t before, std::uint64_t part) {
  using Wide = unsigned __int128;
  const auto up_to = [&](std::uint64_t voxels) {
    return static_cast<std::uint64_t>((Wide{2} * amount * voxels + whole) / (Wide{2} * whole));
  };
  return whole == 0 ? 0 : up_to(before + part) - up_to(before);
}

}  // namespace syconn
