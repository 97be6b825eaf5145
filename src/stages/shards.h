// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/exec/job.h"
#include "syconn/io/dataset_top.h"

namespace syconn {

/// One job a shard of the dataset's types (n_shards of its voxels).
extern const FanOut per_shard;
/// Calls fn(shard) for the shards of `n` that this job of such a step owns.
template <class F>
void for_own_shards(const JobContext& ctx, std::uint32_t n, F&& fn) {
  for (auto shard = static_cast<std::uint32_t>(ctx.job().index); shard < n;
       shard += static_cast<std::uint32_t>(ctx.job().count))
    fn(shard);
}

/// All stages in the order they run; those after one of them; that one with those after it; those before it. A stage
/// that adds columns to a table opens it without what it and later ones gave: it does not read that, and it may be what
/// was lost.
std::vector<std::string> stage_names();
std::vector<std::string> stages_after(const std::string& stage);
std::vector<std::string> stages_from(const std::string& stage);
std::vector<std::string> stages_before(const std::string& stage);

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
