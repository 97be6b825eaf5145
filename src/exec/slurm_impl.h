// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "slurm_chain.h"
#include "slurm_script.h"
#include "slurm_submit.h"
#include "syconn/core/json.h"
#include "syconn/exec/quarantine.h"
#include "syconn/exec/slurm.h"

namespace syconn {

inline constexpr double kLockPatience_s = 120;
inline constexpr int kRelists = 10;  ///< a shared file system may show a marker late

inline std::string step_name(const StagePlan& plan, const StepPlan& step) {
  return plan.stage->name + "/" + step.step->name;
}

/// The executor at work; what it knows of the queue and of the submitters before it.
struct SlurmExecutor::Impl {
  const PipelineRun& run;
  SlurmProfile profile;
  SlurmCaller caller;
  SlurmCalls calls;
  fs::path folder;
  SlurmRunState state = {};
  std::vector<QueuedJob> queue = {};

  Impl(const PipelineRun& r, SlurmProfile p, SlurmCaller c)
      : run(r),
        profile(std::move(p)),
        caller(std::move(c)),
        calls(caller.environment, profile.call_timeout_s, slurm_folder(r.folder()) / "calls.log"),
        folder(slurm_folder(r.folder())) {}

  std::string complete_text() const {
    return "complete: all stages are done. Results: " + run.folder().string() + "\n" +
           quarantine_text(read_quarantine(run.folder()).jobs);
  }
  fs::path blocked_file() const { return folder / "BLOCKED"; }
  fs::path complete_file() const { return folder / "COMPLETE"; }
  fs::path cancelled_file() const { return folder / "CANCELLED"; }

  SlurmLimits limits() const {
    const fs::path path = folder / "limits.json";
    if (fs::exists(path)) {
      const Json json = parse_json(read_file(path), path.string());
      return {json.at("max_array").get<std::int64_t>(), json.at("max_jobs").get<std::int64_t>()};
    }
    const SlurmLimits found = calls.limits();
    write_file_atomically(path, Json({{"max_array", found.max_array}, {"max_jobs", found.max_jobs}}).dump() + "\n");
    return found;
  }

  void write_run() {
    run.write();
    make_folder(folder);
    write_file_atomically(folder / "profile.yml", slurm_profile_yaml(profile));
    for (const StagePlan& plan : run.stages())
      for (const StepPlan& step : plan.steps)
        if (step.jobs > 0)
          write_script(StepRounds(run, plan, step).folder() / "step.sbatch",
                       step_script(run, plan, step, profile, caller));
    write_script(folder / "gate.sbatch", gate_script(run, profile, caller));
  }

  std::vector<std::int64_t> pending(const StagePlan& plan, const StepPlan& step, const Round* last) const {
    auto open = run.pending(plan, step, CheckLevel::sizes);
    for (int i = 0; i < kRelists && !open.empty() && last != nullptr && says_done(plan, step, *last, open); ++i) {
      std::this_thread::sleep_for(std::chrono::seconds(2));
      open = run.pending(plan, step, CheckLevel::sizes);
    }
    return open;
  }
  /// Whether a task of the round reports one of these jobs as done: then its marker is on its way.
  bool says_done(const StagePlan& plan, const StepPlan& step, const Round& round,
                 const std::vector<std::int64_t>& open) const {
    const StepRounds rounds(run, plan, step);
    const std::set<std::int64_t> wanted(open.begin(), open.end());
    const auto tasks = rounds.tasks(round.number);
    for (std::size_t i = 0; i < tasks.size(); ++i)
      for (const std::int64_t job : rounds.evidence(round.number, static_cast<std::int64_t>(i)).done)
        if (wanted.contains(job)) return true;
    return false;
  }

  /// Whether a task's jobs are this step's, in a round of its own or behind another step's.
  bool does(const QueuedJob& job, const StagePlan& plan, const StepPlan& step) const {
    if (job.stage == plan.stage->name && job.step == step.step->name) return true;
    const auto rounds = rounds_now(plan, step);
    return std::any_of(rounds.begin(), rounds.end(), [&](const Round& r) {
      return r.leader.is_set() && r.leader.stage == job.stage && r.leader.step == job.step &&
             r.leader.round == job.round;
    });
  }
  /// Rounds of the step that were given to SLURM and began.
  static std::int64_t spent(const StepRounds& files, const std::vector<Round>& rounds) {
    return std::count_if(rounds.begin(), rounds.end(), [&](const Round& r) {
      return r.is_submitted() && (!r.leader.is_set() || files.evidence(r.number, 0).started);
    });
  }

  /// Active tasks of one step, and whether a gate other than the caller waits or works.
  std::vector<std::string> active_tasks(const StagePlan& plan, const StepPlan& step) const {
    std::set<std::string> ids;
    for (const QueuedJob& job : queue)
      if (job.kind == "task" && job.is_active() && does(job, plan, step)) ids.insert(job.array_id());
    return {ids.begin(), ids.end()};
  }
  bool has_other_gate() const {
    return std::any_of(queue.begin(), queue.end(), [&](const QueuedJob& job) {
      return job.kind == "gate" && job.id != caller.own_job && job.is_active() && job.hopeless().empty();
    });
  }

  std::vector<Round> rounds_now(const StagePlan& plan, const StepPlan& step) const {
    auto rounds = StepRounds(run, plan, step).all();
    std::erase_if(rounds, [&](const Round& r) { return r.campaign != state.campaign || r.hash != step.hash; });
    return rounds;
  }

  void cancel(const std::vector<QueuedJob>& jobs, const std::function<bool(const QueuedJob&)>& which) const {
    std::vector<std::string> command{"scancel"};
    for (const QueuedJob& job : jobs)
      if (which(job)) command.push_back(job.id);
    if (command.size() > 1) calls.call(std::move(command));
  }

  SlurmOutcome go_on(bool by_person);
  bool advance_stage(const StagePlan& plan, SlurmOutcome& outcome);
  bool advance_step(const StagePlan& plan, const StepPlan& step, SlurmOutcome& outcome);
  void submit(const StagePlan& plan, const StepPlan& step, std::vector<std::int64_t> open,
              std::vector<PendingCause> causes, std::vector<std::string> lost, std::int64_t done_rounds,
              SlurmOutcome& outcome);
  /// Goes on without the jobs that are left, if that was asked for.
  bool leave_out(const StagePlan& plan, const StepPlan& step, const std::vector<PendingCause>& causes);
  std::string needed_but_stuck(const StagePlan& plan) const;
  void record(const StagePlan& plan);
  SlurmOutcome finish();
};

}  // namespace syconn
