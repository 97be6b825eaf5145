// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/version.h"

namespace syconn {

/// HDF5, zstd, libdeflate, SQLite, libpng.
std::vector<LibraryVersion> io_libraries();

}  // namespace syconn
