// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/core/version.h"

namespace syconn {

const char* version() { return SYCONN_VERSION; }
const char* git_hash() { return SYCONN_GIT; }
const char* compiler() { return "g++ " __VERSION__; }

}  // namespace syconn
