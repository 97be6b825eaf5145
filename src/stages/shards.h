// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/exec/job.h"
#include "syconn/io/dataset_top.h"

namespace syconn {

/// One job a shard of the dataset's types (n_shards of its voxels).
extern const FanOut per_shard;

/// Writes datasets/<type>.h5 as an output of the job. The stage that made the objects: over `base`, and over the
/// columns that later stages gave to these same shards; of other shards they are left behind.
void publish_objects(JobContext& ctx, const std::string& type, const ShardSet& base);
/// A stage that adds columns: `columns` beside what the file has, in the place of its own older ones.
void publish_columns(JobContext& ctx, const std::string& type, const ShardSet& columns);

}  // namespace syconn
