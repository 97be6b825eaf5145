// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "train_points_data.h"

namespace syconn {

/// Cells to learn from, without labels.
struct TripletCells {
  std::vector<std::unique_ptr<LabelledCell>> cells;  ///< two at least; type and label are not used
  std::string hash;                                  ///< of the tables and settings they were made from
  std::uint64_t bytes = 0;                           ///< that the cells take
};
/// Cells with points whose nodes span a box of a diagonal above twice the card's context. Throws Error{input}: there
/// are no two; Error{config}: they take more than `memory_gb` (hold_cell).
TripletCells read_triplet_cells(const PointModelCard& card, const std::vector<fs::path>& runs, double memory_gb);

struct TripletDraw {
  std::uint64_t seed = 1;
  int batch = 16;
  double positive_nm = 15'000;
};
/// Samples of a step: anchors, as many positives, as many negatives.
struct TripletBatch {
  std::vector<PointPyramid> pyramids;
  std::vector<float> features;
};
/// Triplet (step, i) is a function of the seed alone, so training can be resumed; the threads do not show.
TripletBatch draw_triplets(TripletCells& data, const PointModelCard& card, const TripletDraw& how, std::uint64_t step,
                           int threads);

/// Where the three contexts of a triplet lie, before their points are drawn.
struct TripletPlace {
  std::size_t cell, other_cell;
  std::uint32_t anchor, positive, negative;  ///< nodes: the first two of `cell`
};
TripletPlace draw_triplet_place(TripletCells& data, double positive_nm, Rng& rng);

}  // namespace syconn
