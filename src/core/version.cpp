// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/version.h"

#include "syconn/core/cpu.h"
#include "syconn/core/json.h"

namespace syconn {

const char* version() { return SYCONN_VERSION; }
const char* git_hash() { return SYCONN_GIT; }
const char* compiler() { return "g++ " __VERSION__; }

std::vector<LibraryVersion> core_libraries() {
  return {{"nlohmann-json", std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." +
                                std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." +
                                std::to_string(NLOHMANN_JSON_VERSION_PATCH)}};
}

const char* simd_level() { return name_of(cpu_level()); }

}  // namespace syconn
