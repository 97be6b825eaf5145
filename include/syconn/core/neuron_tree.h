// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/core/vec3.h"

namespace syconn {

/// A reconstruction as nodes with radii, as SWC files hold it; parents come before their children.
struct NeuronTree {
  std::vector<Vec3d> nodes_nm;
  std::vector<double> radius_nm;
  std::vector<std::int32_t> type;    ///< SWC: 1 soma, 2 axon, 3 (basal) dendrite, 4 apical dendrite, others free
  std::vector<std::int32_t> parent;  ///< index of a node before this one, -1 at a root; several roots are possible

  std::size_t n_nodes() const { return nodes_nm.size(); }
};

}  // namespace syconn
