// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cmath>

#include "syconn/algo/phantom/params.h"
#include "syconn/core/ids.h"

namespace syconn::phantom {

/// Hash of a lattice point; the basis of every per-voxel random number.
inline std::uint64_t lattice_hash(std::uint64_t key, std::int64_t x, std::int64_t y, std::int64_t z) {
  const std::uint64_t u = static_cast<std::uint64_t>(x) * 0x9e3779b97f4a7c15ULL +
                          static_cast<std::uint64_t>(y) * 0xc2b2ae3d27d4eb4fULL +
                          static_cast<std::uint64_t>(z) * 0x165667b19e3779f9ULL;
  return mix64(u ^ key);
}

/// Three smooth value-noise channels in [-1, 1] on a lattice of edge `length`: continuous, piecewise smooth.
Vec3d value_noise3(std::uint64_t key, const Vec3d& p, double length);
/// One channel.
double value_noise(std::uint64_t key, const Vec3d& p, double length);

/// Displacement of the query point that makes walls uneven: two octaves. Its slope stays below 1, so it moves and
/// bends walls without tearing objects apart.
class Warp {
 public:
  Warp() = default;
  explicit Warp(const PhantomParams& p)
      : key_(mix64(p.seed, 0x77a7)), a1_(p.warp_nm), l1_(p.warp_length_nm), a2_(p.rough_nm), l2_(p.rough_length_nm) {}
  Vec3d operator()(const Vec3d& p) const {
    return p + value_noise3(key_, p, l1_) * a1_ + value_noise3(key_ + 1, p, l2_) * a2_;
  }
  double reach() const { return std::sqrt(3.0) * (a1_ + a2_); }
  /// Point x with warp(x) = q.
  Vec3d inverse(const Vec3d& q) const;

 private:
  std::uint64_t key_ = 0;
  double a1_ = 0, l1_ = 1, a2_ = 0, l2_ = 1;
};

}  // namespace syconn::phantom
