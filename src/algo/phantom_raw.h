// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "phantom_block.h"

namespace syconn::phantom {

/// Periodic smooth noise of unit variance, 128×128×64 voxels, looked up by voxel coordinate.
class NoiseTile {
 public:
  /// `sigma_nm`: scale of the smoothing along each axis.
  NoiseTile(std::uint64_t key, double sigma_nm, const Vec3d& voxel_nm);
  float operator()(const Vec3i& v) const {
    return values_[static_cast<std::size_t>((v.z & 63) << 14 | (v.y & 127) << 7 | (v.x & 127))];
  }

 private:
  std::vector<float> values_;
};

/// Grey values of an electron micrograph of the phantom.
class RawPainter {
 public:
  explicit RawPainter(const PhantomModel& model);
  /// Grey value of voxel j of block b at dataset voxel v, before the section's jitter.
  std::uint8_t grey(const Block& b, std::size_t j, const Vec3i& v) const;
  /// Shift of a section, -1, 0 or 1 voxel in x and y.
  Vec3i jitter(std::int64_t z) const;

 private:
  float tissue(const Block& b, std::size_t j, const Vec3i& v) const;
  float cytoplasm(const Block& b, std::size_t j, const Vec3i& v) const;
  float soma(const Vec3f& q, std::uint32_t node, float depth, const Vec3i& v, float grey) const;
  float mitochondrion(const Block& b, std::size_t j, const Vec3i& v) const;
  float vesicles(const Vec3d& p) const;
  float junction(const Block& b, std::size_t j) const;

  const PhantomModel& m_;
  std::uint64_t key_;
  NoiseTile fine_, mid_, coarse_;
  std::array<float, 1024> exp_table_;
  float gauss(float u) const {  ///< exp(-u^2), table
    const float s = u * u * 128;
    return s < 1023 ? exp_table_[static_cast<std::size_t>(s)] : 0.0F;
  }
};

}  // namespace syconn::phantom
