// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "cell_vectors.h"
#include "node_compartments.h"
#include "record_cursor.h"
#include "shards.h"
#include "syconn/algo/umap.h"
#include "syconn/io/shard_builder.h"

/// Vectors of skeleton nodes and of cells, by a network that learned which places belong to one cell:
/// docs/stages/embed.md.
namespace syconn {
namespace {

constexpr const char* kStage = "embed";
constexpr const char* kModelKey = "embed.model";

struct UmapConfig {
  std::int64_t neighbours = 60, epochs = 1000;
  double min_dist = 0.05;
  std::uint64_t seed = 0;

  void describe(Fields& f) {
    f.add("neighbours", neighbours, "of a cell, itself included; at most all cells", Range{2, 10000});
    f.add("min_dist", min_dist, "how near cells may come in the plane", Range{0, 2.99});
    f.add("epochs", epochs, "rounds of the descent", Range{1, 100000});
    f.add("seed", seed, "of the start and of the negative samples");
  }
};

struct EmbedConfig {
  std::string model, device = "auto";
  std::uint64_t seed = 0;
  UmapConfig umap;

  void describe(Fields& f) {
    f.add("model", model, "network of points with one vector a sample, its card inside").file_path();
    f.add("seed", seed, "of the draws of points");
    f.add("umap", umap, "the plane of all cells");
    f.add("device", device, "where the network runs; auto: a CUDA device if there is one",
          Choices{"auto", "cpu", "cuda"})
        .no_effect_on_results();
  }
};

/// Which job of the steps per shard has a shard of the cells, and as which of its own.
struct Place {
  std::int64_t job;
  std::uint32_t nth;
};
Place place_of(std::uint32_t shard, std::int64_t jobs) {
  return {shard % jobs, static_cast<std::uint32_t>(shard / jobs)};
}
std::uint32_t cells_slice(std::uint32_t nth) { return 2 * nth; }       // id, cell vector
std::uint32_t pivots_slice(std::uint32_t nth) { return 2 * nth + 1; }  // id, n, pivots, their vectors

std::size_t width_of(const PointModelCard& card) { return static_cast<std::size_t>(card.architecture.outputs); }

PointModelCard card_of(const RunConfig& config, const std::string& model) {
  PointModelCard card = point_card_of(config, kModelKey, model, "mean");
  if (!card.classes.empty())
    throw Error(Category::config, config.where(kModelKey) + ": '" + model +
                                      "' tells classes; this needs a model by 'syconn train embed'");
  return card;
}

// ---- predict: vectors of pivots and of cells -----------------------------------------------------------------------

struct PredictJob {
  JobContext& ctx;
  const EmbedConfig& config;
  const CellReader& reader;
  const NodeCompartments& compartments;
  PointNet& net;
  RecordFileWriter& out;
  std::uint64_t without = 0;  ///< cells without points

