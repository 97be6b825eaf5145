// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "syconn/core/volume_view.h"

namespace syconn {

enum class MorphologyOp { erosion, dilation, opening, closing };

/// "erosion", "dilation", "opening", "closing"; throws Error{config} for anything else.
MorphologyOp morphology_op(std::string_view name);

/// Reach a of the element in x and y: floor(voxel z / voxel x), at least 1, at most `element_max_a`. The element is the
/// diamond of radius a in its own plane and the centre voxel of the planes above and below (a = 2: 15 voxels).
int morphology_element(const Vec3d& voxel_size_nm, int element_max_a = 2);

/// Voxels a write box must be grown by: the element's reach, twice for an opening or closing, summed over the list.
Vec3i morphology_halo(std::span<const MorphologyOp> ops, int element_a);

/// Binary morphology on bit-packed masks. Equal operations that follow each other are one with so many iterations
/// (closing, closing = two dilations, then two erosions), as in the reference. Keeps its buffers between calls.
class Morphology {
 public:
  /// Applies `ops` in order to `mask` in place; non-zero = set, written as 0 and 1. Outside the mask is background.
  /// Closing and dilation work on the unbounded grid, their result is cut to the mask's box. So the result is exact on
  /// a whole dataset, and on a chunk everywhere except within morphology_halo() of those faces that are not the
  /// dataset's. Linear in voxels times steps, 64 voxels a word.
  void apply(std::span<const MorphologyOp> ops, int element_a, VolumeView<std::uint8_t> mask);

 private:
  using Words = std::vector<std::uint64_t>;
  void pack(VolumeView<const std::uint8_t> mask);
  void unpack(VolumeView<std::uint8_t> mask) const;
  void run(MorphologyOp op, int times);
  template <bool kDilate>
  void step();
  template <bool kDilate>
  void cross(const std::uint64_t* in, std::uint64_t* out) const;
  void cut();

  int a_ = 1;
  Vec3i size_, pad_;  // of the mask, and the rim around it for closings
  std::int64_t words_ = 0, ny_ = 0, nz_ = 0;
  Words bits_, next_, plane_[2];
};

}  // namespace syconn
