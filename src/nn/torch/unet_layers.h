// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <torch/torch.h>

#include "syconn/core/vec3.h"

/// Layers of the U-Net whose gradients LibTorch computes slowly on CPUs. Values are LibTorch's own.
namespace syconn {

/// torch::conv3d of stride 1 with zero padding that keeps the size. On a CPU the gradients go paths that are faster
/// than the library's: equal up to the order of sums.
torch::Tensor same_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

/// torch::max_pool3d of 2x2x2 or, along x,y only, 2x2x1; sizes must be multiples. The gradient goes to the first
/// maximum in z,y,x order, as the library's does.
torch::Tensor halved(const torch::Tensor& x, const Vec3i& size);

}  // namespace syconn
