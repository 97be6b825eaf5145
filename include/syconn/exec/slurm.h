// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "syconn/exec/run_plan.h"
#include "syconn/exec/slurm_profile.h"

/// The SLURM executor. Truth is the run folder: markers say what is done, SLURM only runs tasks, job ids are hints. No
/// process of ours stays alive: a gate behind each step submits what comes next. See docs/slurm.md.
namespace syconn {

/// What the executor may know of the process that calls it.
struct SlurmCaller {
  std::vector<std::string> environment;  ///< NAME=value, for SLURM's commands
  std::string executable;                ///< absolute path of this program
  std::string own_job;                   ///< of the gate that calls; empty in a login shell
  std::string command_line;
};

enum class SlurmState { complete, running, blocked, cancelled };
struct SlurmOutcome {
  SlurmState state = SlurmState::running;
  std::string text;  ///< lines for people: what was submitted, what is missing and what to type
};

struct SlurmTask {
  std::string stage, step;
  std::int64_t round = 1, index = 0;
  std::string job, node;  ///< SLURM's names, for the record
  int restart = 0;
};

class SlurmExecutor {
 public:
  /// `run`: absolute folder. Reads nothing yet.
  SlurmExecutor(const PipelineRun& run, SlurmProfile profile, SlurmCaller caller);
  ~SlurmExecutor();

  /// Writes the run, profile, scripts and the manifests of a first round, submits nothing. The table that --dry-run
  /// prints; `test_only`: with sbatch's opinion of every script.
  Json plan(CheckLevel level, bool test_only) const;

  /// Starts a run, or goes on after anything: recounts, then submits what is missing unless it is queued. Idempotent;
  /// two at once submit once. Clears BLOCKED and gives each step its full number of rounds again.
  SlurmOutcome resume();
  /// What a gate does: the same with the rounds that are left.
  SlurmOutcome advance();
  /// Cancels all jobs of the run; gates submit nothing until `resume`.
  std::string cancel();
  /// Polls with one squeue at a time until the run is complete or blocked; goes on where a gate was lost.
  SlurmOutcome wait(const std::atomic<int>& stop, const std::function<void(const std::string&)>& say);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The profile of a run folder: RUN/slurm/profile.yml; the defaults where there is none.
SlurmProfile slurm_profile_of(const fs::path& run);

/// Lines for the task's log; `before_job` is for trials, may be empty.
struct TaskHooks {
  std::function<void(const std::string&)> say;
  std::function<void(const SlurmTask&, std::int64_t job)> before_job;
};
/// One array task: its pending jobs one after another, as the local runner does them. Exit code: 0 all done, 1 a job
/// failed (kept in failed/, the others were done), 75 told to stop or worth a retry.
int run_slurm_task(const PipelineRun& run, const SlurmTask& task, const std::atomic<int>& stop, const TaskHooks& hooks);

/// Adds what SLURM knows to status_json's result: "slurm" with queue, verdict and advice. Never throws for SLURM's
/// sake.
void add_slurm_status(const PipelineRun& run, const SlurmCaller& caller, Json& status);
std::string slurm_status_text(const Json& status);
/// All that is known of one job, "stage/step/index" or "stage/step" + index: marker, error, attempts, end of its log.
Json why_json(const PipelineRun& run, const std::string& job);
std::string why_text(const Json& why);

}  // namespace syconn
