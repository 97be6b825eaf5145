// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "syconn/io/png.h"
#include "syconn/stages/draw.h"

namespace syconn {

/// What draw_cells() and draw_embedding() write, in memory.
struct CellPicture {
  CellDrawing drawing;
  Image image;
};
CellPicture picture_of_cells(const fs::path& run, std::vector<Id> cells, std::size_t n, double prob_min,
                             std::int64_t width, std::int64_t height);
struct EmbeddingPicture {
  EmbeddingDrawing drawing;
  Image image;
};
EmbeddingPicture picture_of_embedding(const fs::path& run, const std::optional<fs::path>& truth,
                                      const std::string& label);

}  // namespace syconn
