// SPDX-License-Identifier: GPL-3.0-or-later
#include "surface_points.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "syconn/core/volume_view.h"

namespace syconn {
namespace {

using Scalars = Volume<float>;

std::vector<float> gaussian(double sigma) {
  const int reach = static_cast<int>(std::ceil(3 * sigma));
  std::vector<float> weights;
  double sum = 0;
  for (int i = -reach; i <= reach; ++i) sum += std::exp(-0.5 * i * i / (sigma * sigma));
  for (int i = -reach; i <= reach; ++i)
    weights.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma)) / sum));
  return weights;
}

Vec3i reach_of(const Vec3d& voxel_size_nm, double sigma_nm) {
  Vec3i reach;
  for (int axis = 0; axis < 3; ++axis)
    reach[axis] = static_cast<std::int64_t>(std::ceil(3 * sigma_nm / voxel_size_nm[axis])) + 1;
  return reach;
}

/// Convolution along one axis; what would leave the box is lost (it is grown by the kernel's reach).
void smooth_axis(const Scalars& in, Scalars& out, int axis, const std::vector<float>& weights) {
  const Vec3i n = in.box().size();
  const std::int64_t reach = static_cast<std::int64_t>(weights.size() / 2);
  const std::int64_t stride = axis == 0 ? 1 : axis == 1 ? n.x : n.x * n.y;
  out.reset(in.box());
  for (std::int64_t z = 0, i = 0; z < n.z; ++z)
    for (std::int64_t y = 0; y < n.y; ++y)
      for (std::int64_t x = 0; x < n.x; ++x, ++i) {
        const float value = in.data()[i];
        if (value == 0) continue;
        const std::int64_t at = axis == 0 ? x : axis == 1 ? y : z;
        const std::int64_t lo = std::max(-reach, -at), hi = std::min(reach, n[axis] - 1 - at);
        for (std::int64_t k = lo; k <= hi; ++k)
          out.data()[i + k * stride] += weights[static_cast<std::size_t>(k + reach)] * value;
      }
}

Scalars smoothed_mask(std::span<const Run> runs, const Box3& box, const Vec3d& voxel_size_nm, double sigma_nm) {
  Scalars mask(Box3{box.min - reach_of(voxel_size_nm, sigma_nm), box.max + reach_of(voxel_size_nm, sigma_nm)}), next;
  for_each_voxel(runs, [&](const Vec3i& v) { mask.at(v) = 1; });
  for (int axis = 0; axis < 3; ++axis) {
    smooth_axis(mask, next, axis, gaussian(sigma_nm / voxel_size_nm[axis]));
    std::swap(mask, next);
  }
  return mask;
}

/// Of a voxel in a mask with a rim of one: the mean of its exposed faces' centres from its own centre, in voxels.
/// False where no face is exposed (inside, or only an edge or corner is).
bool exposed_offset(const std::uint8_t* voxel, const Vec3i& stride, Vec3d& offset) {
  int faces = 0;
  offset = {};
  for (int axis = 0; axis < 3; ++axis)
    for (const int side : {-1, 1})
      if (voxel[side * stride[axis]] == 0) offset[axis] += 0.5 * side, ++faces;
  if (faces > 0) offset = offset / static_cast<double>(faces);
  return faces > 0;
}

double length(const Vec3d& v) { return std::sqrt(v.dot(v)); }

/// Cell of a point: grid coordinates and side of the sheet.
using CellKey = std::array<std::int64_t, 4>;

CellKey cell_of(const OrientedPoint& p, double cell) {
  const Vec3d& n = p.normal;
  int axis = 0;
  for (int k = 1; k < 3; ++k)
    if (std::abs(n[k]) > std::abs(n[axis])) axis = k;
  const auto floored = [&](double v) { return static_cast<std::int64_t>(std::floor(v / cell)); };
  return {floored(p.position.z), floored(p.position.y), floored(p.position.x), 2 * axis + (n[axis] > 0)};
}

}  // namespace

Vec3d Stretch::normal(const Vec3d& n) const {
  // inverse transpose: the columns of `back`
  const Vec3d m{back[0].x * n.x + back[1].x * n.y + back[2].x * n.z,
                back[0].y * n.x + back[1].y * n.y + back[2].y * n.z,
                back[0].z * n.x + back[1].z * n.y + back[2].z * n.z};
  const double l = length(m);
  return l > 0 ? m / l : n;
}

