// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"

namespace syconn {

struct DrawnCell {
  Id id = 0;
  std::string colour;  ///< its name
  std::uint64_t n_synapses = 0;
};
struct CellDrawing {
  std::vector<DrawnCell> cells;
  double scale_bar_nm = 0;
  std::uint64_t n_excitatory = 0, n_inhibitory = 0, n_unknown = 0;  ///< synapses drawn
};

/// Draws the meshes of `cells` (none given: the `n` with most synapses, without synapses the largest) from
/// run/datasets/ssv.h5 as a PNG, their kept synapses (prob >= prob_min or NaN; run/datasets/syn_ssv.h5, optional) as
/// balls: red excitatory, blue inhibitory, grey unknown. Memory: the meshes drawn and one shard's columns. Throws
/// Error{input}: no such run, cell or mesh.
CellDrawing draw_cells(const fs::path& run, std::vector<Id> cells, std::size_t n, double prob_min,
                       const fs::path& picture);

}  // namespace syconn
