// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <torch/script.h>

#include <memory>

#include "syconn/nn/room.h"

namespace syconn {

/// The network by UNetStream, or null where that cannot be: other devices than the CPU, half precision, layers it does
/// not have, and every archive whose program is not, operation by operation, the one `syconn train unet` writes for the
/// card's architecture.
std::unique_ptr<Network> stream_network(const torch::jit::Module& module, const ModelCard& card,
                                        const DeviceOptions& options);

}  // namespace syconn
