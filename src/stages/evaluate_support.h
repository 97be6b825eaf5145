// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "syconn/algo/runs.h"
#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/volume_reader.h"

/// What the comparisons with the truth share.
namespace syconn {

/// `box` in pieces of at most 256 x 256 x 64 voxels.
std::vector<Box3> evaluation_blocks(const Box3& box);

/// The objects of a sparse label volume as x-runs, to look up what lies below other objects.
class LabelledRuns {
 public:
  struct Item {
    Run run;
    Id label = kBackground;
  };
  /// Runs in any order, disjoint; those of a row and label that touch are joined.
  explicit LabelledRuns(std::vector<Item> items);

  const std::vector<Item>& items() const { return items_; }  ///< raster order
  std::map<Id, std::vector<Run>> by_label() const;
  /// Voxels of each label under runs_vx (x, y, z, length a run). O(runs x log items).
  std::map<Id, std::uint64_t> below(std::span<const std::int32_t> runs_vx) const;

 private:
  std::vector<Item> items_;
};

/// All labels but 0 of a volume, streamed. Throws Error{input} if coordinates leave 31 bits.
LabelledRuns read_labelled_runs(const VolumeReader& volume);
/// The 26-connected parts of a map (labels: not 0; floats: above 0.5), labelled from 1 by smallest raster voxel.
LabelledRuns read_connected_parts(const VolumeReader& volume);

/// The voxels of a volume inside `box` that are set, as canonical runs: labels but 0, or values of a map above
/// `threshold`.
std::vector<Run> read_foreground_runs(const VolumeReader& volume, const Box3& box, std::optional<double> threshold);

/// Column `cell_id` of RUN/datasets/sv.h5.
std::unordered_map<Id, Id> cells_of_supervoxels(const fs::path& run);
inline Id cell_of(const std::unordered_map<Id, Id>& cells, Id sv) {
  const auto found = cells.find(sv);
  return found == cells.end() ? kBackground : found->second;
}
/// Label in a phantom's volume sv -> true cells it belongs to (several where wrongly merged), ascending.
std::map<Id, std::vector<Id>> true_cells_of_labels(const fs::path& phantom);

}  // namespace syconn