std::vector<OrientedPoint> surface_points(std::span<const Run> runs, const Box3& box, const Vec3d& voxel_size_nm,
                                          double sigma_nm) {
  const Scalars smooth = smoothed_mask(runs, box, voxel_size_nm, sigma_nm);
  Volume<std::uint8_t> mask(box.grown(Vec3i(1)));
  for_each_voxel(runs, [&](const Vec3i& v) { mask.at(v) = 1; });
  const Vec3i stride{1, mask.box().size().x, mask.box().size().x * mask.box().size().y};
  std::vector<OrientedPoint> points;
  for_each_voxel(runs, [&](const Vec3i& v) {
    Vec3d offset, normal;
    if (!exposed_offset(&mask.at(v), stride, offset)) return;
    for (int axis = 0; axis < 3; ++axis) {
      Vec3i step;
      step[axis] = 1;
      normal[axis] = (static_cast<double>(smooth.at(v - step)) - smooth.at(v + step)) / voxel_size_nm[axis];
    }
    if (const double l = length(normal); l > 0)
      points.push_back({(Vec3d(v - box.min) + Vec3d(0.5) + offset) * voxel_size_nm, normal / l});
  });
  return points;
}

Stretch stretch_of(std::span<const OrientedPoint> points, double max_factor) {
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  const auto eigen = [](const Vec3d& v) { return Eigen::Vector3d(v.x, v.y, v.z); };
  for (const OrientedPoint& p : points) mean += eigen(p.position);
  mean /= static_cast<double>(points.size());
  Eigen::Matrix3d spread = Eigen::Matrix3d::Zero();
  for (const OrientedPoint& p : points) spread += (eigen(p.position) - mean) * (eigen(p.position) - mean).transpose();
  spread /= static_cast<double>(points.size());
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(spread);
  Eigen::Vector3d factor;
  for (int i = 0; i < 3; ++i)
    factor[i] = std::min(max_factor,
                         std::sqrt(std::max(1.0, solver.eigenvalues()[2]) / std::max(1.0, solver.eigenvalues()[i])));
  const Eigen::Matrix3d forward = factor.asDiagonal() * solver.eigenvectors().transpose();
  const Eigen::Matrix3d back = solver.eigenvectors() * factor.cwiseInverse().asDiagonal();
  Stretch s;
  for (int i = 0; i < 3; ++i) {
    s.forward[static_cast<std::size_t>(i)] = {forward(i, 0), forward(i, 1), forward(i, 2)};
    s.back[static_cast<std::size_t>(i)] = {back(i, 0), back(i, 1), back(i, 2)};
  }
  s.back_determinant = back.determinant();
  s.thinnest_nm = std::sqrt(std::max(0.0, solver.eigenvalues()[0]));
  return s;
}

std::vector<OrientedPoint> down_sampled(const std::vector<OrientedPoint>& points, std::size_t max_points,
                                        double& cell) {
  std::vector<std::pair<CellKey, std::uint32_t>> order(points.size());
  for (;;) {
    for (std::size_t i = 0; i < points.size(); ++i)
      order[i] = {cell_of(points[i], cell), static_cast<std::uint32_t>(i)};
    std::sort(order.begin(), order.end());
    std::vector<OrientedPoint> out;
    for (std::size_t i = 0; i < order.size();) {
      OrientedPoint sum{};
      const CellKey key = order[i].first;
      std::size_t n = 0;
      for (; i < order.size() && order[i].first == key; ++i, ++n)
        sum.position += points[order[i].second].position, sum.normal += points[order[i].second].normal;
      const double l = length(sum.normal);
      if (l > 0) out.push_back({sum.position / static_cast<double>(n), sum.normal / l});
    }
    if (out.size() <= max_points) return out;
    cell *= std::max(1.05, 0.9 * std::sqrt(static_cast<double>(out.size()) / static_cast<double>(max_points)));
  }
}

void remove_outliers(std::vector<OrientedPoint>& points, int neighbours, double deviations) {
  const std::size_t n = points.size(), k = std::min<std::size_t>(static_cast<std::size_t>(neighbours), n - 1);
  if (n < 2 || k == 0) return;
  std::vector<double> mean_distance(n), distance(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) distance[j] = length(points[j].position - points[i].position);
    std::swap(distance[i], distance[n - 1]);  // not its own neighbour
    std::nth_element(distance.begin(), distance.begin() + static_cast<std::ptrdiff_t>(k - 1), distance.end() - 1);
    std::sort(distance.begin(), distance.begin() + static_cast<std::ptrdiff_t>(k));  // a fixed order of the sum
    mean_distance[i] = std::accumulate(distance.begin(), distance.begin() + static_cast<std::ptrdiff_t>(k), 0.0) /
                       static_cast<double>(k);
  }
  const double mean = std::accumulate(mean_distance.begin(), mean_distance.end(), 0.0) / static_cast<double>(n);
  double variance = 0;
  for (const double d : mean_distance) variance += (d - mean) * (d - mean);
  const double limit = mean + deviations * std::sqrt(variance / static_cast<double>(n - 1));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (mean_distance[i] <= limit) points[kept++] = points[i];
  points.resize(kept);
}

}  // namespace syconn
