// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "run_records.h"
#include "slurm_rounds.h"
#include "syconn/core/json.h"
#include "syconn/core/run_stats.h"
#include "syconn/exec/runner.h"
#include "syconn/exec/slurm.h"

namespace syconn {
namespace {

const StepPlan& step_of(const StagePlan& plan, const std::string& name) {
  for (const StepPlan& step : plan.steps)
    if (step.step->name == name) return step;
  throw Error(Category::usage, "stage '" + plan.stage->name + "' has no step '" + name + "'");
}

bool is_complete(const PipelineRun& run, const SlurmTask& task) {
  const StagePlan& plan = run.stage(task.stage);
  return run.pending(plan, step_of(plan, task.step), CheckLevel::sizes).empty();
}

/// One step of a task at work; its events go to attempts/<round>.<index>.jsonl, its words to standard output's log.
class TaskRunner {
 public:
  TaskRunner(const PipelineRun& run, const SlurmTask& task, const std::atomic<int>& stop, const TaskHooks& hooks)
      : run_(run),
        task_(task),
        plan_(run.stage(task.stage)),
        step_(step_of(plan_, task.step)),
        rounds_(run, plan_, step_),
        stop_(stop),
        hooks_(hooks) {}

  int execute() {
    const auto jobs = ordered_jobs();
    path_ = rounds_.attempts(task_.round, task_.index).string() + ".jsonl";
    make_folder(path_.parent_path());
    event({{"event", "start"},
           {"time", utc_now()},
           {"node", task_.node},
           {"slurm_job", task_.job},
           {"restart", task_.restart}});
    const Stopwatch watch;
    for (const std::int64_t job : jobs) {
      if (stop_.load() != 0) break;
      if (run_.why_pending(plan_, step_, job, CheckLevel::sizes).empty()) continue;
      one(job);
    }
    const bool stopped = stop_.load() != 0;
    const int code = failed_ ? 1 : stopped || retry_ ? static_cast<int>(Category::retry) : 0;
    event({{"event", "end"},
           {"time", utc_now()},
           {"seconds", watch.seconds()},
           {"code", code},
           {"peak_rss_bytes", peak_rss_bytes()}});
    return code;
  }

 private:
  /// A job in whose work an earlier attempt was killed comes last, so that the others are done whatever it does.
  std::vector<std::int64_t> ordered_jobs() const {
    auto jobs = rounds_.task(task_.round, task_.index);
    const TaskEvidence before = rounds_.evidence(task_.round, task_.index);
    std::stable_partition(jobs.begin(), jobs.end(), [&](std::int64_t job) { return !before.open.contains(job); });
    return jobs;
  }

  void event(const Json& json) const { append_line(path_, json.dump()); }

  void one(std::int64_t index) {
    const Stopwatch watch;
    event({{"event", "begin"}, {"job", index}, {"time", utc_now()}});
    try {
      if (hooks_.before_job && !run_.is_left_out(plan_, step_, index)) hooks_.before_job(task_, index);
      const std::string place = job_place(plan_, step_, run_.job(plan_, step_, index));
      for (const std::string& note : run_job(run_, plan_, step_, index, step_.step->resources.cpus))
        hooks_.say(place + ": " + note);
      hooks_.say(place + ": " + duration_text(watch.seconds()));
      event({{"event", "done"}, {"job", index}, {"seconds", watch.seconds()}});
    } catch (const Error& error) {
      const Error located = error.with_context(job_place(plan_, step_, run_.job(plan_, step_, index)));
      hooks_.say(std::string("error: ") + located.what());
      (error.category() == Category::retry ? retry_ : failed_) = true;
      keep_failure(run_.step_folder(plan_, step_), index, located);
      event({{"event", "failed"}, {"job", index}, {"error", located.what()}, {"exit_code", error.exit_code()}});
    }
  }

  const PipelineRun& run_;
  const SlurmTask& task_;
  const StagePlan& plan_;
  const StepPlan& step_;
  StepRounds rounds_;
  const std::atomic<int>& stop_;
  const TaskHooks& hooks_;
  fs::path path_;
  bool failed_ = false, retry_ = false;
};

}  // namespace

int run_slurm_task(const PipelineRun& run, const SlurmTask& task, const std::atomic<int>& stop,
                   const TaskHooks& hooks) {
  run.require_needs(run.stage(task.stage));
  int code = TaskRunner(run, task, stop, hooks).execute();
  const StepRounds rounds(run, run.stage(task.stage), step_of(run.stage(task.stage), task.step));
  const std::vector<RoundRef> then =
      fs::exists(rounds.record(task.round)) ? rounds.one(task.round).then : std::vector<RoundRef>();
  SlurmTask link = task;
  for (const RoundRef& next : then) {
    if (code != 0 || !is_complete(run, link)) break;
    if (stop.load() != 0) return static_cast<int>(Category::retry);
    link.stage = next.stage, link.step = next.step, link.round = next.round, link.index = 0;
    run.require_needs(run.stage(link.stage));
    code = TaskRunner(run, link, stop, hooks).execute();
  }
  return code;
}

}  // namespace syconn
