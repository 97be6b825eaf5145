// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/mesh.h"

namespace syconn {

using Colour = std::array<std::uint8_t, 3>;

struct PictureMesh {
  const Mesh* mesh = nullptr;
  Colour colour{};
};
struct PictureBall {
  Vec3d centre_nm;
  double radius_nm = 0;
  Colour colour{};
};
/// Orthographic view: the picture's x runs along `right`, its y against `up`.
struct PictureView {
  Vec3d right{1, 0, 0}, up{0, -1, 0};  ///< unit vectors, orthogonal
  std::int64_t width = 1200, height = 900;
};

struct Picture {
  std::int64_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  ///< rows from the top
  double nm_per_pixel = 0;        ///< 0: nothing to see
};

/// Meshes and balls, shaded, on white, scaled to fill the picture but for a margin, with a scale bar (bar_nm long) in
/// the lower left corner. Balls are drawn over meshes, so that none hides inside a cell. Same input, same pixels.
/// Linear in faces and covered pixels; memory 4 x 15 bytes a pixel. Throws Error{runtime} for a picture without pixels.
Picture draw_meshes(std::span<const PictureMesh> meshes, std::span<const PictureBall> balls, const PictureView& view);
/// Length of the scale bar of a picture: 1, 2 or 5 times a power of ten nm, at most a quarter of the width.
double scale_bar_nm(const Picture& picture);

}  // namespace syconn
