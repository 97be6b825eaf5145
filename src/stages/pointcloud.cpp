// SPDX-License-Identifier: GPL-3.0-or-later
#include "pointcloud_models.h"
#include "pointcloud_steps.h"
#include "shards.h"
#include "volumes.h"

/// Compartments of cells and synapses from the cells' shapes, organelles and synapses: docs/stages/pointcloud.md.
namespace syconn {

void PointcloudConfig::describe(Fields& f) {
  f.add("ads", ads, "network that tells dendrite, axon and soma, its card inside").file_path();
  f.add("abt", abt, "network that tells axon, bouton en passant and terminal bouton; empty: axon is not divided")
      .file_path();
  f.add("dnh", dnh, "network that tells dendritic shaft, spine neck and spine head; empty: dendrite is not divided")
      .file_path();
  f.add("coarse", coarse, "instead of ads, abt and dnh the published pair: network that tells dendrite from all else")
      .file_path();
  f.add("fine", fine, "the pair's network that tells dendritic shaft, spine neck and spine head; empty: not divided")
      .file_path();
  f.add("astrocyte", astrocyte, "network that tells astrocyte from neuron; empty: astrocyte_score is NaN").file_path();
  f.add("seed", seed, "of the draws of points");
  f.add("redundancy", redundancy, "contexts around each place", Range{1, 100});
  f.add("vote_neighbours", vote_neighbours, "mesh vertices that vote on a skeleton node", Range{1, 10000});
  f.add("smooth_um", smooth_um, "nodes up to this path length vote on axon, dendrite or soma of a node",
        Range{0, 1000});
  f.add("soma_um", soma_um,
        "connected soma nodes with less path than this between them are no soma but patches of a neurite",
        Range{0, 1000});
  f.add("soma_radius_um", soma_radius_um,
        "of the pair, which does not tell soma: skeleton nodes at least so far from the surface are soma",
        Range{0.01, 1000});
  f.add("axon_share", axon_share,
        "what remains of a cell without its soma is axon if this share of its nodes is, else dendrite; 0: nodes keep "
        "what they say",
        Range{0, 1});
  f.add("syn_neighbours", syn_neighbours, "mesh vertices that vote on a side of a synapse", Range{1, 10000});
  f.add("device", device, "where the networks run; auto: a CUDA device if there is one", Choices{"auto", "cpu", "cuda"})
      .no_effect_on_results();
}

namespace {

bool on_gpu(const RunConfig& config) { return config.section<PointcloudConfig>(kPointcloudStage).device == "cuda"; }

StageInputs inputs(const RunConfig& config, const Geometry& geometry) {
  StageInputs in;
  require_pointcloud_models(config, config.section<PointcloudConfig>(kPointcloudStage), in);
  require_volume(config, geometry.box, "sv", false, in);
  return in;
}

}  // namespace

Stage pointcloud_stage() {
  Stage stage =
      make_stage<PointcloudConfig>("Compartments of cells and synapses, spine heads, astrocytes",
                                   {
                                       {"places", per_shard, pointcloud_places, {.mem_gb = 1}},
                                       {"predict", per_shard, pointcloud_predict, {}, pointcloud_predict_bytes},
                                       {"publish_cells", once, pointcloud_publish_cells, {.mem_gb = 0.5}},
                                       {"heads", per_shard, pointcloud_heads, {}, pointcloud_heads_bytes},
                                       {"synapses", per_shard, pointcloud_synapses, {.mem_gb = 1}},
                                       {"publish", once, pointcloud_publish, {.mem_gb = 0.5}},
                                   });
  stage.steps.at(1).wants_gpu = on_gpu;
  return stage
      .reading(inputs, {"DIR/datasets/ssv.h5; optional: syn_ssv.h5, mi.h5, vc.h5, dataset.volumes.sv; the files "
                        "pointcloud.{ads,abt,dnh,coarse,fine,astrocyte}"})
      .using_results_of({"sso", "synapses"})
      .writing({"DIR/datasets/ssv.h5: vertex_comp, node_comp, axon_um, dend_um, soma_um, astrocyte_score",
                "DIR/datasets/syn_ssv.h5: comp_a, comp_b, spine_head_vol_um3"});
}

}  // namespace syconn
