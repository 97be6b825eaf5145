// SPDX-License-Identifier: GPL-3.0-or-later
#include "kept_synapses.h"
#include "shards.h"
#include "syconn/exec/job.h"
#include "tables_columns.h"
#include "tables_schema.h"
#include "tables_sums.h"
#include "volumes.h"

/// The last stage: who is pre, what lies near, and everything as SQLite and CSV: docs/stages/tables.md.
namespace syconn {
namespace {

struct TablesConfig {
  double min_direction_vc = 0.2;

  void describe(Fields& f) {
    f.add("min_direction_vc", min_direction_vc,
          "where not exactly one partner is axon, the side with more vesicles is presynaptic if |direction_vc| is at "
          "least this",
          Range{0, 1});
  }
};

void columns(JobContext& ctx, const TablesConfig& c) { write_added_columns(ctx, c.min_direction_vc); }
void publish(JobContext& ctx, const TablesConfig&) { publish_added_columns(ctx); }
void count(JobContext& ctx, const TablesConfig&) { count_pairs(ctx, synapse_prob_min(ctx.config())); }
void sum(JobContext& ctx, const TablesConfig&) { sum_pairs(ctx); }
void write(JobContext& ctx, const TablesConfig& c) {
  write_tables(ctx, synapse_prob_min(ctx.config()), c.min_direction_vc);
}

StageInputs inputs(const RunConfig& config, const Geometry&) {
  StageInputs in;
  // Tables of what the stages of a run make; without supervoxels only stages listed by name run.
  if (config.stages.empty() && !has_volume(config, "sv")) in.missing.push_back("dataset.volumes.sv");
  in.fingerprints["synapses.prob_min"] = synapse_prob_min(config);
  return in;
}

}  // namespace

Stage tables_stage() {
  Stage stage =
      make_stage<TablesConfig>("Connectome tables: SQLite and CSV of cells, synapses, edges, organelles, contacts",
                               {
                                   {"columns", per_shard, columns, {.mem_gb = 1}},
                                   {"publish", once, publish, {.mem_gb = 0.5}},
                                   {"count", per_shard, count, {.mem_gb = 1}},
                                   {"sum", per_id_slice, sum, {.mem_gb = 1}},
                                   {"write", once, write, {.mem_gb = 1}},
                               });
  stage.version = 2;  // 2: the radius of no soma is unknown, not 0; partners from an index alone
  return stage.reading(inputs, {"DIR/datasets/*.h5, as many as there are: ssv, syn_ssv, sv, cs, mi, vc, ..."})
      .using_results_of(stages_before("tables"))  // whatever changed, they are made again
      .writing({"DIR/connectome.sqlite, DIR/export/csv/{cells,synapses,edges,organelles,contacts}.csv",
                "DIR/datasets/syn_ssv.h5: pre_id, post_id, pre_comp, post_comp, pre_type, post_type, mito_dist_nm; "
                "DIR/datasets/ssv.h5: complete"});
}

}  // namespace syconn
