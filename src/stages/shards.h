// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/exec/job.h"
#include "syconn/io/dataset_top.h"

namespace syconn {

/// One job a shard of the dataset's types (n_shards of its voxels).
extern const FanOut per_shard;

/// Puts datasets/<type>.h5 in its place, as an output of the job; then removes the shards of datasets/<type>/ that it
/// does not name, left by an earlier config.
void publish_top(JobContext& ctx, const std::string& type, const TopFile& top);
/// The stage that made the objects: over `base`, and over the columns that later stages gave to these same shards; of
/// other shards they are left behind. `provenance_json`: default that of the job.
void publish_objects(JobContext& ctx, const std::string& type, const ShardSet& base,
                     const std::string& provenance_json = "");
/// A stage that adds columns: `columns` beside what the file has, in the place of its own older ones.
void publish_columns(JobContext& ctx, const std::string& type, const ShardSet& columns);

}  // namespace syconn
