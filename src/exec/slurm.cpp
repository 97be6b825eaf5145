// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/slurm.h"

#include "run_records.h"
#include "slurm_impl.h"
#include "syconn/core/run_stats.h"
#include "syconn/core/sha256.h"

namespace syconn {

/// The stage that `plan` reads and that was given up, or "".
std::string SlurmExecutor::Impl::needed_but_stuck(const StagePlan& plan) const {
  const auto is_stuck = [&](const std::string& name, const auto& self) -> bool {
    for (const auto& [step, why] : state.given_up)
      if (step.starts_with(name + "/")) return true;
    const Stage& stage = run.table().at(name);
    for (const auto* list : {&stage.needs, &stage.uses})
      for (const std::string& need : *list)
        if (run.part_of_run(need) && self(need, self)) return true;
    return false;
  };
  for (const auto* list : {&plan.stage->needs, &plan.stage->uses})
    for (const std::string& need : *list)
      if (run.part_of_run(need) && is_stuck(need, is_stuck)) return need;
  return {};
}

void SlurmExecutor::Impl::record(const StagePlan& plan) {
  const bool told = has_stage_record(run, plan);  // a gate killed after its state was written may have left it without
  if (told && state.recorded[plan.stage->name] == plan.hash) return;
  StageRecord r;
  std::set<std::string> jobs;
  for (const StepPlan& step : plan.steps) {
    const auto rounds = rounds_now(plan, step);
    for (const Round& round : rounds) {
      if (r.started.empty() || round.time < r.started) r.started = round.time;
      for (const RoundArray& array : round.arrays) jobs.insert(array.job_id);
    }
    const std::int64_t ran = rounds.empty() ? 0 : rounds.front().jobs;
    r.jobs_run += ran, r.jobs_skipped += step.jobs - ran;
    for (std::int64_t i = 0; !rounds.empty() && i < step.jobs; ++i) {
      const Json marker =
          Json::parse(read_file(run.step_folder(plan, step) / "done" / (std::to_string(i) + ".json")), nullptr, false);
      if (marker.is_object())
        r.peak_rss_bytes = std::max(r.peak_rss_bytes, marker.value("peak_rss_bytes", std::uint64_t{0}));
    }
  }
  state.recorded[plan.stage->name] = plan.hash;
  write_slurm_state(run.folder(), state);
  if (r.jobs_run == 0 && told) return;
  if (r.started.empty()) r.started = utc_now();
  r.command_line = caller.command_line;
  r.slurm = {{"jobs", jobs}, {"partition", profile.cpu.partition}};
  append_stage_record(run, plan, r);
}

bool SlurmExecutor::Impl::leave_out(const StagePlan& plan, const StepPlan& step,
                                    const std::vector<PendingCause>& causes) {
  Quarantine quarantine = read_quarantine(run.folder());
  if (!step.step->can_be_left_out) return false;
  for (const PendingCause& cause : causes) {
    if (quarantine.holds(plan.stage->name, step.step->name, cause.job)) return false;  // not even empty it works
    quarantine.jobs.push_back(
        {plan.stage->name, step.step->name, cause.job, run.job(plan, step, cause.job).box, cause.text});
  }
  if (quarantine.chunks() > quarantine.most) return false;
  write_quarantine(run.folder(), quarantine);
  return true;
}

void SlurmExecutor::Impl::submit(const StagePlan& plan, const StepPlan& step, std::vector<std::int64_t> open,
                                 std::vector<PendingCause> causes, std::vector<std::string> lost,
                                 std::int64_t done_rounds, SlurmOutcome& outcome) {
  const StepRounds files(run, plan, step);
  Round round;
  round.number = static_cast<std::int64_t>(files.all().size()) + 1;
  round.campaign = state.campaign;
  round.time = utc_now();
  round.excluded_nodes = std::move(lost);
  DraftInput input{run, plan, step, profile, limits(), std::move(open), std::move(causes)};
  input.one_job_a_task = done_rounds > 0 && done_rounds + 1 >= profile.rounds;
  FindChain chain;
  if (done_rounds == 0)
    chain = [&](double used_s) {
      return chain_behind(run, plan, step, profile, used_s, [&](const StagePlan& p, const StepPlan& s) {
        return rounds_now(p, s).empty() && needed_but_stuck(p).empty() && !state.given_up.contains(step_name(p, s));
      });
    };
  const Submitter submitter(run, profile, caller, calls, state.id);
  round = submitter.submit_round(std::move(input), std::move(round), chain);
  std::int64_t tasks = 0;
  for (const RoundArray& array : round.arrays) tasks += array.count;
  outcome.state = SlurmState::running;
  outcome.text += step_name(plan, step) + ": submitted " + std::to_string(round.jobs) + " jobs in " +
                  std::to_string(tasks) + " tasks" +
                  (round.then.empty() ? "" : " and " + std::to_string(round.then.size()) + " steps behind it") +
                  ", array " + round.arrays.front().job_id + ", gate " + round.gate_id + " (round " +
                  std::to_string(done_rounds + 1) + " of " + std::to_string(profile.rounds) + ")\n";
}

/// False: the step is complete. True: something of it is queued or was submitted, or it was given up.
bool SlurmExecutor::Impl::advance_step(const StagePlan& plan, const StepPlan& step, SlurmOutcome& outcome) {
  const auto active = active_tasks(plan, step);
  const auto rounds = rounds_now(plan, step);
  const Round* last = rounds.empty() ? nullptr : &rounds.back();
  auto open = pending(plan, step, active.empty() ? last : nullptr);
  if (open.empty()) return false;
  if (!active.empty()) {
    outcome.state = SlurmState::running;
    outcome.text += step_name(plan, step) + ": " + std::to_string(open.size()) + " jobs to do, queued\n";
    if (!has_other_gate()) {
      const std::string id = Submitter(run, profile, caller, calls, state.id)
                                 .submit_gate(plan, step, last != nullptr ? last->number : 0, active);
      outcome.text += step_name(plan, step) + ": its gate was gone, submitted gate " + id + "\n";
    }
    return true;
  }
  std::vector<PendingCause> causes;
  std::vector<std::string> lost;
  if (last != nullptr) {
    causes = causes_of(run, plan, step, *last, open, lost);
    for (const std::string& node : last->excluded_nodes)
      if (std::find(lost.begin(), lost.end(), node) == lost.end()) lost.push_back(node);
    std::sort(lost.begin(), lost.end());
  }
  const std::int64_t done_rounds = spent(StepRounds(run, plan, step), rounds);
  std::string why = last != nullptr && last->is_submitted() ? shared_cause(*last, causes, lost) : std::string();
  if (why.empty() && done_rounds >= profile.rounds && leave_out(plan, step, causes)) {
    outcome.text += step_name(plan, step) + ": goes on without " + std::to_string(open.size()) + " jobs, see " +
                    quarantine_file(run.folder()).string() + "\n";
  } else if (why.empty() && done_rounds >= profile.rounds)
    why = std::to_string(open.size()) + " of " + std::to_string(step.jobs) + " jobs are not done after " +
          std::to_string(done_rounds) + " rounds:" + causes_text(causes);
  if (!why.empty()) {
    state.given_up[step_name(plan, step)] = why;
    write_slurm_state(run.folder(), state);
    return true;
  }
  submit(plan, step, std::move(open), std::move(causes), std::move(lost), done_rounds, outcome);
  return true;
}

/// True: jobs of the stage are queued.
bool SlurmExecutor::Impl::advance_stage(const StagePlan& plan, SlurmOutcome& outcome) {
  if (!needed_but_stuck(plan).empty()) return false;
  run.require_needs(plan);
  for (const StepPlan& step : plan.steps) {
    if (state.given_up.contains(step_name(plan, step))) return false;
    if (step.jobs == 0 || !advance_step(plan, step, outcome)) continue;
    return !state.given_up.contains(step_name(plan, step));
  }
  record(plan);
  return false;
}

SlurmOutcome SlurmExecutor::Impl::finish() {
  SlurmOutcome outcome;
  if (state.given_up.empty()) {
    fs::remove(blocked_file());
    // Tasks that SLURM put back after a crash although their jobs are done.
    cancel(queue, [](const QueuedJob& job) { return job.kind == "task"; });
    sweep_run(run.folder());
    write_file_atomically(complete_file(), utc_now() + "\n");
    outcome.state = SlurmState::complete;
    outcome.text = complete_text();
    return outcome;
  }
  std::string text = "This run cannot go on by itself (" + utc_now() + ").\n";
  for (const auto& [step, why] : state.given_up) text += step + ": " + why + "\n";
  std::string left;
  for (const StagePlan& plan : run.stages())
    if (const std::string need = needed_but_stuck(plan); !need.empty())
      left += "  " + plan.stage->name + " (reads " + need + ")\n";
  if (!left.empty()) text += "Not started for that reason:\n" + left;
  text += "Logs: " + run.folder().string() + "/work/STAGE/STEP/logs; one job: syconn status " + run.folder().string() +
          " --why STAGE/STEP/JOB\nWhen the cause is gone: syconn slurm resume " + run.folder().string() + "\n";
  write_file_atomically(blocked_file(), text);
  outcome.state = SlurmState::blocked;
  outcome.text = text;
  return outcome;
}

SlurmOutcome SlurmExecutor::Impl::go_on(bool by_person) {
  const SubmitLock lock(run.folder(), kLockPatience_s);
  state = read_slurm_state(run.folder());
  if (state.id.empty()) state.id = sha256_hex(run.folder().string() + utc_now() + host_name()).substr(0, 8);
  if (!by_person && fs::exists(cancelled_file()))
    return {SlurmState::cancelled, "cancelled; syconn slurm resume " + run.folder().string() + " goes on\n"};
  queue = calls.queue(state.id);
  cancel(queue, [](const QueuedJob& job) { return job.is_failed_launch(); });  // their gate comes then
  const bool tasks =
      std::any_of(queue.begin(), queue.end(), [](const QueuedJob& j) { return j.kind == "task" && j.is_active(); });
  if (by_person) {
    // A gate that can never start is in the way of a new one.
    cancel(queue, [](const QueuedJob& job) { return job.kind == "gate" && !job.hopeless().empty(); });
    if (!tasks && has_other_gate())
      return {SlurmState::running, "a gate of this run is at work or queued; nothing to do\n"};
    for (const fs::path& file : {blocked_file(), cancelled_file(), complete_file()}) fs::remove(file);
    if (!tasks) ++state.campaign, state.started = utc_now(), state.recorded.clear();
    state.given_up.clear();
    write_slurm_state(run.folder(), state);
  }
  SlurmOutcome outcome;
  try {
    for (const StagePlan& plan : run.stages())
      if (advance_stage(plan, outcome)) return outcome;
  } catch (const Error& error) {
    if (error.category() == Category::config)  // SLURM refused: a gate's log alone would not be read
      write_file_atomically(blocked_file(), utc_now() + ": " + error.what() +
                                                "\nWhen that is corrected: syconn slurm resume " +
                                                run.folder().string() + "\n");
    throw;
  }
  return finish();
}

SlurmExecutor::SlurmExecutor(const PipelineRun& run, SlurmProfile profile, SlurmCaller caller)
    : impl_(std::make_unique<Impl>(run, std::move(profile), std::move(caller))) {}
SlurmExecutor::~SlurmExecutor() = default;

SlurmOutcome SlurmExecutor::resume() {
  impl_->write_run();
  return impl_->go_on(true);
}

SlurmOutcome SlurmExecutor::advance() {
  if (!impl_->run.quarantine().jobs.empty()) impl_->run.write();  // stages behind what was left out have other hashes
  return impl_->go_on(false);
}

}  // namespace syconn
