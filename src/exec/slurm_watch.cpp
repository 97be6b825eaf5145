// SPDX-License-Identifier: GPL-3.0-or-later
// What people ask of the executor beside going on: plan, wait, cancel.
#include "run_records.h"
#include "slurm_impl.h"
#include "syconn/exec/run_report.h"

namespace syconn {

std::string SlurmExecutor::cancel() {
  make_folder(impl_->folder);
  write_file_atomically(impl_->cancelled_file(), utc_now() + " on " + host_name() + "\n");
  const SubmitLock lock(impl_->run.folder(), kLockPatience_s);
  const SlurmRunState state = read_slurm_state(impl_->run.folder());
  std::set<std::string> ids;
  if (!state.id.empty())
    for (const QueuedJob& job : impl_->calls.queue(state.id))
      if (job.id != impl_->caller.own_job) ids.insert(job.array_id());
  if (ids.empty()) return "nothing was queued\n";
  std::vector<std::string> command{"scancel"};
  command.insert(command.end(), ids.begin(), ids.end());
  const CallResult result = impl_->calls.call(command);
  if (result.code != 0) throw Error(Category::retry, "scancel failed: " + result.err);
  return "cancelled " + std::to_string(ids.size()) + " jobs and arrays; what is done is kept, syconn slurm resume " +
         impl_->run.folder().string() + " goes on\n";
}

SlurmOutcome SlurmExecutor::wait(const std::atomic<int>& stop, const std::function<void(const std::string&)>& say) {
  double pause_s = 1;
  std::string last;
  for (int empty = 0; stop.load() == 0;) {
    for (double slept = 0; slept < pause_s && stop.load() == 0; slept += 0.2)
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    pause_s = std::min(10.0, pause_s * 1.2);
    if (fs::exists(impl_->complete_file())) return {SlurmState::complete, impl_->complete_text()};
    if (fs::exists(impl_->blocked_file())) return {SlurmState::blocked, read_file(impl_->blocked_file())};
    if (fs::exists(impl_->cancelled_file())) return {SlurmState::cancelled, "cancelled\n"};
    std::vector<QueuedJob> queue;
    try {
      queue = impl_->calls.queue(read_slurm_state(impl_->run.folder()).id);
    } catch (const Error& error) {
      say(error.what());  // SLURM is away; the run folder is not
      continue;
    }
    impl_->cancel(queue, [](const QueuedJob& job) { return job.is_failed_launch(); });
    std::map<std::string, std::pair<int, int>> counts;
    for (const QueuedJob& job : queue)
      if (job.kind == "task")
        ++(job.state == "PENDING" ? counts[job.stage + "/" + job.step].second
                                  : counts[job.stage + "/" + job.step].first);
    std::string now;
    for (const auto& [step, n] : counts)
      now += step + ": " + std::to_string(n.first) + " tasks run, " + std::to_string(n.second) + " wait";
    if (!now.empty() && now != last) say(last = now);
    if (!queue.empty()) {
      empty = 0;
      continue;
    }
    if (++empty < 2) continue;  // between an array and its gate nothing may show for a moment
    const SlurmOutcome outcome = impl_->go_on(false);
    if (outcome.state != SlurmState::running) return outcome;
    say("nothing was queued; " + outcome.text);
    empty = 0;
  }
  throw Error(Category::retry, "stopped waiting; the run goes on without this program. syconn status " +
                                   impl_->run.folder().string() + " tells how");
}

Json SlurmExecutor::plan(CheckLevel level, bool test_only) const {
  impl_->write_run();
  Json plan = dry_run_json(impl_->run, level);
  const SlurmLimits limits = test_only ? impl_->limits() : SlurmLimits{};
  std::int64_t sum = 0;
  for (std::size_t s = 0; s < impl_->run.stages().size(); ++s)
    for (Json& row : plan["stages"][s]["steps"]) {
      const StagePlan& stage = impl_->run.stages()[s];
      for (const StepPlan& step : stage.steps) {
        if (step.step->name != row.at("name") || step.jobs == 0) continue;
        DraftInput input{impl_->run, stage, step, impl_->profile, limits, impl_->run.pending(stage, step, level), {}};
        if (input.pending.empty()) continue;
        const RoundDraft draft = draft_round(input);
        const StepRounds files(impl_->run, stage, step);
        write_file_atomically(files.folder() / "planned.tsv", manifest_text(draft.tasks));
        row["tasks"] = draft.tasks.size();
        row["request_mb"] = draft.round.arrays.front().memory_mb;
        row["time_limit"] = slurm_time(draft.round.arrays.front().time_min);
        row["gpu"] = step.gpu;
        row["partition"] = class_of(impl_->profile, step).partition;
        row["script"] = (files.folder() / "step.sbatch").string();
        sum += static_cast<std::int64_t>(draft.tasks.size());
        if (!test_only) continue;
        const CallResult opinion = impl_->calls.call(
            {"sbatch", "--test-only", "--array=0-0", (files.folder() / "step.sbatch").string(), "1", "0"});
        row["sbatch"] = opinion.code == 0 ? "accepted" : opinion.err;
      }
    }
  plan["tasks"] = sum;
  return plan;
}

}  // namespace syconn
