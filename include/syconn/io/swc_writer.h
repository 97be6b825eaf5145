// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/neuron_tree.h"

namespace syconn {

/// Writes an SWC file, atomically: `comments` as lines "# …", then "id type x y z radius parent" with ids from 1 and
/// parents before their children; lengths are nm / nm_per_unit in single precision, in the fewest digits that read back
/// the same.
/// Throws Error{runtime} (disk full), or if a parent does not come before its child.
void write_swc(const fs::path& path, const NeuronTree& tree, double nm_per_unit,
               const std::vector<std::string>& comments);

}  // namespace syconn
