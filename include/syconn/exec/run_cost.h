// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/core/json.h"
#include "syconn/exec/run_plan.h"
#include "syconn/exec/slurm_profile.h"

namespace syconn {

/// What a run has cost so far, a stage and step each, from its markers, rounds and attempts: core and GPU hours, speed,
/// peak memory beside the request, retries, bytes, US$ at execution.usd_per_core_hour and the profile's
/// usd_per_gpu_hour. Runs of both executors. Times are those of jobs; `slot_h` also counts what tasks spent around
/// them.
Json cost_json(const PipelineRun& run, const SlurmProfile& profile);
std::string cost_text(const Json& cost);
/// One self-contained page with the timeline drawn.
std::string cost_html(const Json& cost);

}  // namespace syconn
