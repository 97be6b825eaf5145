// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/rng.h"

#include <cmath>
#include <numbers>

namespace syconn {

double Rng::normal() {
  const double u = 1.0 - uniform();  // (0, 1]
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform());
}

double Rng::log_normal(double median, double sigma) { return median * std::exp(sigma * normal()); }

Vec3d Rng::direction() {
  const double z = uniform(-1.0, 1.0), phi = uniform(0.0, 2.0 * std::numbers::pi), r = std::sqrt(1.0 - z * z);
  return {r * std::cos(phi), r * std::sin(phi), z};
}

}  // namespace syconn
