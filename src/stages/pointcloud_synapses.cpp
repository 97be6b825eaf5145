// SPDX-License-Identifier: GPL-3.0-or-later
// places, synapses, publish: synapses to their cells, and what these say of them back.
#include <limits>
#include <map>

#include "point_predict.h"
#include "pointcloud_steps.h"
#include "shards.h"
#include "syconn/algo/label_votes.h"
#include "syconn/core/compartments.h"
#include "syconn/io/shard_builder.h"

namespace syconn {
namespace {

DatasetSchema synapse_schema(const JobContext& ctx) {
  DatasetSchema s;
  s.type = "syn_ssv", s.voxel_size_nm = ctx.geometry().voxel_size_nm, s.provenance_json = ctx.provenance_json();
  s.columns = {
      {"comp_a", DType::u8, 1, "", "compartment on cell_a", kCompartmentEnum},
      {"comp_b", DType::u8, 1, "", "compartment on cell_b", kCompartmentEnum},
      {"spine_head_vol_um3", DType::f32, 1, "um3", "of the spine head it sits on; NaN: on none, or not found"}};
  return s;
}

std::optional<SegmentationDataset> synapses_of(const JobContext& ctx) {
  if (!fs::exists(pointcloud_input(ctx, "syn_ssv"))) return std::nullopt;
  return SegmentationDataset::open(pointcloud_input(ctx, "syn_ssv"), stages_from(kPointcloudStage));
}

/// What is said of one synapse.
struct Verdict {
  std::uint8_t comp[2] = {kUnknownCompartment, kUnknownCompartment};
  float head_um3[2] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::quiet_NaN()};
};

std::map<Id, Verdict> verdicts(const JobContext& ctx, std::uint32_t shard) {
  std::map<Id, Verdict> of;
  for (const SynapseSide& s : gathered<SynapseSide>(ctx, "predict", "sides", shard))
    of[s.synapse].comp[s.side] = static_cast<std::uint8_t>(s.code);
  for (const SynapseHead& h : gathered<SynapseHead>(ctx, "heads", "volumes", shard))
    of[h.synapse].head_um3[h.side] = static_cast<float>(h.volume_um3);
  return of;
}

void write_shard(JobContext& ctx, const SegmentationDataset& synapses, std::uint32_t shard) {
  const fs::path path = ctx.output("datasets/" + shard_file_name("syn_ssv", kPointcloudStage, ctx.hash8(), shard));
  ShardBuilder builder(synapse_schema(ctx),
                       {shard, synapses.n_shards(), std::uint64_t{256} << 20, path.parent_path(), 1});
  const std::map<Id, Verdict> known = verdicts(ctx, shard);
  synapses.for_each(shard, [&](Id id, Row) {
    const auto found = known.find(id);
    const Verdict v = found == known.end() ? Verdict{} : found->second;
    builder.begin(id);
    builder.set("comp_a", v.comp[0]);
    builder.set("comp_b", v.comp[1]);
    // Both sides on a head is rare; the first side that has one counts.
    builder.set("spine_head_vol_um3", v.head_um3[0] > 0 ? v.head_um3[0] : v.head_um3[1]);
    builder.end();
  });
  builder.write(path);
}

}  // namespace

std::uint32_t synapse_shards_of(const JobContext& ctx) {
  const auto synapses = synapses_of(ctx);
  return synapses ? synapses->n_shards() : 1;
}

void pointcloud_places(JobContext& ctx, const PointcloudConfig&) {
  const CellReader reader(ctx.in_run(""), stages_from(kPointcloudStage));  // says what the cells lack
  refuse_foreign_columns(ctx, "ssv", kPointcloudStage,
                         {"axon_um", "dend_um", "soma_um", "astrocyte_score", "vertex_comp", "node_comp"});
  const std::uint32_t n_cell_shards = reader.cells().n_shards();
  RecordWriter<SynapsePlace> places(ctx.work_output("places"), n_cell_shards);
  if (const auto synapses = synapses_of(ctx)) {
    refuse_foreign_columns(ctx, "syn_ssv", kPointcloudStage, {"comp_a", "comp_b", "spine_head_vol_um3"});
    const Vec3d voxel_nm = synapses->voxel_size_nm();
    const auto a = synapses->column<Id>("cell_a"), b = synapses->column<Id>("cell_b");
    const auto rep = synapses->column<std::int64_t>("rep_vx");
    for_own_shards(ctx, synapses->n_shards(), [&](std::uint32_t shard) {
      synapses->for_each(shard, [&](Id id, Row row) {
        std::int64_t vx[3];
        rep.read(row, vx);
        const Vec3f nm((Vec3d(Vec3i{vx[0], vx[1], vx[2]}) + Vec3d(0.5)) * voxel_nm);
        for (const std::uint32_t side : {0U, 1U}) {
          const Id cell = side == 0 ? a(row) : b(row);
          if (cell == kBackground) continue;  // not modelled
          places.append(shard_of(cell, n_cell_shards), {cell, id, nm.x, nm.y, nm.z, side});
        }
      });
    });
  }
  places.close();
}

void pointcloud_synapses(JobContext& ctx, const PointcloudConfig&) {
  if (const auto synapses = synapses_of(ctx))
    for_own_shards(ctx, synapses->n_shards(), [&](std::uint32_t shard) { write_shard(ctx, *synapses, shard); });
}

void pointcloud_publish(JobContext& ctx, const PointcloudConfig&) {
  const auto synapses = synapses_of(ctx);
  if (!synapses) {
    ctx.note("no datasets/syn_ssv.h5: no compartments of synapses");
    return;
  }
  publish_columns(ctx, "syn_ssv", shard_set("syn_ssv", kPointcloudStage, ctx.hash8(), synapses->n_shards()));
}

}  // namespace syconn
