// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

#include "syconn/core/files.h"

namespace syconn {

/// Synapse fragments (dataset syn) against a phantom's truth.
struct FragmentScore {
  std::int64_t true_junctions =
      0;  ///< in truth/synapses.csv, neither decoy nor dropped from the map, with voxels in the dataset
  std::int64_t found = 0;         ///< of these: a fragment of the right two cells shares a voxel with it
  std::int64_t fragments = 0;     ///< in datasets/syn.h5
  std::int64_t on_junctions = 0;  ///< of these: largest overlap is a true junction, between its two cells
  std::int64_t on_decoys = 0;     ///< largest overlap is a decoy (told apart later, by the synapse classifier)
  std::int64_t wrong_pair = 0;    ///< on a true junction, but between other cells (or within one)
  std::int64_t on_nothing = 0;    ///< no junction or decoy below it
};

/// `run`: folder with datasets/syn.h5; `phantom`: folder that `syconn phantom` wrote. Memory: one fragment's box at a
/// time. Throws Error{input} if a file is missing.
FragmentScore evaluate_fragments(const fs::path& run, const fs::path& phantom);

}  // namespace syconn