  void cell(Id id, Row row, std::uint32_t nth) {
    const PointModelCard& card = net.card();
    const std::size_t dim = width_of(card);
    const CellParts cell = reader.read(id, row);
    const CellCloud cloud = cell_cloud(cell, card);
    CellSamples samples(cell, cloud, card);
    const PivotVectors found = pivot_vectors(net, samples, config.seed, ctx.threads());
    const std::vector<float> vector =
        cell_vector_of(node_vectors(cell, found, dim), found, dim, compartments.read(id, row, cell.nodes_nm.size()));
    without += found.pivots.empty();
    const std::uint64_t n = found.pivots.size();
    append_bytes(out, cells_slice(nth), std::span<const Id>(&id, 1));
    append_bytes(out, cells_slice(nth), std::span<const float>(vector));
    append_bytes(out, pivots_slice(nth), std::span<const Id>(&id, 1));
    append_bytes(out, pivots_slice(nth), std::span<const std::uint64_t>(&n, 1));
    append_bytes(out, pivots_slice(nth), std::span<const std::uint32_t>(found.pivots));
    append_bytes(out, pivots_slice(nth), std::span<const float>(found.rows));
  }
};

void predict(JobContext& ctx, const EmbedConfig& c) {
  const auto shared = shared_cell_reader(ctx.in_run(""), stages_from(kStage));
  const CellReader& reader = *shared;
  refuse_foreign_columns(ctx, "ssv", kStage, {"cell_embedding", "umap", "embedding"});
  const NodeCompartments compartments(reader.cells());
  const auto net = point_net_of(ctx, c.model, c.device, ctx.config().where(kModelKey));
  std::uint32_t n_own = 0;
  for_own_shards(ctx, reader.cells().n_shards(), [&](std::uint32_t) { ++n_own; });
  RecordFileWriter out(ctx.work_output("vectors"), std::max(1U, 2 * n_own), 0);
  PredictJob job{ctx, c, reader, compartments, *net, out};
  for_own_shards(ctx, reader.cells().n_shards(), [&](std::uint32_t shard) {
    const std::uint32_t nth = place_of(shard, ctx.job().count).nth;
    reader.cells().for_each(shard, [&](Id id, Row row) { job.cell(id, row, nth); });
  });
  out.close();
  for (const std::string& type : reader.missing()) ctx.note("no datasets/" + type + ".h5: cells are shown without it");
  ctx.note(compartments.source().empty() ? "no compartments of skeleton nodes: cell vectors are the mean over all nodes"
                                         : "compartments of skeleton nodes from " + compartments.source());
  if (job.without > 0) ctx.note(std::to_string(job.without) + " cells without points have no vector");
}

// ---- umap: all cells in a plane ------------------------------------------------------------------------------------

struct PlaneRecord {
  Id id;
  float xy[2];
};
static_assert(sizeof(PlaneRecord) == 16);

void plane(JobContext& ctx, const EmbedConfig& c) {
  const std::size_t dim = width_of(card_of(ctx.config(), c.model));
  const std::uint32_t shards = SegmentationDataset::open(ctx.in_run("datasets/ssv.h5"), stages_from(kStage)).n_shards();
  const std::int64_t jobs = per_shard.count(ctx.geometry());
  std::vector<std::vector<Id>> ids(shards);  // those with a vector
  std::vector<double> rows;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    const Place at = place_of(shard, jobs);
    std::vector<char> bytes;
    RecordFile(ctx.work_input("predict", "vectors", at.job)).read(cells_slice(at.nth), bytes);
    for (RecordCursor cursor(bytes); !cursor.at_end();) {
      const Id id = cursor.one<Id>();
      std::vector<float> vector;
      cursor.many(dim, vector);
      if (std::isnan(vector.front())) continue;
      ids[shard].push_back(id);
      rows.insert(rows.end(), vector.begin(), vector.end());
    }
  }
  UmapParams params;
  params.n_neighbours = static_cast<std::uint32_t>(c.umap.neighbours), params.min_dist = c.umap.min_dist;
  params.n_epochs = static_cast<std::uint32_t>(c.umap.epochs), params.seed = c.umap.seed;
  const std::vector<double> places = umap(rows, dim, params, ctx.threads());
  RecordWriter<PlaneRecord> out(ctx.work_output("places"), std::max(1U, shards));
  std::size_t at = 0;
  for (std::uint32_t shard = 0; shard < shards; ++shard)
    for (const Id id : ids[shard]) {
      out.append(shard, PlaneRecord{id, {static_cast<float>(places[at]), static_cast<float>(places[at + 1])}});
      at += 2;
    }
  out.close();
}

/// A cell in about 1,000 um3, what its vector takes while the vectors are gathered, and what UMAP takes.
std::uint64_t plane_memory(const RunConfig& config, const Geometry& g) {
  const double um3 = static_cast<double>(g.voxels()) * g.voxel_size_nm.product() / 1e9;
  const auto& c = config.section<EmbedConfig>(kStage);
  const std::size_t dim = width_of(card_of(config, c.model));
  return (std::uint64_t{512} << 20) +
         static_cast<std::uint64_t>(um3 / 1000 *
                                    (static_cast<double>(32 * dim) + umap_bytes_per_row(dim, c.umap.neighbours)));
}

// ---- shards and publish --------------------------------------------------------------------------------------------

DatasetSchema schema_of(const JobContext& ctx, std::size_t dim) {
  const int width = static_cast<int>(dim);
  DatasetSchema s;
  s.type = "ssv", s.voxel_size_nm = ctx.geometry().voxel_size_nm, s.provenance_json = ctx.provenance_json();
  s.columns = {{"cell_embedding", DType::f32, width, "",
                "mean of the axon's nodes plus mean of the dendrite's; NaN: the cell has no points"},
               {"umap", DType::f32, 2, "", "the cell in the plane of all; NaN: it has no vector"}};
  s.fields = {
      {"embedding",
       {{"values", DType::f32, width, "offset", true, "", "vector of each skeleton node: the nearest pivot's"}}}};
  return s;
}

void write_shard(JobContext& ctx, const CellReader& reader, std::uint32_t shard, std::size_t dim) {
  const fs::path path = ctx.output("datasets/" + shard_file_name("ssv", kStage, ctx.hash8(), shard));
  ShardBuilder builder(schema_of(ctx, dim),
                       {shard, reader.cells().n_shards(), std::uint64_t{256} << 20, path.parent_path(), 1});
  const auto nth = place_of(shard, ctx.job().count).nth;
  const RecordFile vectors(ctx.work_input("predict", "vectors", ctx.job().index));
  std::vector<char> cells, pivots;
  vectors.read(cells_slice(nth), cells), vectors.read(pivots_slice(nth), pivots);
  std::unordered_map<Id, PlaneRecord> places;
  for (const PlaneRecord& p : read_records<PlaneRecord>(RecordFile(ctx.work_input("umap", "places", 0)), shard))
    places.emplace(p.id, p);
  RecordCursor cell(cells), pivot(pivots);
  reader.cells().for_each(shard, [&](Id id, Row row) {
    PivotVectors found;
    std::vector<float> vector;
    if (cell.one<Id>() != id || pivot.one<Id>() != id)
      throw Error(Category::input, "datasets/ssv.h5 has other cells than when their vectors were made; run again");
    cell.many(dim, vector);
    const auto n = pivot.one<std::uint64_t>();
    pivot.many(n, found.pivots), pivot.many(n * dim, found.rows);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto at = places.find(id);
    const PlaneRecord place = at == places.end() ? PlaneRecord{id, {nan, nan}} : at->second;
    builder.begin(id);
    builder.set("cell_embedding", std::span<const float>(vector));
    builder.set("umap", std::span<const float>(place.xy));
    builder.append<float>("embedding", "values", node_vectors(reader.read_skeleton(id, row), found, dim));
    builder.end();
  });
  builder.write(path);
}

void shards(JobContext& ctx, const EmbedConfig& c) {
  const auto shared = shared_cell_reader(ctx.in_run(""), stages_from(kStage));
  const CellReader& reader = *shared;
  const std::size_t dim = width_of(card_of(ctx.config(), c.model));
  for_own_shards(ctx, reader.cells().n_shards(), [&](std::uint32_t shard) { write_shard(ctx, reader, shard, dim); });
}

void publish(JobContext& ctx, const EmbedConfig&) {
  const TopFile top = read_top_file(ctx.in_run("datasets/ssv.h5"));
  publish_columns(ctx, "ssv",
                  shard_set("ssv", kStage, ctx.hash8(), static_cast<std::uint32_t>(top.sets.at(0).files.size())));
}

std::uint64_t predict_memory(const RunConfig& config, const Geometry&) {
  return point_job_bytes(card_of(config, config.section<EmbedConfig>(kStage).model), 1);
}

bool on_gpu(const RunConfig& config) { return config.section<EmbedConfig>(kStage).device == "cuda"; }

StageInputs inputs(const RunConfig& config, const Geometry&) {
  StageInputs in;
  const auto& c = config.section<EmbedConfig>(kStage);
  require_point_model(config, kModelKey, c.model, "mean", in);
  if (!c.model.empty()) card_of(config, c.model);
  return in;
}

}  // namespace

Stage embed_stage() {
  Stage stage =
      make_stage<EmbedConfig>("Vectors of cells and of their parts by what they look like; all cells in a plane",
                              {
                                  {"predict", per_shard, predict, {}, predict_memory},
                                  {"umap", once, plane, {}, plane_memory},
                                  {"shards", per_shard, shards, {.mem_gb = 1.5}},
                                  {"publish", once, publish, {.mem_gb = 0.5}},
                              });
  stage.steps.front().wants_gpu = on_gpu;
  return stage.reading(inputs, {"DIR/datasets/ssv.h5; optional: mi.h5, vc.h5, syn_ssv.h5; the file embed.model"})
      .using_results_of({"phantom-vector", "sso", "synapses", "pointcloud"})
      .writing({"DIR/datasets/ssv.h5: cell_embedding, umap, embedding"});
}

}  // namespace syconn
