// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/version.h"

namespace syconn {

/// yaml-cpp, spdlog.
std::vector<LibraryVersion> exec_libraries();

}  // namespace syconn
