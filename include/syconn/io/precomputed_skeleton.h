// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <span>
#include <string>
#include <vector>

#include "syconn/io/dtype.h"
#include "syconn/io/precomputed_shard_writer.h"

/// Neuroglancer's skeletons: nodes in nm, edges, and one value of each attribute a node.
namespace syconn {

struct SkeletonAttribute {
  std::string id;
  DType dtype = DType::f32;  ///< f32 or integers of up to 4 bytes
};

/// The text of the file `info`. Throws Error{runtime} for a type that the format does not have.
std::string precomputed_skeleton_info(const std::vector<SkeletonAttribute>& attributes, const ShardLayout& layout);

/// `nodes_nm`: x, y, z of each; `edges`: two nodes each; `attributes`: the bytes of each in the order of the info.
std::vector<char> encode_skeleton(std::span<const float> nodes_nm, std::span<const std::uint32_t> edges,
                                  std::span<const std::vector<char>> attributes);

}  // namespace syconn
