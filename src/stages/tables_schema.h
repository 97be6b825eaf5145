// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/exec/job.h"

namespace syconn {

/// Writes RUN/connectome.sqlite and RUN/export/csv/*.csv from the datasets and the sums. Memory: 1,024 rows of each
/// shard of one type.
void write_tables(JobContext& ctx, double prob_min, double min_direction_vc);

}  // namespace syconn
