// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <torch/torch.h>

#include <memory>

#include "syconn/nn/room.h"

namespace syconn {

torch::Device device_of(const DeviceOptions& options);  ///< throws Error{config} for cuda without a device
/// LibTorch's threads for calls from this thread.
void use_threads(int n);
torch::Tensor segmentation_loss(const torch::Tensor& logits, const torch::Tensor& labels, const TrainOptions& options);
std::unique_ptr<UNetTrainer> make_unet_trainer(const UNetConfig& config, const TrainOptions& options,
                                               const DeviceOptions& device, std::uint64_t seed);

}  // namespace syconn
