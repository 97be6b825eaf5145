// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/algo/phantom/model.h"
#include "syconn/io/shard_builder.h"

namespace syconn {

/// The vector model, and what belongs to each cell.
struct PhantomCells {
  PhantomModel model;
  /// By cell index: rows of model.mitos, clouds and synapses (ascending, no decoy contacts).
  std::vector<std::vector<std::uint32_t>> mitos, clouds, synapses;

  explicit PhantomCells(PhantomModel m);
};

/// Tables ssv, mi, vc and syn_ssv of docs/stages/phantom-vector.md.
DatasetSchema phantom_cell_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json);
DatasetSchema phantom_organelle_schema(const std::string& type, const Vec3d& voxel_size_nm,
                                       const std::string& provenance_json);
DatasetSchema phantom_synapse_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json);

/// Builds one object's meshes and adds its row; `grid_nm` is the lattice of a cell's surface, organelles take 0.8 of
/// it.
void add_phantom_cell(ShardBuilder& shard, const PhantomCells& cells, std::uint32_t cell_idx, double grid_nm);
enum class PhantomOrganelleKind { mito, cloud };
void add_phantom_organelle(ShardBuilder& shard, const PhantomModel& m, PhantomOrganelleKind kind, std::uint32_t idx,
                           double grid_nm);
void add_phantom_synapse(ShardBuilder& shard, const PhantomModel& m, std::uint32_t idx);

}  // namespace syconn
