// SPDX-License-Identifier: GPL-3.0-or-later
#include "shards.h"
#include "synapse_steps.h"
#include "volumes.h"

/// Synapses between cells: docs/stages/synapses.md.
namespace syconn {

void SynapsesConfig::describe(Fields& f) {
  f.add("gap_nm", gap_nm, "fragments of different supervoxel pairs are one synapse up to this distance", Range{0, 1e5});
  f.add("min_syn_ssv_vx", min_syn_ssv_vx, "synapses of fewer voxels are dropped", Range{1});
  f.add("mesh", mesh, "surface of the synapses; poisson falls back to marching_cubes where it fails",
        Choices{"poisson", "marching_cubes"});
  f.add("max_sym_fraction", max_sym_fraction,
        "a synapse is inhibitory if more than this share of its typed voxels is symmetric", Range{0, 1});
  f.add("max_rep_distance_nm", max_rep_distance_nm,
        "organelles count up to this distance between their representative voxel and the synapse's", Range{0, 1e5});
  f.add("mi_radius_nm", mi_radius_nm, "a mitochondrion counts by the share of its mesh within this distance",
        Range{0, 1e5});
  f.add("vc_radius_nm", vc_radius_nm, "a vesicle cloud counts by the share of its mesh within this distance",
        Range{0, 1e5});
  f.add("forest", forest, "random forest that tells synapses from other contacts (HDF5); empty: prob is NaN")
      .file_path();
  f.add("prob_min", prob_min, "synapses of a smaller prob are left out of lists, edges and point clouds; NaN is kept",
        Range{0, 1});
}

namespace {

/// As in `contacts`: at most an eighth of the voxels starts a run; a junction is far less.
std::uint64_t slice_memory(const RunConfig&, const Geometry& g) {
  return static_cast<std::uint64_t>(g.voxels() / g.id_slices()) * 4 + (std::uint64_t{256} << 20);
}
/// 9 bytes a voxel of the largest box that is meshed as a whole (2^26 voxels).
std::uint64_t mesh_memory(const RunConfig& config, const Geometry& g) {
  return slice_memory(config, g) + (std::uint64_t{9} << 26);
}

StageInputs inputs(const RunConfig& config, const Geometry&) {
  StageInputs in;
  // Without junctions there are no synapses, but a stage listed by name runs and says so.
  if (config.stages.empty() && !has_volume(config, "sj")) in.missing.push_back("dataset.volumes.sj");
  const std::string& forest = config.section<SynapsesConfig>("synapses").forest;
  if (forest.empty()) return in;
  if (!fs::is_regular_file(forest))
    throw Error(Category::input, config.where("synapses.forest") + ": there is no file '" + forest + "'");
  synapse_forest(config);  // a wrong one is refused before anything runs
  in.fingerprints["synapses.forest"] = {{"bytes", fs::file_size(forest)}, {"crc32c", file_crc32c(forest)}};
  return in;
}

}  // namespace

Stage synapses_stage() {
  return make_stage<SynapsesConfig>("Synapses between cells",
                                    {
                                        {"pairs", per_shard, synapse_pairs, {.mem_gb = 1}},
                                        {"agglomerate", per_id_slice, synapse_agglomerate, {}, slice_memory},
                                        {"number", once, synapse_number, {.mem_gb = 1}},
                                        {"meshes", per_id_slice, synapse_meshes, {.mvx_per_s = 3.3}, mesh_memory},
                                        {"gather", per_shard, synapse_gather, {.mem_gb = 1}},
                                        {"organelles", per_shard, synapse_organelles, {.mem_gb = 0.5}},
                                        {"near", per_id_slice, synapse_near, {}, slice_memory},
                                        {"shards", per_shard, synapse_shards, {.mem_gb = 1.5}},
                                        {"cells", per_shard, synapse_cells, {.mem_gb = 0.5}},
                                        {"publish", once, synapse_publish, {.mem_gb = 0.5}},
                                    })
      .reading(inputs, {"DIR/datasets/syn.h5, sv.h5, ssv.h5; optional: mi.h5, vc.h5, the file synapses.forest"})
      .needing({"contacts", "sso"})
      .using_results_of({"watershed"})
      .writing({"DIR/datasets/syn_ssv.h5; DIR/datasets/ssv.h5: n_syn, syn_ids"});
}

}  // namespace syconn
