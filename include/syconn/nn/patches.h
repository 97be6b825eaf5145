// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <span>
#include <vector>

#include "syconn/core/rng.h"
#include "syconn/core/volume_view.h"

namespace syconn {

inline constexpr std::uint8_t kIgnoredLabel = 255;  ///< does not count in the loss

/// An image and the class of each voxel (0 the background), over one box.
struct LabelledVolume {
  Volume<std::uint8_t> raw, labels;
};

/// Chances and strengths of what is done to a sample: the paper's, as far as they are built (no elastic deformation).
struct Augmentation {
  double flip = 0.5;  ///< of each axis; and of x with y where a patch is square
  double warp = 0.2;  ///< rotation in x,y by any angle, scale 0.9..1.1
  double grey = 0.3, gamma = 0.3, noise = 0.3, blur = 0.1;
  double gamma_sigma = 0.25, noise_sigma = 0.1;
};

/// Random patches of labelled volumes. Sample (step, i) is a function of the seed alone, so training can be resumed.
class PatchSampler {
 public:
  /// Half of the samples lie around a voxel of a random class, the others anywhere. Throws Error{config} for volumes
  /// smaller than a voxel, image and labels of different boxes, or none at all.
  PatchSampler(std::vector<LabelledVolume> volumes, int classes, const Vec3i& patch_vx, std::uint64_t seed,
               const Augmentation& augmentation = {});

  const Vec3i& patch_vx() const { return patch_vx_; }
  /// Image in grey / 255 and its labels, x fastest. Outside a volume the image is 0 and the label kIgnoredLabel.
  void draw(std::uint64_t step, std::uint64_t i, std::span<float> image, std::span<std::uint8_t> labels) const;

 private:
  struct Places {
    std::vector<std::vector<Vec3i>> of_class;  ///< voxels of each class, at most 65,536 of them
  };
  Vec3d centre(Rng& rng, std::size_t volume) const;

  std::vector<LabelledVolume> volumes_;
  std::vector<Places> places_;
  int classes_;
  Vec3i patch_vx_;
  std::uint64_t seed_;
  Augmentation augmentation_;
};

}  // namespace syconn
