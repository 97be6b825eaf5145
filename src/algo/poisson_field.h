// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <span>
#include <vector>

#include "syconn/core/vec3.h"

namespace syconn {

/// A point of a surface with its unit normal, which points outwards.
struct OrientedPoint {
  Vec3d position, normal;
};

/// Grid points origin + step * i for i in [0, size), x fastest.
struct FieldGrid {
  Vec3d origin;
  double step = 1;
  Vec3i size;
};

/// The indicator function of the surface (screened Poisson on a refined Delaunay tetrahedralisation: CGAL's
/// Poisson_reconstruction_function) at the points of a grid: below 0 inside. Positions are in units of the grid, best
/// near 1. False where the equation cannot be solved. Deterministic: the same points give the same values.
bool poisson_field(std::span<const OrientedPoint> points, const FieldGrid& grid, std::vector<float>& values);

}  // namespace syconn
