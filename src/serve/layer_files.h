// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "syconn/core/files.h"

namespace syconn {

/// A file below a folder, opened.
struct LayerFile {
  std::shared_ptr<const int> descriptor;  ///< closed with the last owner
  std::uint64_t bytes = 0;
  std::string etag;  ///< changes with size and time of the file
  const char* type = "application/octet-stream";

  /// Reads up to `n` bytes at `offset`; false on any trouble.
  bool read(std::uint64_t offset, char* out, std::size_t n) const;
};

/// The file that a decoded path of a request names. Nothing: there is none, it is no regular file, or the path would
/// leave `root` (canonical) by its steps or over a link.
std::optional<LayerFile> open_layer_file(const fs::path& root, const std::string& path);

/// What a header Range asks of a file.
struct ByteRange {
  std::uint64_t begin = 0, n = 0;
};
/// `first` and `last` as written, -1 where left out: "bytes=5-" is (5, -1), "bytes=-3" (-1, 3). Nothing: not
/// satisfiable.
std::optional<ByteRange> byte_range(std::int64_t first, std::int64_t last, std::uint64_t bytes);

}  // namespace syconn
