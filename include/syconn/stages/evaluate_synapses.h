// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"

/// Synapses between cells (datasets/syn_ssv.h5) against a phantom's truth.
namespace syconn {

enum class SynapseFinding { hit, decoy, dropped, nothing };

struct JudgedSynapse {
  Id id = 0, cell_a = 0, cell_b = 0;
  float prob = 0, area_um2 = 0;
  int sign = 0;
  std::vector<float> features;  ///< 10, see docs/algorithms/synapses.md
  Id truth = 0;                 ///< matched synapse of the truth; 0: none
  SynapseFinding finding = SynapseFinding::nothing;
  bool pair_right = false, sign_right = false;  ///< of hits
};
struct SynapseJudgement {
  std::vector<JudgedSynapse> objects;  ///< ascending by id
  std::vector<Id> missed;              ///< true synapses without an object, ascending
  std::uint64_t n_truth = 0;           ///< true synapses with voxels: no decoys, none dropped from the map
};
/// Objects with prob >= prob_min or NaN. One to one with the labels of the phantom's volume truth_sj by voxels in
/// common, the largest overlap first (tie: smaller truth, then smaller object). A cell of the run counts as the true
/// cell of its id. Throws Error{input} if a file is missing. Memory: the truth's runs and the overlaps.
SynapseJudgement judge_synapses(const fs::path& run, const fs::path& phantom, double prob_min);

struct SynapseScore {
  std::uint64_t n_truth = 0, n_objects = 0, hits = 0, decoys = 0, dropped = 0, nothing = 0;
  double precision = 0, recall = 0, f1 = 0, pair_right = 0, sign_right = 0;  ///< NaN where undefined
  double area_error =
      0;  ///< median of |area - a| / a of the hits; a: half the surface of the true synapse's own voxels
};
SynapseScore evaluate_synapses(const fs::path& run, const fs::path& phantom, double prob_min);

struct ForestTraining {
  std::uint64_t n_rows = 0, n_synapses = 0;
  std::vector<double> importance;
  std::vector<std::string> feature_names;
  double oob_accuracy = 0;
  double precision = 0, recall = 0, f1 = 0, auc = 0;  ///< 10-fold cross-validation, stratified, threshold 0.5
};
/// Trains the synapse forest on the objects of `runs`, each judged by the phantom of the same place (prob ignored): a
/// synapse is a hit between the right two cells. Writes `forest`. Same input and seed, same bytes. Throws Error{input}:
/// runs and phantoms differ in number, fewer than 20 objects, one class only.
ForestTraining train_synapse_forest(const std::vector<fs::path>& runs, const std::vector<fs::path>& phantoms,
                                    std::uint32_t n_trees, std::uint64_t seed, int threads, const fs::path& forest);

}  // namespace syconn
