// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/exec/verify.h"

namespace syconn {

/// All checks of docs/verify.md on a run folder, up to the level. `memory_bytes`: of ids, pairs and sums at a time,
/// over all threads; besides these a thread holds one object (mesh, skeleton, voxels) or one tile of 256x256x64 labels.
/// Throws Error{input} where there is no run. The report is that of verify_json().
Json verify_run(const fs::path& folder, const VerifyOptions& options, std::uint64_t memory_bytes, Progress& progress);

}  // namespace syconn
