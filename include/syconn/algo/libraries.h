// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/version.h"

namespace syconn {

/// Eigen, CGAL, Boost.
std::vector<LibraryVersion> algo_libraries();

}  // namespace syconn
