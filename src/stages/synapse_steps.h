// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <optional>
#include <string>

#include "syconn/exec/job.h"
#include "syconn/io/forest_file.h"

/// The steps of the stage `synapses`; docs/stages/synapses.md tells what each reads and writes.
namespace syconn {

struct SynapsesConfig {
  double gap_nm = 250;
  int min_syn_ssv_vx = 100;
  std::string mesh = "poisson";
  double max_sym_fraction = 0.225, max_rep_distance_nm = 4000, mi_radius_nm = 2000, vc_radius_nm = 1000, prob_min = 0.5;
  std::string forest;

  void describe(Fields& f);
};

/// Organelles that tell synapses from other contacts, in the order of SynapseOrganelle::type.
inline constexpr std::array<const char*, 2> kSynapseOrganelles{"mi", "vc"};

/// DIR/datasets/<type>.h5.
inline fs::path synapse_input(const JobContext& ctx, const std::string& type) {
  return ctx.in_run("datasets/" + type + ".h5");
}
/// The file `synapses.forest`, if there is one. Throws Error{input}: unreadable, of other features, or trained with
/// another `synapses.mesh`.
std::optional<ForestFile> synapse_forest(const RunConfig& config);
/// Fragments come from `contacts` where the dataset has junctions.
inline bool has_fragments(const JobContext& ctx) { return fs::exists(synapse_input(ctx, "syn")); }

void synapse_pairs(JobContext& ctx, const SynapsesConfig& c);
void synapse_agglomerate(JobContext& ctx, const SynapsesConfig& c);
void synapse_number(JobContext& ctx, const SynapsesConfig& c);
void synapse_meshes(JobContext& ctx, const SynapsesConfig& c);
void synapse_gather(JobContext& ctx, const SynapsesConfig& c);
void synapse_organelles(JobContext& ctx, const SynapsesConfig& c);
void synapse_near(JobContext& ctx, const SynapsesConfig& c);
void synapse_shards(JobContext& ctx, const SynapsesConfig& c);
void synapse_cells(JobContext& ctx, const SynapsesConfig& c);
void synapse_publish(JobContext& ctx, const SynapsesConfig& c);

}  // namespace syconn
