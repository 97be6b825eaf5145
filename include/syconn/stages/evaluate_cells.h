// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"

namespace syconn {

/// A true cell (or several that wrongly merged supervoxels join) that was not assembled exactly.
struct CellFault {
  std::vector<Id> truth;   ///< ids of the true cells, ascending
  std::vector<Id> cells;   ///< the run's cells that hold its supervoxels, ascending; 0: in no cell. Two or more: split
  std::vector<Id> others;  ///< other true cells with supervoxels in these cells, ascending. Any: merged
};

/// The partition supervoxel -> cell against a phantom's.
struct CellScore {
  std::uint64_t supervoxels = 0;     ///< labels known to both
  std::uint64_t missing = 0;         ///< labels of the truth that the run does not have (no voxels in the dataset)
  std::uint64_t unknown = 0;         ///< supervoxels of the run that the truth does not have
  std::uint64_t wrongly_merged = 0;  ///< labels given to supervoxels of several true cells
  std::uint64_t cells = 0, exact = 0, split = 0, merged = 0;  ///< true cells without a wrongly merged label
  /// Sets of true cells that share wrongly merged labels: exact where the set is one cell of the run and nothing else
  /// is.
  std::uint64_t joined_cells = 0, joined_sets = 0, joined_exact = 0;
  std::vector<CellFault> faults;  ///< ascending

  bool all_exact() const { return exact == cells && unknown == 0; }
};

/// `run`: folder with datasets/sv.h5; `phantom`: folder with truth/supervoxels.csv. Throws Error{input}. Memory: about
/// 200 bytes a supervoxel.
CellScore evaluate_cells(const fs::path& run, const fs::path& phantom);

}  // namespace syconn
