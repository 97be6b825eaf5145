// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/png.h"

#include <png.h>

#include "volume_files.h"

namespace syconn {
namespace {

std::vector<std::uint8_t> decode(const std::string& bytes, const Image& like, bool grey) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()), 0) << png.message;
  EXPECT_EQ(png.width, like.width);
  EXPECT_EQ(png.height, like.height);
  EXPECT_EQ(png.format, grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB);
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(png));
  EXPECT_NE(png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr), 0) << png.message;
  return pixels;
}

TEST(Png, RoundTripOfColourAndGrey) {
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{1, 1}, {7, 3}, {301, 113}}) {
    for (const int channels : {1, 3}) {
      const Image image{width, height, test::random_values<std::uint8_t>({width, height, channels}, 9)};
      const std::string bytes = encode_png(image);
      EXPECT_EQ(bytes, encode_png(image));
      EXPECT_EQ(bytes.find("tIME"), std::string::npos);
      EXPECT_EQ(decode(bytes, image, channels == 1), image.rgb);
    }
  }
}

TEST(Png, WritesAtomicallyAndReportsErrors) {
  const test::TempFolder folder;
  const Image image{2, 1, {1, 2, 3, 4, 5, 6}};
  write_png(folder / "a.png", image);
  EXPECT_EQ(read_file(folder / "a.png"), encode_png(image));
  test::error_of([&] { write_png(folder / "none/a.png", image); }, Category::runtime);
  test::error_of([] { encode_png({2, 2, {1, 2, 3}}); }, Category::runtime);
  test::error_of([] { encode_png({0, 0, {}}); }, Category::runtime);
  test::error_of([] { encode_png({-1, -1, {1}}); }, Category::runtime);
  test::error_of([] { encode_png({std::int64_t{1} << 40, 1, {}}); }, Category::runtime);
}

}  // namespace
}  // namespace syconn
