// SPDX-License-Identifier: GPL-3.0-or-later
#include <limits>

#include "point_predict.h"
#include "shards.h"
#include "syconn/algo/label_votes.h"
#include "syconn/io/shard_builder.h"

/// Type of each cell from its shape, organelles and synapses: docs/stages/celltype.md.
namespace syconn {
namespace {

constexpr const char* kStage = "celltype";
constexpr std::uint8_t kNoType = 255;

struct CelltypeConfig {
  std::string model, device = "auto";
  std::int64_t contexts = 20;
  std::uint64_t seed = 0;

  void describe(Fields& f) {
    f.add("model", model, "network of points with one answer a sample, its card inside").file_path();
    f.add("contexts", contexts, "contexts a cell, around skeleton nodes drawn at random", Range{1, 10000});
    f.add("seed", seed, "of the draws");
    f.add("device", device, "where the network runs; auto: a CUDA device if there is one",
          Choices{"auto", "cpu", "cuda"})
        .no_effect_on_results();
  }
};

std::string names_of(const PointModelCard& card) {
  Json names = Json::object();
  for (std::size_t i = 0; i < card.classes.size(); ++i) names[std::to_string(i)] = card.classes[i];
  names["255"] = "unknown";
  return names.dump();
}

DatasetSchema schema_of(const JobContext& ctx, const PointModelCard& card) {
  DatasetSchema s;
  s.type = "ssv", s.voxel_size_nm = ctx.geometry().voxel_size_nm, s.provenance_json = ctx.provenance_json();
  s.columns = {{"cell_type", DType::u8, 1, "", "type by the mean of the contexts' probabilities; 255: no points",
                names_of(card)},
               {"cell_type_certainty", DType::f32, 1, "", "1 - entropy of that mean / log of the number of types"}};
  s.fields = {{"type_logits",
               {{"values", DType::f32, static_cast<int>(card.classes.size()), "offset", true, "",
                 "output of the network, one row a context"}}}};
  return s;
}

void add_cell(ShardBuilder& shard, Id id, const std::vector<float>& logits, std::uint32_t n_classes) {
  shard.begin(id);
  if (logits.empty()) {
    shard.set("cell_type", kNoType);
    shard.set("cell_type_certainty", std::numeric_limits<float>::quiet_NaN());
  } else {
    const ClassVote vote = vote_of_logits(std::vector<double>(logits.begin(), logits.end()), n_classes);
    shard.set("cell_type", static_cast<std::uint8_t>(vote.best));
    shard.set("cell_type_certainty", static_cast<float>(vote.certainty));
  }
  shard.append<float>("type_logits", "values", logits);
  shard.end();
}

/// One shard of the cells; returns how many of them have no points.
std::uint64_t predict_shard(JobContext& ctx, const CelltypeConfig& c, const CellReader& reader, PointNet& net,
                            std::uint32_t shard) {
  const PointModelCard& card = net.card();
  const fs::path path = ctx.output("datasets/" + shard_file_name("ssv", kStage, ctx.hash8(), shard));
  ShardBuilder builder(schema_of(ctx, card),
                       {shard, reader.cells().n_shards(), std::uint64_t{256} << 20, path.parent_path(), 1});
  std::uint64_t without = 0;
  reader.cells().for_each(shard, [&](Id id, Row row) {
    const CellParts cell = reader.read(id, row);
    const CellCloud cloud = cell_cloud(cell, card);
    CellSamples samples(cell, cloud, card);
    const auto pivots = samples.draw_pivots(static_cast<std::uint32_t>(c.contexts), c.seed);
    std::vector<float> logits;
    predict_contexts(net, samples, pivots, c.seed, ctx.threads(),
                     [&](std::size_t, const PointSample&, const std::vector<float>& out) {
                       logits.insert(logits.end(), out.begin(), out.end());
                     });
    without += logits.empty();
    add_cell(builder, id, logits, static_cast<std::uint32_t>(card.classes.size()));
  });
  builder.write(path);
  return without;
}

void predict(JobContext& ctx, const CelltypeConfig& c) {
  const auto shared = shared_cell_reader(ctx.in_run(""), stages_from(kStage));
  const CellReader& reader = *shared;
  refuse_foreign_columns(ctx, "ssv", kStage, {"cell_type", "cell_type_certainty", "type_logits"});
  const auto net = point_net_of(ctx, c.model, c.device, ctx.config().where("celltype.model"));
  std::uint64_t without = 0;
  for_own_shards(ctx, reader.cells().n_shards(),
                 [&](std::uint32_t shard) { without += predict_shard(ctx, c, reader, *net, shard); });
  for (const std::string& type : reader.missing()) ctx.note("no datasets/" + type + ".h5: cells are shown without it");
  if (without > 0) ctx.note(std::to_string(without) + " cells without points have no type");
}

void publish(JobContext& ctx, const CelltypeConfig&) {
  const TopFile top = read_top_file(ctx.in_run("datasets/ssv.h5"));
  publish_columns(ctx, "ssv",
                  shard_set("ssv", kStage, ctx.hash8(), static_cast<std::uint32_t>(top.sets.at(0).files.size())));
}

std::uint64_t predict_memory(const RunConfig& config, const Geometry&) {
  const auto& c = config.section<CelltypeConfig>(kStage);
  return point_job_bytes(point_card_of(config, "celltype.model", c.model, "mean"), 1);
}

bool on_gpu(const RunConfig& config) { return config.section<CelltypeConfig>(kStage).device == "cuda"; }

StageInputs inputs(const RunConfig& config, const Geometry&) {
  StageInputs in;
  const auto& c = config.section<CelltypeConfig>(kStage);
  require_point_model(config, "celltype.model", c.model, "mean", in);
  if (!c.model.empty() && point_card_of(config, "celltype.model", c.model, "mean").classes.size() < 2)
    throw Error(Category::config, config.where("celltype.model") + ": '" + c.model + "' has no classes");
  return in;
}

}  // namespace

Stage celltype_stage() {
  Stage stage = make_stage<CelltypeConfig>("Type of each cell, with its certainty",
                                           {
                                               {"predict", per_shard, predict, {}, predict_memory},
                                               {"publish", once, publish, {.mem_gb = 0.5}},
                                           });
  stage.steps.front().wants_gpu = on_gpu;
  return stage.reading(inputs, {"DIR/datasets/ssv.h5; optional: mi.h5, vc.h5, syn_ssv.h5; the file celltype.model"})
      .using_results_of({"sso", "synapses"})
      .writing({"DIR/datasets/ssv.h5: cell_type, cell_type_certainty, type_logits"});
}

}  // namespace syconn
