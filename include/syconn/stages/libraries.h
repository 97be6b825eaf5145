// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/version.h"

namespace syconn {

/// Of all rooms. LibTorch is among them if the room nn is beside the program; it is not loaded for that.
std::vector<LibraryVersion> linked_libraries();

struct NetworkLibraries {
  std::string description;  ///< LibTorch, devices, BLAS
  std::string blas;         ///< file
};
/// Loads LibTorch, which takes half a second. Throws Error{config} where it is not there.
NetworkLibraries network_libraries();

}  // namespace syconn
