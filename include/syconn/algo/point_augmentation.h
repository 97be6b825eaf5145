// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <span>
#include <vector>

#include "syconn/core/rng.h"
#include "syconn/core/vec3.h"

namespace syconn {

/// Displacements on a lattice that spans [min, max] with its first and last points; z fastest.
struct ElasticField {
  Vec3i res;  ///< points along x,y,z, at least 2 each
  Vec3d min, max;
  std::array<std::vector<double>, 3> displacement;  ///< x,y,z, each of res.product() values
};
/// Each component convolved with a Gaussian of `sigma` lattice steps (cut at 4 sigma, 0 outside), times `alpha`.
ElasticField smoothed(const ElasticField& field, double sigma, double alpha);
/// Moves the points by the field, linearly interpolated; points outside take its border's value.
void move_by(const ElasticField& field, std::span<Vec3d> points);

/// Rotation about x, then y, then z (fixed axes, degrees), then each axis times `flip` (±1).
void rotate_and_flip(std::span<Vec3d> points, const Vec3d& euler_deg, const Vec3d& flip);
void scale_axes(std::span<Vec3d> points, const Vec3d& factors);
/// Subtracts the mean.
void subtract_mean(std::span<Vec3d> points);

/// The published recipe for point networks; every step can be left out. Order: jitter, centre, divide, rotation and
/// flips, elastic, anisotropic scale. The elastic amplitude is in divided units, so `scale` belongs to the recipe.
struct AugmentationParams {
  double jitter_sigma = 40;  ///< nm: a sample's sigma is |N(0,1)| times this; 0: none
  bool centre = true;        ///< subtract the mean
  double scale = 1;          ///< divides the coordinates
  double centre_offset = 0;  ///< adds U(±offset) nm to the centre, each axis
  bool rotate = true;        ///< Euler angles U(±180) and each axis flipped with probability 1/2
  double elastic_probability = 0.5;
  std::int64_t elastic_res = 40;
  double elastic_sigma = 6, elastic_alpha = 10;
  double anisotropy = 0.1;  ///< factors U(1 ± this), each axis
};
/// Throws Error{config} for parameters out of range.
void augment(std::span<Vec3d> points, const AugmentationParams& params, Rng& rng);

}  // namespace syconn
