// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "draw_pictures.h"
#include "syconn/core/error.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/stages/evaluate_embedding.h"

namespace syconn {
namespace {

using Rgb = std::array<std::uint8_t, 3>;
struct Ink {
  const char* name;
  Rgb colour;
};
constexpr Ink kInks[] = {{"blue", {31, 119, 180}},  {"orange", {255, 127, 14}},  {"green", {44, 160, 44}},
                         {"red", {214, 39, 40}},    {"violet", {148, 103, 189}}, {"brown", {140, 86, 75}},
                         {"pink", {227, 119, 194}}, {"olive", {188, 189, 34}},   {"cyan", {23, 190, 207}},
                         {"black", {30, 30, 30}}};
constexpr Ink kNoLabel{"grey", {170, 170, 170}};
constexpr std::int64_t kSide = 900, kMargin = 40;
constexpr std::int32_t kUnlabelled = -1;

struct Spot {
  double x, y;
  std::int32_t label;
};

/// Part of a pixel at distance `d` of its centre that a disc of this radius covers, about.
double cover(double d, double radius) { return std::clamp(radius + 0.5 - d, 0.0, 1.0); }

void disc(Image& image, double cx, double cy, double radius, const Rgb& colour) {
  constexpr double kRim = 1;  // white, so that discs that overlap stay apart
  const auto reach = static_cast<std::int64_t>(radius + kRim + 1);
  for (std::int64_t y = std::llround(cy) - reach; y <= std::llround(cy) + reach; ++y)
    for (std::int64_t x = std::llround(cx) - reach; x <= std::llround(cx) + reach; ++x) {
      if (x < 0 || y < 0 || x >= image.width || y >= image.height) continue;
      const double d = std::hypot(static_cast<double>(x) - cx, static_cast<double>(y) - cy);
      const double rim = cover(d, radius + kRim), ink = cover(d, radius);
      for (std::size_t c = 0; c < 3; ++c) {
        std::uint8_t& value = image.rgb[static_cast<std::size_t>(3 * (y * image.width + x)) + c];
        const double under = value + (255.0 - value) * rim;
        value = static_cast<std::uint8_t>(std::lround(under + (colour[c] - under) * ink));
      }
    }
}

/// One scale for both axes: distances in the plane are what it shows.
void draw_spots(Image& image, const std::vector<Spot>& spots, const std::map<std::int32_t, const Ink*>& inks) {
  double least_x = INFINITY, least_y = INFINITY, most_x = -INFINITY, most_y = -INFINITY;
  for (const Spot& s : spots) {
    least_x = std::min(least_x, s.x), most_x = std::max(most_x, s.x);
    least_y = std::min(least_y, s.y), most_y = std::max(most_y, s.y);
  }
  const double span = std::max({most_x - least_x, most_y - least_y, 1e-9});
  const double scale = static_cast<double>(kSide - 2 * kMargin) / span;
  const double radius =
      std::clamp(120 / std::sqrt(static_cast<double>(std::max<std::size_t>(spots.size(), 1))), 1.5, 8.0);
  for (const Spot& s : spots)
    disc(image, kSide / 2.0 + (s.x - (least_x + most_x) / 2) * scale,
         kSide / 2.0 - (s.y - (least_y + most_y) / 2) * scale, radius, inks.at(s.label)->colour);
}

}  // namespace

EmbeddingPicture picture_of_embedding(const fs::path& run, const std::optional<fs::path>& truth,
                                      const std::string& label) {
  const fs::path file = run / "datasets" / "ssv.h5";
  const auto cells = SegmentationDataset::open(file);
  if (!cells.has_column("umap")) throw Error(Category::input, file.string() + " has no umap; run stage embed first");
  CellLabels labels;
  if (truth || cells.has_column(label)) labels = read_cell_labels(truth.value_or(run), label);
  const auto places = cells.column<float>("umap");
  EmbeddingPicture out;
  EmbeddingDrawing& drawing = out.drawing;
  std::vector<Spot> spots;
  std::map<std::int32_t, std::uint64_t> counts;
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard) {
    const std::vector<Id> ids = cells.ids(shard);
    const std::vector<float> xy = places.shard(shard);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (std::isnan(xy[2 * i])) {
        ++drawing.without_place;
        continue;
      }
      const auto of_cell = labels.of_cell.find(ids[i]);
      const std::int32_t code = of_cell == labels.of_cell.end() ? kUnlabelled : of_cell->second;
      spots.push_back({static_cast<double>(xy[2 * i]), static_cast<double>(xy[2 * i + 1]), code});
      ++counts[code];
    }
  }
  std::map<std::int32_t, const Ink*> inks;
  for (const auto& [code, n] : counts) {
    inks[code] = code == kUnlabelled ? &kNoLabel : &kInks[static_cast<std::size_t>(code) % std::size(kInks)];
    const auto name = labels.names.find(code);
    const std::string text = code == kUnlabelled          ? "no label"
                             : name == labels.names.end() ? std::to_string(code)
                                                          : name->second;
    drawing.classes.push_back({text, inks[code]->name, n});
  }
  drawing.cells = spots.size();
  out.image = {kSide, kSide, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * kSide * kSide), 255)};
  draw_spots(out.image, spots, inks);
  return out;
}

EmbeddingDrawing draw_embedding(const fs::path& run, const std::optional<fs::path>& truth, const std::string& label,
                                const fs::path& picture) {
  const EmbeddingPicture drawn = picture_of_embedding(run, truth, label);
  write_png(picture, drawn.image);
  return drawn.drawing;
}

}  // namespace syconn
