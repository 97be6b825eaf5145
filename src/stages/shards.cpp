// SPDX-License-Identifier: GPL-3.0-or-later
#include "shards.h"

#include <algorithm>
#include <set>

#include "syconn/io/dataset_schema.h"

namespace syconn {

const FanOut per_shard{"per_shard", [](const Geometry& g) { return std::int64_t{n_shards(g.voxels())}; }};

std::vector<std::string> stage_names() {
  std::vector<std::string> names;
#define STAGE(name) names.push_back(#name);
#include "stages.def"
#undef STAGE
  for (std::string& name : names) std::replace(name.begin(), name.end(), '_', '-');
  return names;
}

std::vector<std::string> stages_from(const std::string& stage) {
  const std::vector<std::string> names = stage_names();
  return {std::find(names.begin(), names.end(), stage), names.end()};
}

std::vector<std::string> stages_after(const std::string& stage) {
  std::vector<std::string> names = stages_from(stage);
  if (!names.empty()) names.erase(names.begin());
  return names;
}

std::vector<std::string> stages_before(const std::string& stage) {
  std::vector<std::string> names = stage_names();
  names.erase(std::find(names.begin(), names.end(), stage), names.end());
  return names;
}

namespace {

fs::path top_file(const JobContext& ctx, const std::string& type) { return ctx.in_run("datasets/" + type + ".h5"); }

}  // namespace

void publish_top(JobContext& ctx, const std::string& type, const TopFile& top) {
  commit_top_file(top_file(ctx, type), top);
  ctx.keep("datasets/" + type + ".h5");
  std::set<std::string> named;
  for (const ShardSet& set : top.sets) named.insert(set.files.begin(), set.files.end());
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(ctx.in_run("datasets/" + type), ignored)) {
    const std::string file = entry.path().filename().string();
    if (entry.path().extension() == ".h5" && file[0] != '.' && !named.contains(type + "/" + file))
      fs::remove(entry.path(), ignored);
  }
}

void publish_objects(JobContext& ctx, const std::string& type, const ShardSet& base,
                     const std::string& provenance_json) {
  TopFile top{{base}, provenance_json.empty() ? ctx.provenance_json() : provenance_json, true};
  if (fs::exists(top_file(ctx, type))) {
    const TopFile before = read_top_file(top_file(ctx, type));
    if (!before.sets.empty() && before.sets[0].stage == base.stage && before.sets[0].files == base.files)
      top.sets.insert(top.sets.end(), before.sets.begin() + 1, before.sets.end());
  }
  publish_top(ctx, type, top);
}

void publish_columns(JobContext& ctx, const std::string& type, const ShardSet& columns) {
  publish_top(ctx, type, with_shards(read_top_file(top_file(ctx, type)), columns));
}

}  // namespace syconn
