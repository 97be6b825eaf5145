// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/exec/stage.h"

namespace syconn {

/// Every stage of src/stages/stages.def, in its order.
const StageTable& stage_table();

}  // namespace syconn
