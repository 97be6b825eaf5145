// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <vector>

#include "syconn/algo/phantom/model.h"
#include "syconn/io/shard_builder.h"

namespace syconn {

/// A node of the skeleton that is written.
struct PhantomSkeletonNode {
  Vec3f position_nm;
  float radius_nm;
  std::int32_t parent;  ///< before it in the list; -1 of the root
  std::uint8_t compartment;
  bool myelin;
};
/// The model's tree, whose soma is one node, with a node every 500 nm along each stem as far as the stem runs in the
/// soma: skeletons of real somata have them, and whoever labels nodes calls them soma.
std::vector<PhantomSkeletonNode> phantom_skeleton(const PhantomModel& m, const PhantomCell& c);

/// The columns path_length_um, axon_um, dend_um, soma_um and myelin_fraction: an edge counts for its node away from the
/// root.
void set_phantom_paths(ShardBuilder& shard, const std::vector<PhantomSkeletonNode>& nodes);
/// The ragged field `skeleton`.
void append_phantom_skeleton(ShardBuilder& shard, const std::vector<PhantomSkeletonNode>& nodes);

}  // namespace syconn
