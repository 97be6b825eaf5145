// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_submit.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "run_records.h"
#include "slurm_script.h"
#include "syconn/core/run_stats.h"

namespace syconn {
namespace {

constexpr double kFirstPause_s = 2, kLongestPause_s = 60;

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

}  // namespace

std::string Submitter::tag(const char* kind, const StagePlan& plan, const StepPlan& step, std::int64_t round,
                           std::int64_t part) const {
  return "syconn:" + run_id_ + ":" + kind + ":" + plan.stage->name + ":" + step.step->name + ":" +
         std::to_string(round) + ":" + std::to_string(part);
}

std::vector<std::string> Submitter::array_command(const StagePlan& plan, const StepPlan& step, const Round& round,
                                                  std::size_t part) const {
  const StepRounds rounds(run_, plan, step);
  const RoundArray& array = round.arrays[part];
  const std::int64_t throttle = class_of(profile_, step).throttle;
  std::vector<std::string> command{
      "sbatch",
      "--parsable",
      "--array=0-" + std::to_string(array.count - 1) + (throttle > 0 ? "%" + std::to_string(throttle) : ""),
      "--mem=" + std::to_string(array.memory_mb) + "M",
      "--time=" + slurm_time(array.time_min),
      "--comment=" + tag("task", plan, step, round.number, static_cast<std::int64_t>(part)),
      "--output=" + (rounds.logs(round.number) / "%A_%a.log").string()};
  int cpus = step.step->resources.cpus;
  for (const RoundRef& ref : round.then)
    for (const StepPlan& s : run_.stage(ref.stage).steps)
      if (s.step->name == ref.step) cpus = std::max(cpus, s.step->resources.cpus);
  if (cpus > step.step->resources.cpus) command.push_back("--cpus-per-task=" + std::to_string(cpus));
  if (!round.excluded_nodes.empty()) command.push_back("--exclude=" + joined(round.excluded_nodes, ","));
  command.insert(command.end(), {(rounds.folder() / "step.sbatch").string(), std::to_string(round.number),
                                 std::to_string(array.first)});
  return command;
}

/// A submit whose answer was lost may have been accepted all the same.
std::string Submitter::find(const std::string& wanted) const {
  const CallResult result = calls_.call({"squeue", "-h", "-u", std::to_string(::getuid()), "-o", "%F|%k"});
  for (const std::string& line : split_text(result.out, '\n'))
    if (const auto fields = split_text(line, '|'); fields.size() == 2 && fields[1] == wanted) return fields[0];
  return {};
}

std::string Submitter::sbatch(const std::vector<std::string>& command, const std::string& wanted,
                              bool may_shrink) const {
  const Stopwatch watch;
  for (double pause = kFirstPause_s;; pause = std::min(kLongestPause_s, pause * 2)) {
    const CallResult result = calls_.call(command);
    if (result.code == 0) return result.out.substr(0, result.out.find_first_of(";\n"));
    if (may_shrink && is_submit_limit(result)) return {};
    if (!is_passing_trouble(result))
      throw Error(Category::config, "SLURM refused: " + joined(command, " ") + "\n" + result.err + result.out +
                                        "The site profile is " +
                                        (slurm_folder(run_.folder()) / "profile.yml").string());
    if (result.code == 124)
      if (const std::string id = find(wanted); !id.empty()) return id;
    if (watch.seconds() + pause > profile_.patience_minutes * 60)
      throw Error(Category::retry, "SLURM takes no jobs now (" + result.err + "); syconn slurm resume goes on later");
    std::this_thread::sleep_for(std::chrono::duration<double>(pause));
  }
}

std::string Submitter::submit_gate(const StagePlan& plan, const StepPlan& step, std::int64_t round,
                                   const std::vector<std::string>& behind) const {
  const fs::path folder = slurm_folder(run_.folder());
  make_folder(folder / "logs");
  const std::string name = tag("gate", plan, step, round, 0);
  return sbatch({"sbatch", "--parsable", "--dependency=afterany:" + joined(behind, ":"), "--comment=" + name,
                 "--output=" + (folder / "logs" / "gate_%j.log").string(), (folder / "gate.sbatch").string()},
                name, false);
}

std::vector<Round> Submitter::chain_rounds(const DraftInput& input, const std::vector<ChainLink>& links,
                                           Round& round) const {
  RoundArray& task = round.arrays.front();
  for (const ChainLink& link : links)
    task.memory_mb = std::max(task.memory_mb, requested_memory_mb(profile_, *link.plan, *link.step));
  const double task_s =
      static_cast<double>(input.pending.size()) * expected_job_s(run_, input.plan, input.step, profile_) +
      chain_seconds(run_, links, profile_);
  task.time_min = time_limit_min(profile_, class_of(profile_, input.step), task_s, 1);
  std::vector<Round> led;
  for (const ChainLink& link : links) {
    const StepRounds files(run_, *link.plan, *link.step);
    Round next;
    next.number = static_cast<std::int64_t>(files.all().size()) + 1;
    next.campaign = round.campaign, next.time = round.time, next.hash = link.step->hash;
    next.jobs = static_cast<std::int64_t>(link.pending.size());
    next.leader = {input.plan.stage->name, input.step.step->name, round.number};
    next.arrays = {{0, 1, task.memory_mb, task.time_min, ""}};
    files.create(next, {link.pending});
    round.then.push_back({link.plan->stage->name, link.step->step->name, next.number});
    led.push_back(std::move(next));
  }
  return led;
}

Round Submitter::submit_round(DraftInput input, Round round, const FindChain& chain) const {
  const StepRounds rounds(run_, input.plan, input.step);
  write_script(rounds.folder() / "step.sbatch", step_script(run_, input.plan, input.step, profile_, caller_));
  write_script(slurm_folder(run_.folder()) / "gate.sbatch", gate_script(run_, profile_, caller_));
  while (true) {
    RoundDraft draft = draft_round(input);
    round.hash = draft.round.hash, round.jobs = draft.round.jobs, round.arrays = draft.round.arrays;
    std::vector<ChainLink> links;
    if (chain && draft.tasks.size() == 1)
      links = chain(static_cast<double>(input.pending.size()) * expected_job_s(run_, input.plan, input.step, profile_));
    std::vector<Round> led = chain_rounds(input, links, round);
    rounds.create(round, draft.tasks);
    std::vector<std::string> ids;
    for (std::size_t part = 0; part < round.arrays.size(); ++part) {
      const auto command = array_command(input.plan, input.step, round, part);
      const bool may_shrink = part == 0 && draft.tasks.size() > 1;
      round.arrays[part].job_id = sbatch(
          command, tag("task", input.plan, input.step, round.number, static_cast<std::int64_t>(part)), may_shrink);
      if (round.arrays[part].job_id.empty()) break;
      ids.push_back(round.arrays[part].job_id);
      rounds.update(round);
    }
    if (ids.empty()) {  // refused for their number: nothing is queued yet, so fewer and longer tasks
      input.task_cap = static_cast<std::int64_t>(draft.tasks.size()) / 2;
      continue;
    }
    round.gate_id = submit_gate(input.plan, input.step, round.number, ids);
    rounds.update(round);
    for (std::size_t i = 0; i < led.size(); ++i) {
      led[i].arrays[0].job_id = ids[0], led[i].gate_id = round.gate_id;
      StepRounds(run_, *links[i].plan, *links[i].step).update(led[i]);
    }
    return round;
  }
}

}  // namespace syconn
