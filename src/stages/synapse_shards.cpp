// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>

#include "kept_synapses.h"
#include "shards.h"
#include "syconn/algo/forest.h"
#include "syconn/io/segmentation_dataset.h"
#include "synapse_records.h"
#include "synapse_steps.h"

/// shards, cells, publish: syn_ssv, and the cells' lists of synapses.
namespace syconn {
namespace {

constexpr const char* kStage = "synapses";

/// What the partner cells have near the synapses of this shard.
class Partners {
 public:
  explicit Partners(const JobContext& ctx) {
    const auto shard = static_cast<std::uint32_t>(ctx.job().index);
    for (std::uint32_t s = 0; s < ctx.geometry().id_slices(); ++s)
      read_records(RecordFile(ctx.work_input("near", "partners", s)), shard, all_);
    std::sort(all_.begin(), all_.end(), before);
  }
  NearOrganelles near(Id synapse, std::uint64_t partner) const {
    const SynapsePartner wanted{synapse, partner, {}};
    const auto found = std::lower_bound(all_.begin(), all_.end(), wanted, before);
    return found == all_.end() || before(wanted, *found) ? NearOrganelles{} : found->near;
  }

 private:
  static bool before(const SynapsePartner& x, const SynapsePartner& y) {
    return std::tie(x.synapse, x.partner) < std::tie(y.synapse, y.partner);
  }
  std::vector<SynapsePartner> all_;
};

class SynapseShard {
 public:
  SynapseShard(const JobContext& ctx, const SynapsesConfig& c)
      : config_(c), partners_(ctx), forest_(synapse_forest(ctx.config())) {}

  void add(const SynapseObject& synapse, ShardBuilder& builder, RecordWriter<CellSynapse>& kept, std::uint32_t shards) {
    const SynapseRow& row = synapse.row;
    const NearOrganelles a = partners_.near(row.id, 0), b = partners_.near(row.id, 1);
    float prob = std::numeric_limits<float>::quiet_NaN();
    if (forest_) {
      const auto features = synapse_features(row.size_vx, row.mesh_area_um2, a, b);
      prob = static_cast<float>(predict_probability(forest_->forest, features).at(1));
    }
    add_synapse(builder, synapse, a, b, synapse_sign(row.n_sym, row.n_asym, config_.max_sym_fraction), prob);
    if (!synapse_is_kept(static_cast<double>(prob), config_.prob_min)) return;
    ++n_kept_;
    for (const Id cell : {row.key.cell_a, row.key.cell_b}) kept.append(shard_of(cell, shards), {cell, row.id});
  }
  std::uint64_t n_kept() const { return n_kept_; }
  bool mesh_unknown() const { return forest_ && forest_->synapse_mesh.empty(); }

