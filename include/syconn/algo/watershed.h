// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/run_components.h"
#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

namespace syconn {

/// Seeded watershed: floods `mask` (non-zero) from the seeds in `labels` (non-zero voxels inside the mask; others are
/// cleared), low `level` first. Voxels that no seed reaches stay 0.
///
/// A voxel takes its label when the first of its neighbours leaves the queue. The queue is a binary heap ordered by
/// (level, age): seed voxels enter in raster order, all with age 0, every other voxel with the next age; neighbours are
/// visited in raster order of their offset, faces before edges before corners. Ties between seed voxels are decided by
/// the heap itself: sift up while smaller than the parent, sift down to the smaller child, the left one if equal. This
/// is the order of scikit-image, so its labels come out exactly. n log n in the voxels of the mask, 16 bytes each, and
/// one more of every voxel.
///
/// Views have one size, whose product fits 32 bits; levels and labels are without gaps (else Error{runtime}). For objects around their seeds take the levels
/// of levels_of_distances().
class Watershed {
 public:
  void run(VolumeView<const std::uint32_t> level, VolumeView<const std::uint8_t> mask, VolumeView<std::uint32_t> labels,
           Connectivity connectivity = Connectivity::face6);

 private:
  struct Entry {
    std::uint64_t key;  ///< level, age
    std::uint32_t at, voxel;  ///< place in open_ and in the views
  };
  void push(const Entry& entry);
  Entry pop();
  void seed(VolumeView<const std::uint32_t> level, VolumeView<const std::uint8_t> mask,
            VolumeView<std::uint32_t> labels);
  std::vector<Entry> heap_;
  std::vector<std::uint8_t> open_;
};

/// Levels for the flood of objects around their centres: the rank of each voxel's squared distance among those that
/// occur, the largest first (rank 0). Keeps order and ties. Values outside the mask are 0.
void levels_of_distances(VolumeView<const std::uint64_t> squared, VolumeView<const std::uint8_t> mask,
                         VolumeView<std::uint32_t> level);
void levels_of_distances(VolumeView<const std::uint32_t> squared, VolumeView<const std::uint8_t> mask,
                         VolumeView<std::uint32_t> level);

/// Connected components of the non-zero voxels, numbered from 1 by smallest raster voxel; returns their number.
std::uint32_t label_components(VolumeView<const std::uint8_t> mask, VolumeView<std::uint32_t> labels,
                               Connectivity connectivity = Connectivity::face6);
/// The same of a label volume: voxels are connected where they are neighbours of equal, non-zero value.
std::uint32_t label_components(VolumeView<const Id> values, VolumeView<std::uint32_t> labels,
                               Connectivity connectivity = Connectivity::face6);

}  // namespace syconn
