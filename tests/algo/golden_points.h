// SPDX-License-Identifier: GPL-3.0-or-later
// Points of the reference vectors.
#pragma once
#include "h5_input.h"
#include "syconn/core/vec3.h"

namespace syconn::testing_input {

/// (n, 3) in any float type.
inline std::vector<Vec3d> read_points(const std::filesystem::path& file, const std::string& name) {
  std::vector<hsize_t> shape;
  const std::vector<double> values = read_h5<double>(file, name, shape);
  std::vector<Vec3d> points;
  for (std::size_t i = 0; i + 2 < values.size(); i += 3) points.emplace_back(values[i], values[i + 1], values[i + 2]);
  return points;
}
inline std::vector<Vec3f> as_float(const std::vector<Vec3d>& points) { return {points.begin(), points.end()}; }

}  // namespace syconn::testing_input
