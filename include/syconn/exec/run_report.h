// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/exec/run_plan.h"

namespace syconn {

/// What `syconn status` prints: per stage and step the jobs done, pending, failed; "state" is complete, incomplete or
/// failed.
Json status_json(const PipelineRun& run, CheckLevel level);
std::string status_text(const Json& status);

/// What --dry-run prints: per stage and step jobs, done, cores, memory, and estimates of time, disk and US$; why jobs
/// must run; where only late inputs changed, what of the results (Stage::preview).
Json dry_run_json(const PipelineRun& run, CheckLevel level);
std::string dry_run_text(const Json& plan);

/// How many chunks each volume with allow_missing lacks, which are read as empty: {name: count}.
Json missing_chunks_json(const PipelineRun& run);
/// A line a volume that lacks any.
std::string missing_chunks_text(const Json& missing);

}  // namespace syconn
