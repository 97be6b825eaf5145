// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/files.h"

namespace syconn {

/// A synapse table of others as a connectome that can be asked.
struct SynapseImport {
  fs::path csv, out;  ///< `out`: the SQLite file
  std::string name;   ///< of the data set
  /// OURS=THEIRS[*FACTOR][:VALUE=WORD]...: which of their columns is which of ours, e.g. pre_id=axon_no,
  /// x_nm=psd_x_um*1000, post_comp=spine_synapse:0=shaft:1=spine_head. pre_id and post_id are needed. Columns of other
  /// names are kept as they are: integers, reals or text, whichever all values are.
  std::vector<std::string> map;
  std::vector<std::string> unknown;  ///< values that stand for "not known", beside the empty field and NaN
};
struct SynapseImported {
  std::uint64_t synapses = 0, cells = 0, edges = 0;
  std::uint64_t undirected = 0;      ///< rows without one or both partners: in synapses, not in edges
  std::uint64_t types_in_doubt = 0;  ///< cells of several types by their rows: they have none
};
/// Reads the CSV twice, in bounded memory besides the words of the types. Throws Error{usage} for the map,
/// Error{input} "file:line:character: …" for values.
SynapseImported import_synapses(const SynapseImport& import);

}  // namespace syconn
