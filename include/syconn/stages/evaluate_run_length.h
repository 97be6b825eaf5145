// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "syconn/algo/run_length.h"
#include "syconn/stages/evaluate_volumes.h"

namespace syconn {

/// What is to be asked of the true skeletons.
struct RunLengthQuestion {
  fs::path truth;             ///< a phantom's folder (truth/nodes.csv), an SWC file, or a folder of SWC files
  double nm_per_unit = 1000;  ///< of the SWC files
  std::optional<VolumeSource>
      volume;                   ///< segments below the nodes; without: the supervoxels that truth/nodes.csv names
  std::optional<fs::path> run;  ///< then the supervoxels count as the cells that RUN/datasets/sv.h5 gives them
  std::optional<Vec3d> voxel_size_nm;  ///< of the volume; its own by default
  std::uint64_t merge_nodes = 1;       ///< see merged_segments()
  int threads = 1;
};
struct RunLengthAnswer {
  RunLengthScore score;
  std::uint64_t nodes = 0;    ///< of the true skeletons
  std::uint64_t outside = 0;  ///< of these: outside the volume; pieces that end there do not count
};
/// Expected run length of a segmentation, of a run's cells, or of a segmentation assembled to a run's cells. Memory: 80
/// bytes a node, and a block of 256 x 256 x 64 voxels a thread. Throws Error{usage} for neither volume nor run,
/// Error{input} for what is missing.
RunLengthAnswer evaluate_run_length(const RunLengthQuestion& question);

}  // namespace syconn
