// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <vector>

#include "syconn/algo/phantom/model.h"
#include "syconn/core/files.h"

namespace syconn {

/// A table of the truth, truth/<name>.csv; made from the vector model of a phantom with or without voxels.
struct TruthTable {
  const char* name;
  void (*write)(const PhantomModel& model, const fs::path& path);
};
const std::vector<TruthTable>& truth_tables();
/// Of a phantom whose sizes of synapses follow the mitochondria: what was built in, a row a type.
void write_mito_shift(const PhantomModel& model, const fs::path& path);

}  // namespace syconn
