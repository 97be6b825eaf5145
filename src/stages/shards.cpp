// SPDX-License-Identifier: GPL-3.0-or-later
#include "shards.h"

#include "syconn/io/dataset_schema.h"

namespace syconn {

const FanOut per_shard{"per_shard", [](const Geometry& g) { return std::int64_t{n_shards(g.voxels())}; }};

namespace {

fs::path top_file(const JobContext& ctx, const std::string& type) { return ctx.in_run("datasets/" + type + ".h5"); }

}  // namespace

void publish_objects(JobContext& ctx, const std::string& type, const ShardSet& base) {
  TopFile top{{base}, ctx.provenance_json(), true};
  if (fs::exists(top_file(ctx, type))) {
    const TopFile before = read_top_file(top_file(ctx, type));
    if (!before.sets.empty() && before.sets[0].stage == base.stage && before.sets[0].files == base.files)
      top.sets.insert(top.sets.end(), before.sets.begin() + 1, before.sets.end());
  }
  write_top_file(ctx.output("datasets/" + type + ".h5"), top);
}

void publish_columns(JobContext& ctx, const std::string& type, const ShardSet& columns) {
  write_top_file(ctx.output("datasets/" + type + ".h5"), with_shards(read_top_file(top_file(ctx, type)), columns));
}

}  // namespace syconn
