// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace syconn {

/// "0.1.0"; part of the provenance in data files.
const char* version();
/// Short git hash of the build, "+" appended when the tree had changes, "unknown" outside git. Only in logs, plan and runs.jsonl.
const char* git_hash();
const char* compiler();

}  // namespace syconn
