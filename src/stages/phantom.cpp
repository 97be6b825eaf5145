// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <mutex>

#include "syconn/algo/phantom/render.h"
#include "syconn/algo/phantom/stats.h"
#include "syconn/core/parallel.h"
#include "syconn/exec/job.h"
#include "syconn/io/volume_writer.h"
#include "syconn/stages/phantom_stats.h"
#include "truth_tables.h"
#include "volumes.h"

/// Synthetic tissue with the whole truth, as an input for every other stage: docs/stages/phantom.md.
namespace syconn {
namespace {

/// The box and voxel size are the dataset's.
struct PhantomConfig {
  std::uint64_t seed = 1;
  int noise_level = 1;
  std::string preset = "standard";

  void describe(Fields& f) {
    f.add("seed", seed, "another seed is another tissue");
    f.add("noise_level", noise_level,
          "0 clean to 3 bad: blur and noise of the maps, false blobs, dropped junctions, splits and merges",
          Range{0, 3});
    f.add("preset", preset, "standard, or shifted: every morphology parameter differs", Choices{"standard", "shifted"});
  }
};

struct VolumeKind {
  const char* name;
  std::uint32_t bit;
  const char* units;
  const char* description;
};
/// In the order of PhantomVolumes' members; names of inputs are those of `dataset.volumes`, truth has a prefix.
constexpr VolumeKind kVolumes[] = {
    {"raw", kPhantomRaw, "grey", "electron micrograph"},
    {"sv", kPhantomSv, "id", "supervoxels"},
    {"sj", kPhantomSjProb, "probability / 255", "synaptic junctions"},
    {"mi", kPhantomMiProb, "probability / 255", "mitochondria"},
    {"vc", kPhantomVcProb, "probability / 255", "vesicle clouds"},
    {"syn_type", kPhantomSynType, "label", "1 asymmetric, 2 symmetric"},
    {"myelin", kPhantomMyelin, "probability / 255", "myelin sheath and the axon in it"},
    {"truth_cell", kPhantomCell, "id", "truth: cells"},
    {"truth_sj", kPhantomSj, "id", "truth: junctions, ids of truth/synapses.csv"},
    {"truth_mi", kPhantomMi, "id", "truth: mitochondria"},
    {"truth_vc", kPhantomVc, "id", "truth: vesicle clouds"},
    {"truth_compartment", kPhantomCompartment, "code", "truth: compartment of each voxel, 255 outside cells"},
};

PhantomParams params_of(const RunConfig& config, const Geometry& geometry, const PhantomConfig& c) {
  PhantomParams p = phantom_params(c.preset == "shifted" ? PhantomPreset::shifted : PhantomPreset::standard);
  p.seed = c.seed;
  p.noise_level = c.noise_level;
  p.voxel_size_nm = config.dataset.voxel_size_nm;
  p.box_nm = Vec3d(geometry.box.max) * p.voxel_size_nm;
  return p;
}

/// The vector model is a function of the config alone; one a process is kept for all of its jobs.
std::shared_ptr<const PhantomModel> model_of(const JobContext& ctx, const PhantomConfig& c) {
  static std::mutex mutex;
  static std::string made_for;
  static std::shared_ptr<const PhantomModel> model;
  const std::lock_guard lock(mutex);
  if (made_for != ctx.hash()) {
    model = std::make_shared<const PhantomModel>(make_phantom_model(params_of(ctx.config(), ctx.geometry(), c)));
    made_for = ctx.hash();
  }
  return model;
}

VolumeMeta meta_of(const JobContext& ctx, const VolumeKind& kind) {
  VolumeMeta meta;
  meta.voxel_size_nm = ctx.geometry().voxel_size_nm;
  meta.units = kind.units, meta.description = kind.description;
  meta.provenance = ctx.provenance_json();
  return meta;
}

void render(JobContext& ctx, const PhantomConfig& c) {
  const auto model = model_of(ctx, c);
  PhantomVolumes v;
  PhantomRenderer(*model).render(ctx.job().box, kPhantomAll, v, ctx.threads());
  const auto write = [&](const VolumeKind& kind, const auto& volume) {
    const fs::path file = fs::path("volumes") / volume_chunk_file(kind.name, ctx.job().box);
    write_volume_chunk(ctx.output(file), kind.name, volume.view(), meta_of(ctx, kind));
  };
  const auto write_of = [&](const VolumeKind& k) {
    switch (k.bit) {
      case kPhantomRaw:
        return write(k, std::as_const(v.raw));
      case kPhantomSv:
        return write(k, std::as_const(v.sv));
      case kPhantomSjProb:
        return write(k, std::as_const(v.sj_prob));
      case kPhantomMiProb:
        return write(k, std::as_const(v.mi_prob));
      case kPhantomVcProb:
        return write(k, std::as_const(v.vc_prob));
      case kPhantomSynType:
        return write(k, std::as_const(v.syn_type));
      case kPhantomMyelin:
        return write(k, std::as_const(v.myelin));
      case kPhantomCell:
        return write(k, std::as_const(v.cell));
      case kPhantomSj:
        return write(k, std::as_const(v.sj));
      case kPhantomMi:
        return write(k, std::as_const(v.mi));
      case kPhantomVc:
        return write(k, std::as_const(v.vc));
      default:
        return write(k, std::as_const(v.compartment));
    }
  };
  for (const VolumeKind& kind : kVolumes) write_of(kind);
}

void publish(JobContext& ctx, const PhantomConfig&) {
  const ChunkGrid grid = ctx.geometry().grid();
  for (const VolumeKind& kind : kVolumes) {
    std::vector<VolumePart> parts;
    for (std::int64_t i = 0; i < grid.count(); ++i)
      parts.push_back({grid.chunk_box(i), volume_chunk_file(kind.name, grid.chunk_box(i))});
    publish_volume(ctx, kind.name, parts, meta_of(ctx, kind));
  }
}

void tables(JobContext& ctx, const PhantomConfig& c) {
  const auto model = model_of(ctx, c);
  for (const TruthTable& table : truth_tables())
    table.write(*model, ctx.output(std::string("truth/") + table.name + ".csv"));
  ctx.note(std::to_string(model->cells.size()) + " cells, " + std::to_string(model->synapses.size()) +
           " junctions with decoys");
}

std::uint64_t render_memory(const RunConfig& config, const Geometry& g) {
  const auto& c = config.section<PhantomConfig>("phantom");
  return phantom_memory_bytes(params_of(config, g, c), min(g.chunk_vx, g.box.size()), kPhantomAll, 1) +
         (std::uint64_t{512} << 20);
}

}  // namespace

std::vector<PhantomFigure> phantom_figures(const RunConfig& config, const Geometry& geometry) {
  const int threads = config.execution.threads > 0 ? config.execution.threads : available_threads();
  const PhantomModel model = make_phantom_model(params_of(config, geometry, config.section<PhantomConfig>("phantom")));
  std::vector<PhantomFigure> figures;
  for (const PhantomStat& s : phantom_stats(model, {}, threads))
    figures.push_back({s.name, s.unit, s.real, s.value, s.accept_min, s.accept_max, s.accepted()});
  return figures;
}

Stage phantom_stage() {
  Stage stage = make_stage<PhantomConfig>(
      "Synthetic tissue with the whole truth",
      {
          {"render", per_chunk, render, {.mvx_per_s = 1.5, .bytes_per_voxel = 2}, render_memory},
          {"tables", once, tables, {.mem_gb = 1}},
          {"publish", once, publish, {.mem_gb = 0.5}},
      });
  stage.in_run = false;
  stage.writing({"DIR/volumes/{raw,sv,sj,mi,vc,syn_type,myelin}.json: inputs of the other stages",
                 "DIR/volumes/truth_*.json, DIR/truth/*.csv: the truth"});
  return stage;
}

}  // namespace syconn
