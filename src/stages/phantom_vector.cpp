// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>

#include "phantom_vector_rows.h"
#include "syconn/exec/job.h"
#include "syconn/io/dataset_top.h"
#include "truth_tables.h"

/// Whole synthetic cells without voxels, straight into a run folder's tables: docs/stages/phantom-vector.md.
namespace syconn {
namespace {

struct PhantomVectorConfig {
  std::uint64_t seed = 1;
  std::int64_t n_cells = 40;
  std::string preset = "standard";
  double mesh_grid_nm = 100;
  std::optional<double> mito_shift_nm;

  void describe(Fields& f) {
    f.add("seed", seed, "another seed is another set of cells");
    f.add("n_cells", n_cells, "cells in the dataset's box", Range{1, 100000});
    f.add("preset", preset, "standard, or shifted: every morphology parameter differs", Choices{"standard", "shifted"});
    f.add("mesh_grid_nm", mesh_grid_nm, "lattice of the cells' surfaces; thinner neurites are drawn that thick",
          Range{20, 1000})
        .units("nm");
    f.add("mito_shift_nm", mito_shift_nm,
          "the larger half of a type's output synapses lies so much nearer to mitochondria than the smaller half "
          "(difference of the medians); 0: sizes by chance; unset: as they grew",
          Range{-20000, 20000})
        .not_hashed_while_unset();
  }
};

constexpr double kShardUm3 = 32 * 32 * 32;  // cells are sparse: far fewer objects than voxels would let expect
constexpr const char* kTypes[] = {"ssv", "mi", "vc", "syn_ssv"};

std::uint32_t vector_shards(const Geometry& g) {
  const double um3 = static_cast<double>(g.voxels()) * g.voxel_size_nm.product() / 1e9;
  return static_cast<std::uint32_t>(std::clamp(um3 / kShardUm3, 2.0, double{kMaxShards}));
}
const FanOut per_shard{"per_shard", [](const Geometry& g) { return std::int64_t{vector_shards(g)}; }};

PhantomParams params_of(const Geometry& geometry, const PhantomVectorConfig& c) {
  PhantomParams p = phantom_params(c.preset == "shifted" ? PhantomPreset::shifted : PhantomPreset::standard);
  p.seed = c.seed;
  p.voxel_size_nm = geometry.voxel_size_nm;
  p.box_nm = Vec3d(geometry.box.max) * p.voxel_size_nm;
  p.dense = false, p.n_cells = static_cast<int>(c.n_cells);
  p.mito_shift_nm = c.mito_shift_nm;
  p.warp_nm = p.rough_nm = 0;  // no voxels whose walls could be uneven: nodes, junctions and meshes share one space
  return p;
}

/// The vector model is a function of the config alone; one a process is kept for all of its jobs.
std::shared_ptr<const PhantomCells> cells_of(const JobContext& ctx, const PhantomVectorConfig& c) {
  static std::mutex mutex;
  static std::string made_for;
  static std::shared_ptr<const PhantomCells> cells;
  const std::lock_guard lock(mutex);
  if (made_for != ctx.hash()) {
    cells.reset();
    cells = std::make_shared<const PhantomCells>(make_phantom_model(params_of(ctx.geometry(), c)));
    made_for = ctx.hash();
  }
  return cells;
}

/// Writes this job's shard of a table; `add(builder, i)` adds row i of `objects`.
template <class Object, class Add>
void write_shard(JobContext& ctx, DatasetSchema schema, const std::vector<Object>& objects, Add add) {
  const auto shard = static_cast<std::uint32_t>(ctx.job().index), shards = vector_shards(ctx.geometry());
  const fs::path path = ctx.output("datasets/" + shard_file_name(schema.type, "phantom-vector", ctx.hash8(), shard));
  ShardBuilder builder(std::move(schema), {shard, shards, std::uint64_t{256} << 20, path.parent_path(), ctx.threads()});
  for (std::uint32_t i = 0; i < objects.size(); ++i)
    if (shard_of(objects[i].id, shards) == shard) add(builder, i);
  builder.write(path);
}

void shards(JobContext& ctx, const PhantomVectorConfig& c) {
  const auto cells = cells_of(ctx, c);
  write_shard(ctx, phantom_cell_schema(ctx.geometry().voxel_size_nm, ctx.provenance_json()), cells->model.cells,
              [&](ShardBuilder& shard, std::uint32_t i) { add_phantom_cell(shard, *cells, i, c.mesh_grid_nm); });
}

void objects(JobContext& ctx, const PhantomVectorConfig& c) {
  const auto cells = cells_of(ctx, c);
  const PhantomModel& m = cells->model;
  const Vec3d voxel_nm = ctx.geometry().voxel_size_nm;
  const std::string provenance = ctx.provenance_json();
  write_shard(ctx, phantom_organelle_schema("mi", voxel_nm, provenance), m.mitos,
              [&](ShardBuilder& shard, std::uint32_t i) {
                add_phantom_organelle(shard, m, PhantomOrganelleKind::mito, i, c.mesh_grid_nm);
              });
  write_shard(ctx, phantom_organelle_schema("vc", voxel_nm, provenance), m.clouds,
              [&](ShardBuilder& shard, std::uint32_t i) {
                add_phantom_organelle(shard, m, PhantomOrganelleKind::cloud, i, c.mesh_grid_nm);
              });
  write_shard(ctx, phantom_synapse_schema(voxel_nm, provenance), m.synapses, [&](ShardBuilder& shard, std::uint32_t i) {
    if (!m.synapses[i].decoy) add_phantom_synapse(shard, m, i);
  });
}

void tables(JobContext& ctx, const PhantomVectorConfig& c) {
  const auto cells = cells_of(ctx, c);
  const PhantomModel& m = cells->model;
  for (const TruthTable& table : truth_tables()) {
    const std::string name = table.name;
    if (name == "supervoxels" || name == "svgraph") continue;  // pieces of a label volume, which there is none of
    table.write(m, ctx.output("truth/" + name + ".csv"));
  }
  if (!m.mito_shift.empty()) write_mito_shift(m, ctx.output("truth/mito_shift.csv"));
  ctx.note(std::to_string(m.cells.size()) + " cells, " + std::to_string(m.nodes.size()) + " nodes, " +
           std::to_string(m.mitos.size()) + " mitochondria, " + std::to_string(m.clouds.size()) + " vesicle clouds, " +
           std::to_string(m.synapses.size()) + " junctions with decoys");
}

void publish(JobContext& ctx, const PhantomVectorConfig&) {
  for (const std::string type : kTypes) {
    const TopFile top{
        {shard_set(type, "phantom-vector", ctx.hash8(), vector_shards(ctx.geometry()))}, ctx.provenance_json(), true};
    write_top_file(ctx.output("datasets/" + type + ".h5"), top);
  }
}

}  // namespace

Stage phantom_vector_stage() {
  Stage stage = make_stage<PhantomVectorConfig>("Whole synthetic cells without voxels, with their truth",
                                                {
                                                    {"shards", per_shard, shards, {.mem_gb = 1.5}},
                                                    {"objects", per_shard, objects, {.mem_gb = 1}},
                                                    {"tables", once, tables, {.mem_gb = 1}},
                                                    {"publish", once, publish, {.mem_gb = 0.5}},
                                                });
  stage.in_run = false;
  stage.writing({"DIR/datasets/{ssv,mi,vc,syn_ssv}.h5: cells, mitochondria, vesicle clouds, synapses",
                 "DIR/truth/*.csv: the truth"});
  return stage;
}

}  // namespace syconn
