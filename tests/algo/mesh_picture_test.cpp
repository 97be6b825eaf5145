// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/mesh_picture.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "syconn/core/error.h"

namespace syconn {
namespace {

/// Two triangles: a rectangle of 1,000 x 500 nm at depth z.
Mesh rectangle(float z) { return {{{0, 0, z}, {1000, 0, z}, {1000, 500, z}, {0, 500, z}}, {0, 1, 2, 0, 2, 3}}; }

Colour pixel(const Picture& p, std::int64_t x, std::int64_t y) {
  const auto at = static_cast<std::size_t>((y * p.width + x) * 3);
  return {p.rgb[at], p.rgb[at + 1], p.rgb[at + 2]};
}

TEST(MeshPicture, NothingIsWhite) {
  const Picture p = draw_meshes({}, {}, {.width = 20, .height = 10});
  EXPECT_EQ(p.nm_per_pixel, 0);
  EXPECT_TRUE(std::all_of(p.rgb.begin(), p.rgb.end(), [](std::uint8_t v) { return v == 255; }));
  EXPECT_THROW(draw_meshes({}, {}, {.width = 0, .height = 10}), Error);
}

TEST(MeshPicture, FillsThePictureAndTheNearerSideHides) {
  const Mesh front = rectangle(0), behind = rectangle(100);
  const PictureMesh items[] = {{&behind, {0, 200, 0}}, {&front, {200, 0, 0}}};
  const Picture p = draw_meshes(items, {}, {.width = 200, .height = 200});
  EXPECT_NEAR(p.nm_per_pixel * 200 * 0.92, 1000, 1);
  const Colour middle = pixel(p, 100, 100);
  EXPECT_GT(middle[0], 50);
  EXPECT_EQ(middle[1], 0);
  EXPECT_EQ(pixel(p, 100, 20), (Colour{255, 255, 255}));
  std::int64_t covered = 0;
  for (std::int64_t y = 0; y < 180; ++y)
    for (std::int64_t x = 0; x < 200; ++x) covered += pixel(p, x, y)[1] != 255;
  EXPECT_NEAR(static_cast<double>(covered), 184 * 92, 184 + 92 + 8) << "1,000 x 500 nm";
}

TEST(MeshPicture, BallsAreSeenThroughMeshes) {
  const Mesh front = rectangle(0);
  const PictureMesh items[] = {{&front, {200, 0, 0}}};
  const PictureBall balls[] = {{{500, 250, 800}, 100, {0, 0, 200}}};
  const Picture p = draw_meshes(items, balls, {.width = 200, .height = 200});
  EXPECT_GT(pixel(p, 100, 100)[2], 100);
  EXPECT_EQ(pixel(p, 100, 100)[0], 0);
}

TEST(MeshPicture, ScaleBarIsRound) {
  Picture p{1000, 100, {}, 13};
  EXPECT_EQ(scale_bar_nm(p), 2000) << "a quarter of the width is 3,250 nm";
  p.nm_per_pixel = 2;
  EXPECT_EQ(scale_bar_nm(p), 500);
}

}  // namespace
}  // namespace syconn
