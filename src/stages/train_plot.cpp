// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_plot.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "syconn/io/png.h"

namespace syconn {
namespace {

constexpr std::int64_t kWidth = 800, kHeight = 400;
using Colour = std::array<std::uint8_t, 3>;

void dot(Image& image, std::int64_t x, std::int64_t y, const Colour& colour) {
  if (x < 0 || y < 0 || x >= kWidth || y >= kHeight) return;
  std::copy(colour.begin(), colour.end(), &image.rgb[static_cast<std::size_t>(3 * (y * kWidth + x))]);
}

}  // namespace

void draw_losses(const fs::path& file, const std::vector<double>& losses) {
  Image image{kWidth, kHeight, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * kWidth * kHeight), 255)};
  double most = 0;
  for (const double loss : losses)
    if (std::isfinite(loss)) most = std::max(most, loss);
  const auto row = [&](double loss) {
    return kHeight - 1 - std::llround((most > 0 ? loss / most : 0) * static_cast<double>(kHeight - 1));
  };
  for (int tenth = 0; tenth <= 10; ++tenth)
    for (std::int64_t x = 0; x < kWidth; ++x) dot(image, x, row(most * tenth / 10), {225, 225, 225});
  const auto n = static_cast<std::int64_t>(losses.size());
  for (std::int64_t x = 0; n > 0 && x < kWidth; ++x) {
    const std::int64_t first = x * n / kWidth, end = std::max(first + 1, (x + 1) * n / kWidth);
    double low = losses[static_cast<std::size_t>(first)], high = low, sum = 0;
    for (std::int64_t i = first; i < end; ++i) {
      const double loss = losses[static_cast<std::size_t>(i)];
      low = std::min(low, loss), high = std::max(high, loss), sum += loss;
    }
    const double mean = sum / static_cast<double>(end - first);
    if (!std::isfinite(mean)) continue;
    for (std::int64_t y = row(high); y <= row(low); ++y) dot(image, x, y, {180, 190, 210});
    for (std::int64_t y = row(mean) - 1; y <= row(mean) + 1; ++y) dot(image, x, y, {20, 60, 160});
  }
  write_png(file, image);
}

}  // namespace syconn
