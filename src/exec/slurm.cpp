// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/slurm.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "run_records.h"
#include "slurm_script.h"
#include "slurm_submit.h"
#include "syconn/core/json.h"
#include "syconn/core/run_stats.h"
#include "syconn/core/sha256.h"
#include "syconn/exec/run_report.h"

namespace syconn {
namespace {

constexpr double kLockPatience_s = 120;
constexpr int kRelists = 10;  ///< a shared file system may show a marker late

std::string step_name(const StagePlan& plan, const StepPlan& step) { return plan.stage->name + "/" + step.step->name; }

}  // namespace

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
    return "complete: all stages are done. Results: " + run.folder().string() + "\n";
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

  /// Active tasks of one step, and whether a gate other than the caller waits or works.
  std::vector<std::string> active_tasks(const StagePlan& plan, const StepPlan& step) const {
    std::set<std::string> ids;
    for (const QueuedJob& job : queue)
      if (job.kind == "task" && job.stage == plan.stage->name && job.step == step.step->name && job.is_active())
        ids.insert(job.array_id());
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
  std::string needed_but_stuck(const StagePlan& plan) const;
  void record(const StagePlan& plan);
  SlurmOutcome finish();
};

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
  if (state.recorded[plan.stage->name] == plan.hash) return;
  StageRecord r;
  Json jobs = Json::array();
  for (const StepPlan& step : plan.steps) {
    const auto rounds = rounds_now(plan, step);
    for (const Round& round : rounds) {
      if (r.started.empty() || round.time < r.started) r.started = round.time;
      for (const RoundArray& array : round.arrays) jobs.push_back(array.job_id);
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
  if (r.jobs_run == 0) return;
  r.command_line = caller.command_line;
  r.slurm = {{"jobs", jobs}, {"partition", profile.cpu.partition}};
  append_stage_record(run, plan, r);
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
  const Submitter submitter(run, profile, caller, calls, state.id);
  round = submitter.submit_round(std::move(input), std::move(round));
  std::int64_t tasks = 0;
  for (const RoundArray& array : round.arrays) tasks += array.count;
  outcome.state = SlurmState::running;
  outcome.text += step_name(plan, step) + ": submitted " + std::to_string(round.jobs) + " jobs in " +
                  std::to_string(tasks) + " tasks, array " + round.arrays.front().job_id + ", gate " + round.gate_id +
                  " (round " + std::to_string(done_rounds + 1) + " of " + std::to_string(profile.rounds) + ")\n";
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
  if (last != nullptr) causes = causes_of(run, plan, step, *last, open, lost);
  const auto done_rounds = std::count_if(rounds.begin(), rounds.end(), [](const Round& r) { return r.is_submitted(); });
  std::string why = last != nullptr && last->is_submitted() ? shared_cause(*last, causes) : std::string();
  if (why.empty() && done_rounds >= profile.rounds)
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
  for (const StagePlan& plan : run.stages())
    if (advance_stage(plan, outcome)) return outcome;
  return finish();
}

SlurmExecutor::SlurmExecutor(const PipelineRun& run, SlurmProfile profile, SlurmCaller caller)
    : impl_(std::make_unique<Impl>(run, std::move(profile), std::move(caller))) {}
SlurmExecutor::~SlurmExecutor() = default;

SlurmOutcome SlurmExecutor::resume() {
  impl_->write_run();
  return impl_->go_on(true);
}

SlurmOutcome SlurmExecutor::advance() { return impl_->go_on(false); }

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
