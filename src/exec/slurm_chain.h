// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <vector>

#include "slurm_draft.h"

/// Small steps that follow each other are done by one task, so that a place in the queue is waited for once.
namespace syconn {

struct ChainLink {
  const StagePlan* plan = nullptr;
  const StepPlan* step = nullptr;
  std::vector<std::int64_t> pending;
};

/// Steps behind `step` that fit its only task: all together within a task's share of time (SlurmClass::task_minutes,
/// `used_s` of it is taken), of the same class; up to the first step that does not fit or that `is_fresh` refuses.
std::vector<ChainLink> chain_behind(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                                    const SlurmProfile& profile, double used_s,
                                    const std::function<bool(const StagePlan&, const StepPlan&)>& is_fresh);
double chain_seconds(const PipelineRun& run, const std::vector<ChainLink>& links, const SlurmProfile& profile);

}  // namespace syconn
