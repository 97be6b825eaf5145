// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <unordered_map>

#include "syconn/exec/job.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/volume_reader.h"

namespace syconn {

/// The supervoxel volume with cells in the place of their supervoxels. Keeps what it has looked up: 50 bytes a
/// supervoxel met. For one thread.
class CellVolume {
 public:
  /// Throws Error{input}: no table of supervoxels.
  explicit CellVolume(const JobContext& ctx);
  /// Throws Error{input} for a supervoxel that the table does not have.
  void read(VolumeView<Id> out);

 private:
  Id cell_of(Id sv);
  std::unique_ptr<VolumeReader> volume_;
  SegmentationDataset supervoxels_;
  Column<Id> cells_;
  std::unordered_map<Id, Id> known_;
};

}  // namespace syconn
