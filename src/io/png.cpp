// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/png.h"

#include <png.h>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::int64_t kMaxEdge = 1 << 20;

png_image describe(const Image& image) {
  const auto fits = [](std::int64_t edge) { return edge > 0 && edge <= kMaxEdge; };
  const std::size_t pixels = fits(image.width) && fits(image.height)
                                 ? static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height)
                                 : 0;
  if (pixels == 0 || (image.rgb.size() != pixels && image.rgb.size() != 3 * pixels))
    throw Error(Category::runtime, "cannot make a PNG of " + std::to_string(image.width) + "x" +
                                       std::to_string(image.height) + " pixels from " +
                                       std::to_string(image.rgb.size()) + " values");
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.rgb.size() == pixels ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  return png;
}

}  // namespace

std::string encode_png(const Image& image) {
  png_image png = describe(image);
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string encoded(bytes, '\0');
  if (png_image_write_to_memory(&png, encoded.data(), &bytes, 0, image.rgb.data(), 0, nullptr) == 0)
    throw Error(Category::runtime, std::string("cannot make a PNG: ") + png.message);
  encoded.resize(bytes);
  return encoded;
}

void write_png(const fs::path& path, const Image& image) { write_file_atomically(path, encode_png(image)); }

}  // namespace syconn
