// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "slurm_calls.h"
#include "slurm_rounds.h"
#include "syconn/exec/slurm_profile.h"

/// How pending jobs become tasks, and why jobs of a round are still pending.
namespace syconn {

struct RoundDraft {
  Round round;
  std::vector<std::vector<std::int64_t>> tasks;
};

/// Why a job is still pending after a round.
struct PendingCause {
  std::int64_t job = 0;
  std::string text;            ///< for people
  std::string signature;       ///< the same for causes of the same kind; empty: nothing went wrong with the job itself
  std::int64_t memory_mb = 0;  ///< what it needs next time; 0: as before
  bool needs_time = false;
  std::string node;  ///< where it failed last; empty: it did not
};

struct DraftInput {
  const PipelineRun& run;
  const StagePlan& plan;
  const StepPlan& step;
  const SlurmProfile& profile;
  SlurmLimits limits;
  std::vector<std::int64_t> pending;
  std::vector<PendingCause> causes;  ///< of the last round; empty in a first one
  bool one_job_a_task = false;
  std::int64_t task_cap = 0;  ///< 0: by the limits
};

/// Expected seconds of one job: of the markers there are, else of the step's stated speed, else the profile's guess.
double expected_job_s(const PipelineRun& run, const StagePlan& plan, const StepPlan& step, const SlurmProfile& profile);
RoundDraft draft_round(const DraftInput& input);

/// Work a task is given, seconds.
double task_target_s(const SlurmClass& site);
/// Time limit of a task that is expected to take `task_s`.
std::int64_t time_limit_min(const SlurmProfile& profile, const SlurmClass& site, double task_s, std::int64_t factor);

/// Causes of `pending` after `round`, and the nodes to leave out: those that lost tasks without a word, lack their
/// device, or failed whatever they began, while others did jobs.
std::vector<PendingCause> causes_of(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                                    const Round& round, const std::vector<std::int64_t>& pending,
                                    std::vector<std::string>& bad_nodes);
/// A line a cause, the first twenty.
std::string causes_text(const std::vector<PendingCause>& causes);
/// The cause that more than half of the round's jobs share, if at least three do; empty: none. What happened on
/// `bad_nodes` does not count.
std::string shared_cause(const Round& round, const std::vector<PendingCause>& causes,
                         const std::vector<std::string>& bad_nodes);

}  // namespace syconn
