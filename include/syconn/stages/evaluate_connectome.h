// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "syconn/algo/connectome_metrics.h"
#include "syconn/algo/synapse_metrics.h"
#include "syconn/core/files.h"

/// Tables of synapses (RUN/connectome.sqlite) against a truth: a phantom's truth/synapses.csv (without decoys and those
/// dropped from the map), or another connectome, whose synapses with both partners all count. A cell of the run counts
/// as the true cell of its id. Of the run count synapses of probability >= prob_min or without one. Memory: about 100
/// bytes a synapse. Throws Error{input} for what is missing.
namespace syconn {

/// What was compared.
struct ComparedSynapses {
  std::uint64_t n_truth = 0, n_found = 0;
  std::uint64_t undirected = 0;  ///< of the run, of sufficient probability, but without pre- or postsynaptic cell
};

struct PartnersScore {
  ComparedSynapses synapses;
  PartnerScore score;
};
/// CREMI's measure of partners, at the synapses' own places. Throws Error{input} also where one table has no places.
PartnersScore evaluate_partners(const fs::path& run, const fs::path& truth, double prob_min, double max_nm);

struct ConnectomeScore {
  ComparedSynapses synapses;
  std::vector<ConnectionScore> connections;  ///< at each of `min_synapses`
  WeightScore by_count;                      ///< edges weigh as many synapses as they have
  std::optional<WeightScore> by_area;        ///< or the sum of their areas, where both have any
  DegreeScore degrees;
};
ConnectomeScore evaluate_connectome(const fs::path& run, const fs::path& truth, double prob_min,
                                    const std::vector<double>& min_synapses);

}  // namespace syconn
