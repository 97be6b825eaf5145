// SPDX-License-Identifier: GPL-3.0-or-later
#include "draw_section.h"

#include <algorithm>
#include <cmath>

namespace syconn {
namespace {

/// Calls fn(x, y) for the pixels of a section that lie in the mask; coordinates from the section's corner.
template <class F>
void for_each_pixel(const SectionFrame& at, VolumeView<const std::uint8_t> mask, F&& fn) {
  for (std::int64_t y = 0; y < mask.size.y * at.zoom; ++y)
    for (std::int64_t x = 0; x < mask.size.x * at.zoom; ++x)
      if (mask(x / at.zoom, y / at.zoom, 0) != 0) fn(x, y);
}

}  // namespace

Pixels::Pixels(std::int64_t width, std::int64_t height, Colour fill)
    : width_(width), height_(height), rgb_(static_cast<std::size_t>(3 * width * height)) {
  for (std::size_t i = 0; i < rgb_.size(); ++i) rgb_[i] = fill[i % 3];
}

void Pixels::set(std::int64_t x, std::int64_t y, Colour colour) { tint(x, y, colour, 1); }

void Pixels::tint(std::int64_t x, std::int64_t y, Colour colour, double share) {
  if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
  std::uint8_t* pixel = rgb_.data() + 3 * (y * width_ + x);
  for (std::size_t c = 0; c < 3; ++c)
    pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] * (1 - share) + colour[c] * share));
}

void draw_grey(Pixels& out, const SectionFrame& at, VolumeView<const std::uint8_t> grey) {
  for (std::int64_t y = 0; y < grey.size.y * at.zoom; ++y)
    for (std::int64_t x = 0; x < grey.size.x * at.zoom; ++x) {
      const auto v = static_cast<std::uint8_t>(std::min(252, (grey(x / at.zoom, y / at.zoom, 0) + 2) / 4 * 4));
      out.set(at.x + x, at.y + y, {v, v, v});
    }
}

void draw_fill(Pixels& out, const SectionFrame& at, VolumeView<const std::uint8_t> mask, Colour colour, double share) {
  for_each_pixel(at, mask, [&](std::int64_t x, std::int64_t y) { out.tint(at.x + x, at.y + y, colour, share); });
}

void draw_outline(Pixels& out, const SectionFrame& at, VolumeView<const std::uint8_t> mask, Colour colour,
                  std::int64_t width) {
  const auto other = [&](std::int64_t x, std::int64_t y) {
    if (x < 0 || y < 0 || x >= mask.size.x * at.zoom || y >= mask.size.y * at.zoom) return false;
    return mask(x / at.zoom, y / at.zoom, 0) == 0;
  };
  for_each_pixel(at, mask, [&](std::int64_t x, std::int64_t y) {
    for (std::int64_t dy = -width; dy <= width; ++dy)
      for (std::int64_t dx = -width; dx <= width; ++dx)
        if (dx * dx + dy * dy <= width * width && other(x + dx, y + dy)) return out.set(at.x + x, at.y + y, colour);
  });
}

void draw_bar(Pixels& out, const SectionFrame& at, std::int64_t height, std::int64_t length) {
  constexpr std::int64_t kMargin = 10, kThick = 5;
  const std::int64_t x0 = at.x + kMargin, y0 = at.y + height - kMargin - kThick;
  for (std::int64_t y = -1; y <= kThick; ++y)
    for (std::int64_t x = -1; x <= length; ++x) {
      const bool rim = y < 0 || y == kThick || x < 0 || x == length;
      out.set(x0 + x, y0 + y, rim ? Colour{0, 0, 0} : Colour{255, 255, 255});
    }
}

}  // namespace syconn
