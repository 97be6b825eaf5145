// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/exec/stage.h"

namespace syconn {

/// One job a shard of the dataset's types (n_shards of its voxels).
extern const FanOut per_shard;

}  // namespace syconn
