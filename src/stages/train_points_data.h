// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "point_samples.h"
#include "syconn/stages/train_points.h"

namespace syconn {

/// A cell to learn from, or to be tested on.
struct LabelledCell {
  CellParts parts;  ///< without vertices: only the cloud is kept
  CellCloud cloud;
  std::uint8_t type = 255;
  std::vector<std::uint8_t> label;  ///< class of each point of the cloud; 255: does not count
  std::unique_ptr<CellSamples> samples;
};
/// Adds `cell` to `cells`, without spare room, and what it takes (34 bytes a point of the cloud, with its place in the
/// lists to draw from, and 120 a node) to `bytes`. Throws Error{config} where that is then above `limit_gb`.
void hold_cell(std::unique_ptr<LabelledCell> cell, double limit_gb, std::vector<std::unique_ptr<LabelledCell>>& cells,
               std::uint64_t& bytes);

/// Cells of runs with their truth.
struct LabelledCells {
  std::vector<std::unique_ptr<LabelledCell>> cells;
  std::vector<std::string> classes;
  std::string hash;         ///< of the tables and settings they were made from
  std::uint64_t bytes = 0;  ///< that the cells take
};
/// Throws Error{input}: a run without cells, or without cell_type (celltype, astrocyte) or vertex_comp
/// (compartment); an astrocyte among the names of cell_type (astrocyte).
LabelledCells read_labelled_cells(const PointTraining& training, const PointModelCard& card,
                                  const std::vector<fs::path>& runs);

/// The published augmentation for samples of this card.
AugmentationParams augmentation_of(const PointModelCard& card);

/// Samples of a step, with one label each or one a point.
struct LabelledBatch {
  std::vector<PointPyramid> pyramids;
  std::vector<float> features;
  std::vector<std::uint8_t> labels;
};
/// Draws training samples: a class, then a cell (or a point of the surface) of it, then a context around it, augmented.
/// Sample (step, i) is a function of the seed alone, so training can be resumed.
class PointSampler {
 public:
  PointSampler(const PointTraining& training, const PointModelCard& card, LabelledCells& data);
  LabelledBatch draw(std::uint64_t step, int threads);

 private:
  struct Place {
    std::size_t cell;
    std::uint32_t pivot;
  };
  Place place(Rng& rng) const;

  const PointTraining& training_;
  const PointModelCard& card_;
  LabelledCells& data_;
  std::vector<std::vector<std::size_t>> cells_of_class_;
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> points_of_class_;  ///< (cell, point)
};

}  // namespace syconn
