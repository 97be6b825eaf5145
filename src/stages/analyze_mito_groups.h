// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/stages/analyze.h"

namespace syconn {

/// A synapse, or a random place of an axon.
struct MitoSample {
  Id cell = 0, place = 0;  ///< place: the synapse, or the skeleton's node
  double area_um2 = 0;     ///< 0 for a random place
  double distance_um = 0;  ///< to the nearest mitochondrion of the cell
};

/// What one cell type has, and what the filters took.
struct MitoType {
  std::string name;
  std::uint64_t seen = 0, cells = 0, synapses_seen = 0;
  struct {
    std::uint64_t certainty = 0, axon = 0, dendrite = 0, soma = 0, no_mitochondria = 0;  ///< cells
    std::uint64_t prob = 0, own_side = 0, partner = 0, no_distance = 0;                  ///< synapses
  } removed;
  std::vector<MitoSample> synapses, control;
};

/// Tests, tables and figure. `about`: of the run and its cells.
Analysis mito_analysis(AnswerAbout about, std::vector<MitoType> types, const MitoSynapseQuestion& question,
                       bool has_certainty, bool has_prob);

}  // namespace syconn
