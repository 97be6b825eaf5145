// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/stages/junction_fate.h"

/// Synapses between cells (datasets/syn_ssv.h5) against a phantom's truth.
namespace syconn {

enum class SynapseFinding { hit, decoy, dropped, nothing };

struct JudgedSynapse {
  Id id = 0, cell_a = 0, cell_b = 0;
  float prob = 0, area_um2 = 0;
  double voxel_area_um2 = 0;  ///< half the marching-cubes surface of its voxels, however area_um2 was made
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

/// Synapses of one kind: recall counts the true ones of this kind, precision the objects of this kind.
struct SynapseClass {
  std::string name;
  std::uint64_t n_truth = 0, found = 0, n_objects = 0, hits = 0;
  double recall = 0, precision = 0;  ///< NaN where undefined
};
/// Hits at one probability; matched anew, so that more objects never take a truth from each other's result.
struct ThresholdScore {
  double prob_min = 0;
  std::uint64_t n_objects = 0, hits = 0;
  double precision = 0, recall = 0, f1 = 0;  ///< NaN where undefined
  std::vector<SynapseClass> by_sign;         ///< excitatory, inhibitory, unknown
};
struct MissedSynapse {
  Id truth = 0, pre = 0, post = 0;
  int sign = 0;
  double area_um2 = 0;  ///< half the surface of its own voxels
  JunctionFate fate = JunctionFate::no_contact;
  std::string why;  ///< one line with the figures
};
struct WrongPair {
  Id truth = 0, pre = 0, post = 0;        ///< the truth
  Id object = 0, cell_a = 0, cell_b = 0;  ///< what it was matched with
};

struct SynapseScore {
  std::uint64_t n_truth = 0, n_objects = 0, hits = 0, decoys = 0, dropped = 0, nothing = 0;
  double precision = 0, recall = 0, f1 = 0, pair_right = 0, sign_right = 0;  ///< NaN where undefined
  /// Medians of |area - a| / a over the hits; a: half the marching-cubes surface of the true synapse's own voxels;
  /// area: area_um2, and voxel_area_um2, whose error is that of the voxels alone.
  double area_error = 0, voxel_area_error = 0;
  std::vector<ThresholdScore> by_prob;  ///< at each of `thresholds`
  std::vector<SynapseClass> by_area;    ///< um2; of the truth half its surface, of an object its area_um2
  std::vector<SynapseClass> by_sign;    ///< excitatory, inhibitory, unknown
  std::vector<MissedSynapse> missed;    ///< ascending by truth
  std::vector<WrongPair> wrong_pairs;   ///< hits between other cells, ascending by object
};
/// What is not in the datasets of a missed synapse is asked of the volumes that RUN/config.yml names, if they are
/// there. Needs datasets/cs.h5, syn.h5 and sv.h5 where synapses are missed.
SynapseScore evaluate_synapses(const fs::path& run, const fs::path& phantom, double prob_min,
                               const std::vector<double>& thresholds = {});

}  // namespace syconn
