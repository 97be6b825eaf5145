// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "import_swc_list.h"
#include "syconn/core/neuron_tree.h"
#include "syconn/io/shard_builder.h"

namespace syconn {

inline constexpr double kSwcVoxelNm = 10;  // there are no voxels; tables count in some

/// Table ssv of docs/stages/import-swc.md. Without `types` there is no column cell_type.
DatasetSchema swc_schema(const std::vector<std::string>& types, const std::string& provenance_json);

/// What one cell gave.
struct SwcRow {
  std::uint64_t nodes = 0, points = 0;
  Vec3i max_vx;  ///< behind its last voxel
};
/// Reads the file and adds its row. Throws Error{input} that names the file.
SwcRow add_swc_cell(ShardBuilder& shard, const SwcFile& file, const SwcImport& options);

/// Code of decisions for a node of SWC type 1 (soma), 2 (axon), 3 and 4 (dendrites); 255 for others.
std::uint8_t compartment_of_swc(std::int32_t type);

/// The frusta and balls of surface_of_tree(), each whole, so overlaps count twice.
struct TreeMeasures {
  double volume_nm3 = 0, area_nm2 = 0;
  double path_nm = 0, axon_nm = 0, dendrite_nm = 0, soma_nm = 0;  ///< an edge counts for its node away from the root
};
TreeMeasures measures_of_tree(const NeuronTree& tree, double min_radius_nm);

}  // namespace syconn
