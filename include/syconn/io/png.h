// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/files.h"

namespace syconn {

/// 8-bit image, rows from the top, pixels from the left.
struct Image {
  std::int64_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  ///< width·height·3 values (RGB) or width·height (grey)
};

/// The PNG file's bytes; no time stamp, same image, same bytes. Throws Error{runtime} if the sizes do not fit together.
std::string encode_png(const Image& image);
/// Writes it atomically; throws Error{runtime}.
void write_png(const fs::path& path, const Image& image);

}  // namespace syconn
