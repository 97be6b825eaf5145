// SPDX-License-Identifier: GPL-3.0-or-later
#include "shards.h"

#include "syconn/io/dataset_schema.h"

namespace syconn {

const FanOut per_shard{"per_shard", [](const Geometry& g) { return std::int64_t{n_shards(g.voxels())}; }};

}  // namespace syconn
