// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>

#include "poisson_field.h"
#include "syconn/algo/poisson_mesh.h"

/// From a voxel set to the oriented points that Poisson reconstruction takes; positions in nm from the set's box.
namespace syconn {

/// A linear map of positions; normals follow its inverse transpose. Rows of the matrices.
struct Stretch {
  std::array<Vec3d, 3> forward, back;
  double back_determinant = 1;
  double thinnest_nm = 0;  ///< standard deviation along the shortest principal axis, before stretching
  static Vec3d apply(const std::array<Vec3d, 3>& rows, const Vec3d& v) {
    return {rows[0].dot(v), rows[1].dot(v), rows[2].dot(v)};
  }
  Vec3d normal(const Vec3d& n) const;  ///< unit length
};

std::vector<OrientedPoint> surface_points(std::span<const Run> runs, const Box3& box, const Vec3d& voxel_size_nm,
                                          double sigma_nm);
/// Principal axes of the points, each stretched to the spread of the longest, by at most `max_factor`.
Stretch stretch_of(std::span<const OrientedPoint> points, double max_factor);
/// Mean position and normal of the points in each grid cell, apart by the normal's largest component and its sign.
/// `cell` grows until at most `max_points` are left.
std::vector<OrientedPoint> down_sampled(const std::vector<OrientedPoint>& points, std::size_t max_points, double& cell);
void remove_outliers(std::vector<OrientedPoint>& points, int neighbours, double deviations);

}  // namespace syconn
