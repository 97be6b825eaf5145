// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "syconn/exec/job.h"
#include "syconn/io/segmentation_dataset.h"

/// The first steps of every stage that feeds point networks: the down-sampled clouds of all cells, made once.
///   {"clouds", per_shard, cell_clouds_shard}, {"publish_clouds", once, cell_clouds_publish}
/// They write datasets/cell_cloud.h5: docs/algorithms/point_clouds.md.
namespace syconn {

/// Edges of the voxels of which one vertex is taken.
struct CloudVoxels {
  double cell_nm = 80, mi_nm = 100, vc_nm = 100, synapse_nm = 100;

  /// Keys cell_voxel_nm, mi_voxel_nm, vc_voxel_nm, synapse_voxel_nm.
  void describe(Fields& f);
};

/// Points of one cell: its surface first (ascending vertices), then mitochondria, vesicle clouds, symmetric (or
/// untyped) and asymmetric synapses.
struct CellCloud {
  static constexpr std::uint32_t kNoVertex = 0xffffffffU;

  std::vector<Vec3f> points_nm;
  std::vector<std::uint8_t> feature;  ///< PointFeature
  std::vector<std::uint32_t> vertex;  ///< of the cell's mesh; kNoVertex for points of organelles and synapses
  std::vector<std::uint32_t> node;    ///< nearest node of the skeleton
};

/// Reads what clouds are made of from a run's datasets folder: ssv, and mi, vc, syn_ssv as far as they are there.
class CellCloudReader {
 public:
  explicit CellCloudReader(const fs::path& datasets);
  ~CellCloudReader();
  const SegmentationDataset& cells() const;
  /// Organelles are those of the cell's lists, synapses its syn_ids (so those that synapses.prob_min kept). Surface
  /// whose nearest node is myelinated is of the class of its own. A cell without nodes or mesh has no points. Memory:
  /// 40 bytes a vertex of the cell and of its organelles of one type.
  CellCloud read(Row cell, const CloudVoxels& voxels) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The clouds of a shard's cells, one cell at a time. Memory: 0.25 GB, and 60 bytes a vertex of the largest cell.
void cell_clouds_shard(JobContext& ctx, const CloudVoxels& voxels, const std::string& stage);
void cell_clouds_publish(JobContext& ctx, const std::string& stage);

}  // namespace syconn
