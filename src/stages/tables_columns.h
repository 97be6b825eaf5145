// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/exec/job.h"
#include "syconn/io/dataset_schema.h"

namespace syconn {

inline constexpr std::uint8_t kUnknownCode = 255;

/// One side of a synapse is presynaptic; nobody where that is unknown.
enum class PreSide { unknown, a, b };
/// The axon side when exactly one partner is axon there (compartments 3, 4, 5), else the vesicle side if |direction_vc|
/// is at least `min_direction_vc`; NaN counts as 0.
PreSide pre_side(std::uint8_t comp_a, std::uint8_t comp_b, double direction_vc, double min_direction_vc);

/// The columns that `tables` gives to a type, without those that another stage gives.
std::vector<ColumnSpec> added_columns(const fs::path& top_file, const std::string& type);

/// Writes the column shards of syn_ssv (pre, post, mito_dist_nm) and ssv (complete) that this job of a per_shard step
/// owns. Memory: 80 bytes a synapse of one shard, one mitochondrion's mesh, 64 MiB of averaged meshes.
void write_added_columns(JobContext& ctx, double min_direction_vc);
/// Swaps the top files.
void publish_added_columns(JobContext& ctx);

}  // namespace syconn
