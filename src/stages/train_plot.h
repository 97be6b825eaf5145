// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <vector>

#include "syconn/core/files.h"

namespace syconn {

/// Losses over steps as a PNG: each column's range in grey, its mean in blue; from 0 at the bottom to the largest at
/// the top, a line at every tenth of it.
void draw_losses(const fs::path& file, const std::vector<double>& losses);

}  // namespace syconn
