// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_noise.h"

namespace syconn::phantom {
namespace {

double smooth(double t) { return t * t * (3 - 2 * t); }

struct Cell {
  std::int64_t x, y, z;
  double u, v, w;
};
Cell lattice_cell(const Vec3d& p, double length) {
  const double x = p.x / length, y = p.y / length, z = p.z / length;
  const double fx = std::floor(x), fy = std::floor(y), fz = std::floor(z);
  return {static_cast<std::int64_t>(fx),
          static_cast<std::int64_t>(fy),
          static_cast<std::int64_t>(fz),
          smooth(x - fx),
          smooth(y - fy),
          smooth(z - fz)};
}
// 21 bits to [-1, 1]
double unit(std::uint64_t bits) { return static_cast<double>(bits & 0x1fffff) * (2.0 / 0x1fffff) - 1; }

}  // namespace

Vec3d value_noise3(std::uint64_t key, const Vec3d& p, double length) {
  const Cell c = lattice_cell(p, length);
  Vec3d sum;
  for (int k = 0; k < 8; ++k) {
    const int dx = k & 1, dy = (k >> 1) & 1, dz = k >> 2;
    const std::uint64_t h = lattice_hash(key, c.x + dx, c.y + dy, c.z + dz);
    const double w = (dx ? c.u : 1 - c.u) * (dy ? c.v : 1 - c.v) * (dz ? c.w : 1 - c.w);
    sum += Vec3d(unit(h), unit(h >> 21), unit(h >> 42)) * w;
  }
  return sum;
}

double value_noise(std::uint64_t key, const Vec3d& p, double length) {
  const Cell c = lattice_cell(p, length);
  double sum = 0;
  for (int k = 0; k < 8; ++k) {
    const int dx = k & 1, dy = (k >> 1) & 1, dz = k >> 2;
    const double w = (dx ? c.u : 1 - c.u) * (dy ? c.v : 1 - c.v) * (dz ? c.w : 1 - c.w);
    sum += unit(lattice_hash(key, c.x + dx, c.y + dy, c.z + dz)) * w;
  }
  return sum;
}

Vec3d Warp::inverse(const Vec3d& q) const {
  Vec3d x = q;
  for (int i = 0; i < 12; ++i) x += q - (*this)(x);
  return x;
}

}  // namespace syconn::phantom
