// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "record_cursor.h"
#include "syconn/algo/mesh.h"
#include "syconn/algo/runs.h"
#include "syconn/algo/synapse_features.h"
#include "syconn/core/ids.h"
#include "syconn/io/dataset_schema.h"
#include "syconn/io/record_file.h"
#include "syconn/io/shard_builder.h"

/// Records between the steps of `synapses`. The slice of a pair of cells is part_of(mix64(cell_a, cell_b), slices),
/// that of a cell shard_of(cell, slices).
namespace syconn {

/// pairs -> agglomerate: a fragment of `syn` between two cells, followed by its runs.
struct CellPairFragment {
  Id cell_a = 0, cell_b = 0, syn = 0;
  std::uint64_t n_sym = 0, n_asym = 0, n_runs = 0;
};

/// agglomerate -> number: ids follow this order.
struct SynapseKey {
  Id cell_a = 0, cell_b = 0;
  std::int32_t z = 0, y = 0, x = 0, unused = 0;  ///< smallest raster voxel
  friend auto operator<=>(const SynapseKey&, const SynapseKey&) = default;
};

/// agglomerate -> meshes -> shards: followed by runs, ids of fragments; from meshes on by vertices and faces too.
struct SynapseRow {
  Id id = 0;
  SynapseKey key;
  std::uint64_t size_vx = 0, n_sym = 0, n_asym = 0, n_runs = 0, n_cs = 0, n_vertices = 0, n_faces = 0, mesh_method = 0;
  std::int64_t bbox_min[3] = {}, bbox_max[3] = {}, rep[3] = {};
  double centroid_nm[3] = {}, mesh_area_um2 = 0;
};

/// A row with what follows it; one that is used again.
struct SynapseObject {
  SynapseRow row;
  std::vector<Run> runs;
  std::vector<Id> cs;
  Mesh mesh;

  void read(RecordCursor& cursor);
  void write(RecordFileWriter& file, std::uint32_t slice);
};

/// meshes -> near, by slice of the cell: followed by the synapse's runs.
struct SynapseRequest {
  Id cell = 0, synapse = 0;
  std::uint64_t partner = 0;  ///< 0: the cell is cell_a, 1: cell_b
  std::int64_t rep[3] = {};
  std::uint64_t n_runs = 0;
};

/// organelles -> near, by slice of the cell.
struct SynapseOrganelle {
  Id cell = 0;
  std::uint64_t type = 0;  ///< in kSynapseOrganelles
  Id id = 0;
  std::uint64_t size_vx = 0, shard = 0, index = 0;  ///< shard and index: its row
  std::int64_t rep[3] = {};
};

/// near -> shards, by shard of the synapse.
struct SynapsePartner {
  Id synapse = 0;
  std::uint64_t partner = 0;
  NearOrganelles near;
};

/// shards -> cells, by shard of the cell: the synapse is kept in the cell's list.
struct CellSynapse {
  Id cell = 0, synapse = 0;
  friend auto operator<=>(const CellSynapse&, const CellSynapse&) = default;
};

DatasetSchema synapse_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json);
/// One row of syn_ssv.
void add_synapse(ShardBuilder& shard, const SynapseObject& synapse, const NearOrganelles& a, const NearOrganelles& b,
                 std::int8_t sign, float prob);

}  // namespace syconn