 private:
  const SynapsesConfig& config_;
  Partners partners_;
  std::optional<ForestFile> forest_;
  std::uint64_t n_kept_ = 0;
};

DatasetSchema cell_schema(const JobContext& ctx) {
  DatasetSchema schema;
  schema.type = "ssv", schema.voxel_size_nm = ctx.geometry().voxel_size_nm;
  schema.provenance_json = ctx.provenance_json();
  schema.columns = {{"n_syn", DType::u32, 1, "", "synapses, given and received, kept by synapses.prob_min"}};
  schema.fields = {ids_field("syn_ids", "synapses of the cell, rows of syn_ssv, kept by synapses.prob_min")};
  return schema;
}

/// What an earlier run left, that had junctions.
void withdraw(JobContext& ctx) {
  std::error_code ignored;
  fs::remove(synapse_input(ctx, "syn_ssv"), ignored);
  fs::remove_all(ctx.in_run("datasets/syn_ssv"), ignored);
  const fs::path cells = synapse_input(ctx, "ssv");
  if (!fs::exists(cells)) return;
  TopFile top = read_top_file(cells);
  if (std::erase_if(top.sets, [](const ShardSet& set) { return set.stage == kStage; }) > 0)
    publish_top(ctx, "ssv", top);
}

}  // namespace

std::optional<ForestFile> synapse_forest(const RunConfig& config) {
  const auto& c = config.section<SynapsesConfig>("synapses");
  if (c.forest.empty()) return std::nullopt;
  ForestFile file = read_forest(c.forest);
  const Forest& forest = file.forest;
  const std::string where = config.where("synapses.forest") + ": the forest of '" + c.forest + "' ";
  if (forest.n_features != kSynapseFeatures || forest.n_classes != 2)
    throw Error(Category::input, where + "takes " + std::to_string(forest.n_features) + " features to " +
                                     std::to_string(forest.n_classes) + " classes, not " +
                                     std::to_string(kSynapseFeatures) + " to 2");
  if (!file.synapse_mesh.empty() && file.synapse_mesh != c.mesh)
    throw Error(Category::input, where + "was trained with synapses.mesh: " + file.synapse_mesh + ", the run has " +
                                     c.mesh + "; areas of the two differ. Set synapses.mesh: " + file.synapse_mesh +
                                     ", or train a forest on meshes of " + c.mesh);
  return file;
}

void synapse_shards(JobContext& ctx, const SynapsesConfig& c) {
  const auto shard = static_cast<std::uint32_t>(ctx.job().index), shards = static_cast<std::uint32_t>(ctx.job().count);
  RecordWriter<CellSynapse> kept(ctx.work_output("kept"), shards);
  if (has_fragments(ctx)) {
    const fs::path path = ctx.output("datasets/" + shard_file_name("syn_ssv", kStage, ctx.hash8(), shard));
    ShardBuilder builder(synapse_schema(ctx.geometry().voxel_size_nm, ctx.provenance_json()),
                         {shard, shards, std::uint64_t{256} << 20, path.parent_path(), 1});
    SynapseShard rows(ctx, c);
    std::vector<char> bytes;
    SynapseObject synapse;
    for (std::uint32_t s = 0; s < ctx.geometry().id_slices(); ++s) {
      bytes.clear();
      RecordFile(ctx.work_input("meshes", "objects", s)).read(shard, bytes);
      for (RecordCursor cursor(bytes); !cursor.at_end();) {
        synapse.read(cursor);
        rows.add(synapse, builder, kept, shards);
      }
    }
    ctx.note(std::to_string(rows.n_kept()) + " of " + std::to_string(builder.size()) +
             " synapses kept in the cells' lists" + (c.forest.empty() ? " (no synapses.forest: prob is NaN)" : ""));
    if (rows.mesh_unknown())
      ctx.note("warning: '" + c.forest + "' does not say with which synapses.mesh it was trained; with another than " +
               c.mesh + " its prob is wrong");
    builder.write(path);
  }
  kept.close();
}

void synapse_cells(JobContext& ctx, const SynapsesConfig&) {
  if (!has_fragments(ctx)) return;
  const auto shard = static_cast<std::uint32_t>(ctx.job().index), shards = static_cast<std::uint32_t>(ctx.job().count);
  const auto cells = SegmentationDataset::open(synapse_input(ctx, "ssv"));
  std::vector<CellSynapse> kept;
  for (std::uint32_t k = 0; k < shards; ++k) read_records(RecordFile(ctx.work_input("shards", "kept", k)), shard, kept);
  std::sort(kept.begin(), kept.end());
  const fs::path path = ctx.output("datasets/" + shard_file_name("ssv", kStage, ctx.hash8(), shard));
  ShardBuilder builder(cell_schema(ctx), {shard, shards, std::uint64_t{256} << 20, path.parent_path(), 1});
  std::size_t at = 0;
  std::vector<Id> synapses;
  cells.for_each(shard, [&](Id cell, Row) {
    while (at < kept.size() && kept[at].cell < cell) ++at;
    synapses.clear();
    for (; at < kept.size() && kept[at].cell == cell; ++at) synapses.push_back(kept[at].synapse);
    builder.begin(cell);
    builder.set("n_syn", static_cast<std::uint32_t>(synapses.size()));
    builder.append<Id>("syn_ids", "ids", synapses);
    builder.end();
  });
  builder.write(path);
}

void synapse_publish(JobContext& ctx, const SynapsesConfig&) {
  if (!has_fragments(ctx)) {
    withdraw(ctx);
    ctx.note("no datasets/syn.h5: no synapses");
    return;
  }
  const std::uint32_t shards = n_shards(ctx.geometry().voxels());
  publish_objects(ctx, "syn_ssv", shard_set("syn_ssv", kStage, ctx.hash8(), shards));
  publish_columns(ctx, "ssv", shard_set("ssv", kStage, ctx.hash8(), shards));
}

}  // namespace syconn
