// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "syconn/exec/progress.h"
#include "syconn/exec/run_plan.h"

namespace syconn {

struct RunnerOptions {
  CheckLevel check = CheckLevel::sizes;
  /// Set to a signal number by a handler: the jobs in work are finished and marked, no other is started.
  const std::atomic<int>* stop = nullptr;
  std::string command_line;  ///< for runs.jsonl
};

struct RunSummary {
  std::int64_t jobs_run = 0, jobs_skipped = 0;
  double wall_s = 0;
  std::uint64_t peak_rss_bytes = 0;
};

/// All pending jobs of all stages of `run` in this process: threads under execution.memory_gb, step after step. Resumes
/// what an earlier run left. The first failing job stops the step; its error is rethrown with stage, step, job and box
/// and kept in failed/<index>.json. Throws Error{retry} when told to stop, Error{config} if a job needs more memory
/// than execution.memory_gb.
RunSummary run_local(const PipelineRun& run, const RunnerOptions& options, Progress& progress);

/// One job, as an array task does it: compute, commit, marker. Returns notes. Idempotent; may run twice at once.
std::vector<std::string> run_job(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                                 std::int64_t index, int threads = 1);

}  // namespace syconn
