// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <unordered_map>
#include <vector>

#include "syconn/io/segmentation_dataset.h"

namespace syconn {

/// Distances to the mitochondria of one cell at a time. A mitochondrion's surface is its mesh vertices averaged on a
/// 200 nm grid (each mitochondrion by itself, grid from the dataset's corner).
class MitoDistance {
 public:
  MitoDistance(const SegmentationDataset& ssv, const SegmentationDataset& mi);
  void begin_cell(Id cell);
  /// NaN for a cell without mitochondria.
  float nearest_nm(const Vec3d& point_nm);

 private:
  struct Mito {
    Row row;
    float bbox_nm[6];
  };
  double lower_bound_nm2(const Mito& mito, const Vec3d& p) const;
  const std::vector<Vec3d>& points(std::size_t mito);

  const SegmentationDataset& ssv_;
  const SegmentationDataset& mi_;
  Ragged<Id> ids_;
  Ragged<float> vertices_;
  std::optional<Column<float>> bbox_;
  std::vector<Mito> mitos_;
  std::unordered_map<std::size_t, std::vector<Vec3d>> averaged_;
  std::size_t held_ = 0;
};

}  // namespace syconn
