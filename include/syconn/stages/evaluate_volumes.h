// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "syconn/algo/segmentation_metrics.h"
#include "syconn/algo/synapse_metrics.h"
#include "syconn/core/box3.h"
#include "syconn/core/files.h"

/// Label volumes against label volumes, streamed by blocks: 64 MiB a thread and the histogram of the labels that meet.
/// Both are compared where both have voxels; Error{input} if they have none in common.
namespace syconn {

/// A volume on disk: an HDF5 file and a dataset in it (empty: the only 3-D one), or the manifest of a derived volume.
struct VolumeSource {
  fs::path file;
  std::string dataset;
};
/// "FILE" or "FILE:DATASET", split at the last colon unless a file has the whole name.
VolumeSource volume_source(const std::string& text);

struct SegmentationScore {
  Box3 box;                                   ///< compared, voxels
  std::uint64_t truth_vx = 0;                 ///< with a truth: those that count
  std::uint64_t background_vx = 0;            ///< of these: segment 0
  std::uint64_t unmapped_vx = 0;              ///< of these: a supervoxel the run does not have (with a run)
  std::uint64_t n_truth = 0, n_segments = 0;  ///< labels but 0; segments that meet a truth
  VariationOfInformation voi;
  AdaptedRandError rand;
  double cremi_score = 0;
};
/// With `run` the supervoxels of `volume` count as the cells that RUN/datasets/sv.h5 gives them; supervoxels that it
/// does not have, or that have no cell, as 0. With `ignore_border_vx` true voxels that near to a border between true
/// labels, within their section, do not count (clear_borders).
SegmentationScore evaluate_segmentation(const VolumeSource& volume, const VolumeSource& truth,
                                        const std::optional<fs::path>& run, int threads,
                                        std::optional<double> ignore_border_vx = {});

struct CleftReport {
  Box3 box;  ///< compared, voxels
  Vec3d voxel_size_nm;
  double far_nm = 200;
  CleftScore score;
};
/// CREMI's measure of clefts: voxels of labels but 0, or above `threshold` where it is given (maps). The size of a
/// voxel is that of the truth, else of the volume, unless given. Memory: 16 bytes a run of both, and cleft_score().
CleftReport evaluate_clefts(const VolumeSource& volume, const VolumeSource& truth, std::optional<double> threshold,
                            const std::optional<Vec3d>& voxel_size_nm, double far_nm, int threads);

struct OrganelleScore {
  Box3 box;                     ///< compared, voxels
  InstanceScores at_50, at_75;  ///< matched at IoU >= 0.5 and >= 0.75
  std::uint64_t volume_vx = 0, truth_volume_vx = 0;
  double count_error = 0, volume_error = 0;  ///< (found - true) / true; NaN without a truth
};
/// `name`: of the organelle type; its instances are RUN/volumes/<name>_seg.json.
OrganelleScore evaluate_organelles(const fs::path& run, const std::string& name, const VolumeSource& truth,
                                   int threads);

}  // namespace syconn
