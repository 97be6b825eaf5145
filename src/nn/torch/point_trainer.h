// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>

#include "syconn/nn/room.h"

namespace syconn {

std::unique_ptr<PointTrainer> make_point_trainer(const PointNetConfig& config, const PointTrainOptions& options,
                                                 const DeviceOptions& device, std::uint64_t seed);
std::unique_ptr<PointNet> make_point_net(const fs::path& archive, const DeviceOptions& device);

}  // namespace syconn
