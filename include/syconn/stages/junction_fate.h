// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/ids.h"

/// What the pipeline made of a known junction: which synapses, or at which step it was lost.
namespace syconn {

/// From the best to the worst. Between two cells means: of two supervoxels in different cells.
enum class JunctionFate {
  synapse,         ///< a synapse of sufficient probability has voxels on it
  taken,           ///< as above, but all these are matched with other junctions (comparison with a phantom's truth)
  low_prob,        ///< only synapses below the wanted probability
  small_synapse,   ///< fragments between two cells, dropped as synapse below synapses.min_syn_ssv_vx
  small_fragment,  ///< contact between two cells in the junction map, its fragment below contacts.min_syn_vx
  not_in_map,      ///< contact between two cells, outside the junction map as the run sees it
  small_contact,   ///< contact between two cells, below contacts.min_cs_vx
  one_cell,        ///< only contacts between supervoxels of one cell
  no_cell,         ///< only contacts with a supervoxel that has no cell
  background,      ///< no contact; all of it lies outside supervoxels
  no_contact,      ///< no contact; inside supervoxels, away from their borders
};
/// "synapse", "low_prob", ...: as the enumerators.
const char* fate_name(JunctionFate fate);

/// A contact, fragment or synapse with voxels on a junction.
struct TracedObject {
  Id id = 0, cell_a = 0, cell_b = 0;
  std::uint64_t size_vx = 0;
  std::uint64_t on_it_vx = 0;  ///< of these on the junction
  bool two_cells() const { return cell_a != cell_b && cell_a != kBackground && cell_b != kBackground; }
};
struct TracedSynapse : TracedObject {
  float prob = 0, area_um2 = 0;  ///< prob: NaN without a forest
  std::vector<Id> junctions;     ///< other junctions that it has voxels on, ascending
  bool counts(double prob_min) const { return !(static_cast<double>(prob) < prob_min); }
};
/// All of a run that meets one junction; the largest overlap first, tie: smaller id.
struct JunctionTrace {
  std::vector<TracedObject> contacts, fragments;
  std::vector<TracedSynapse> synapses;
};

}  // namespace syconn
