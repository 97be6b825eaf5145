// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/algo/mesh_picture.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// RGB pixels, rows from the top.
class Pixels {
 public:
  Pixels(std::int64_t width, std::int64_t height, Colour fill);
  std::int64_t width() const { return width_; }
  std::int64_t height() const { return height_; }
  /// Outside: nothing.
  void set(std::int64_t x, std::int64_t y, Colour colour);
  /// `share` of 0..1 of the colour over what is there.
  void tint(std::int64_t x, std::int64_t y, Colour colour, double share);
  const std::vector<std::uint8_t>& rgb() const { return rgb_; }

 private:
  std::int64_t width_, height_;
  std::vector<std::uint8_t> rgb_;
};

/// Where a section lies in the picture: its upper left pixel, and how many pixels a voxel has along x and y.
struct SectionFrame {
  std::int64_t x = 0, y = 0;
  std::int64_t zoom = 1;
};

/// Grey voxels of one section (size.z = 1). Values are rounded to steps of 4, which no eye tells and a PNG saves.
void draw_grey(Pixels& out, const SectionFrame& at, VolumeView<const std::uint8_t> grey);
/// Tints the non-zero voxels.
void draw_fill(Pixels& out, const SectionFrame& at, VolumeView<const std::uint8_t> mask, Colour colour, double share);
/// A line `width` pixels wide along the border of the non-zero voxels, inside them. The section's edge is no border.
void draw_outline(Pixels& out, const SectionFrame& at, VolumeView<const std::uint8_t> mask, Colour colour,
                  std::int64_t width);
/// A white bar with a black rim in the lower left corner of a section of `height` pixels.
void draw_bar(Pixels& out, const SectionFrame& at, std::int64_t height, std::int64_t length);

}  // namespace syconn
