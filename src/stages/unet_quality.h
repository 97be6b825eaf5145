// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/json.h"
#include "syconn/nn/room.h"
#include "train_unet_data.h"

namespace syconn {

/// How well the maps that `chunk-infer` would make of the test volumes match the truth, each class at probability a
/// half: Dice, precision and recall of voxels, and of objects (26-connected, of at least `min_object_vx` voxels; an
/// object is found where one of the other side shares more than half of their union).
Json unet_quality(Network& network, const ModelCard& card, const UNetData& data, std::int64_t min_object_vx);

}  // namespace syconn
