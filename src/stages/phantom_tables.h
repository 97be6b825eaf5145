// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <vector>

#include "syconn/algo/phantom/model.h"
#include "syconn/core/files.h"
#include "syconn/exec/config.h"

namespace syconn {

/// Section `phantom` of the config; the box and voxel size are the dataset's.
struct PhantomConfig {
  std::uint64_t seed = 1;
  int noise_level = 1;
  std::string preset = "standard";
  void describe(Fields& f);
};

/// A table of the truth, truth/<name>.csv; columns are described in docs/stages/phantom.md.
struct TruthTable {
  const char* name;
  void (*write)(const PhantomModel& model, const fs::path& path);
};
const std::vector<TruthTable>& truth_tables();

}  // namespace syconn
