// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

#include "syconn/exec/run_plan.h"

/// What executors write beside results: times, hosts, failures, the run's record.
namespace syconn {

/// "2026-01-31T12:00:00Z".
std::string utc_now();
std::string host_name();
/// "contacts/extract job 3 chunk (1,1,0) [..)".
std::string job_place(const StagePlan& plan, const StepPlan& step, const Job& job);

/// failed/<index>.json of a step.
void keep_failure(const fs::path& step_folder, std::int64_t index, const Error& error);

/// One line at the end of `path`: one write with O_APPEND, so that lines of two processes do not mix.
void append_line(const fs::path& path, const std::string& line);

struct StageRecord {
  std::string started, command_line;
  std::int64_t jobs_run = 0, jobs_skipped = 0;
  double wall_s = 0;
  std::uint64_t peak_rss_bytes = 0;
  Json slurm;  ///< of the SLURM executor; else null and left out
};
/// Whether runs.jsonl tells of these results; a process killed after the last job of a stage leaves it without.
bool has_stage_record(const PipelineRun& run, const StagePlan& plan);
/// One line in runs.jsonl a finished stage.
void append_stage_record(const PipelineRun& run, const StagePlan& plan, const StageRecord& record);

/// Removes what dead processes of this host left unfinished in the run folder.
void sweep_run(const fs::path& folder);

}  // namespace syconn
