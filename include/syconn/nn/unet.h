// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/json.h"
#include "syconn/core/vec3.h"

namespace syconn {

/// 3-D U-Net: an encoder of `blocks` levels (two convolutions each, then pooling by 2), a decoder that mirrors it with
/// transposed convolutions and concatenated skips, and a 1x1x1 convolution to `classes` (SyConn2, Schubert et al.
/// 2022).
struct UNetConfig {
  int channels = 1;                     ///< of the input
  int classes = 2;                      ///< of the output, background included
  int blocks = 4;                       ///< levels, at least 2
  int start_filters = 32;               ///< of level 0; doubled with every level
  std::vector<int> planar{0, 2};        ///< levels without extent in z: kernels 3x3x1, pooling 2x2x1
  std::string normalisation = "batch";  ///< batch, group<N> (N groups) or none
  std::string activation = "relu";      ///< relu or leaky (slope 0.1)
  std::string up = "transpose";         ///< transpose, or resize (trilinear, then a convolution)

  Json to_json() const;
  static UNetConfig from_json(const Json& json, const std::string& origin);  ///< throws Error{input}
  /// Throws Error{config} that names the member.
  void check() const;
};
/// The paper's myelin net: 4,062,338 parameters.
UNetConfig myelin_unet();

/// One operation of the network on a stack of feature maps; the same list is run, exported and counted.
struct UNetOp {
  enum class Kind { conv, up_conv, resize, norm, activate, pool, keep, concat };
  Kind kind;
  std::string name;     ///< of its tensors, e.g. "down_convs.0.conv1"
  int in = 0, out = 0;  ///< channels
  Vec3i size{1, 1, 1};  ///< kernel, pooling or enlargement along x,y,z
  int level = 0;        ///< keep and concat: whose feature map
};
std::vector<UNetOp> unet_ops(const UNetConfig& config);

/// A tensor of the network's state, in the order of the reference's state dictionary.
struct TensorInfo {
  std::string name;
  std::vector<std::int64_t> shape;
  bool trainable = true;  ///< false: running mean and variance
};
std::vector<TensorInfo> unet_tensors(const UNetConfig& config);
std::int64_t unet_parameters(const UNetConfig& config);  ///< trainable ones

/// Product of the poolings: input sizes must be multiples of it, tile origins too.
Vec3i unet_stride(const UNetConfig& config);
/// No output voxel depends on inputs farther away than this along x,y,z; exact up to the alignment with the poolings.
/// With group normalisation, which sees the whole tile, the reach of the convolutions alone.
Vec3i unet_reach(const UNetConfig& config);
/// Upper estimate of what inference needs for a voxel of its input.
std::uint64_t unet_bytes_per_voxel(const UNetConfig& config);

}  // namespace syconn
