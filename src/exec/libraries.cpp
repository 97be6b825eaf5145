// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/libraries.h"

#include <spdlog/version.h>

namespace syconn {

std::vector<LibraryVersion> exec_libraries() {
  return {{"yaml-cpp", SYCONN_YAML_CPP_VERSION},
          {"spdlog", std::to_string(SPDLOG_VER_MAJOR) + "." + std::to_string(SPDLOG_VER_MINOR) + "." +
                         std::to_string(SPDLOG_VER_PATCH)}};
}

}  // namespace syconn
