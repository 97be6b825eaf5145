// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "section_kernels.h"
#include "syconn/nn/unet_stream.h"

namespace syconn {

/// A layer of a U-Net as UNetStream runs it: normalisation folded into the weights, activation in one pass with them,
/// concatenation only a matter of which maps are read.
struct StreamLayer {
  enum class Kind { image, conv, up_conv, pool };
  Kind kind = Kind::image;
  std::vector<int> inputs;          ///< layers whose maps it sees, one after the other
  int in = 0, out = 0;              ///< channels
  Vec3i size{1, 1, 1};              ///< kernel, pooling or enlargement along x,y,z
  Vec3i scale{1, 1, 1};             ///< voxels of the image that make one of its own
  std::vector<float> weight, bias;  ///< as SectionKernels take them
  float slope = 1;                  ///< of the activation for negative values

  /// Sections of its inputs that its section z sees; of convolutions also outside the image.
  std::int64_t first_seen(std::int64_t z) const;
  std::int64_t last_seen(std::int64_t z) const;
};

/// The image first, what gives the logits last. Throws Error{input} for tensors of other sizes or with values that are
/// no finite numbers.
std::vector<StreamLayer> stream_layers(const UNetConfig& config, const UNetTensors& tensors,
                                       const SectionKernels& kernels);

}  // namespace syconn
