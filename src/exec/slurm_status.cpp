// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "slurm_calls.h"
#include "slurm_rounds.h"
#include "slurm_state.h"
#include "syconn/core/json.h"
#include "syconn/exec/slurm.h"

namespace syconn {
namespace {

constexpr std::size_t kLogTail = 2000;

std::string file_tail(const fs::path& path) {
  const std::string text = read_file(path);
  return text.size() > kLogTail ? "..." + text.substr(text.size() - kLogTail) : text;
}

std::string verdict_of(const fs::path& folder, const std::string& state, bool asked, const Json& queue, bool stuck) {
  if (state == "complete") return "complete";
  if (fs::exists(folder / "BLOCKED")) return "blocked";
  if (fs::exists(folder / "CANCELLED")) return "cancelled";
  if (!asked) return "unknown, SLURM does not answer";
  if (queue.empty()) return "stopped";
  return stuck ? "stuck" : "running";
}

std::string advice_for(const std::string& verdict, const fs::path& run) {
  const std::string resume = "syconn slurm resume " + run.string();
  if (verdict == "blocked") return "read RUN/slurm/BLOCKED, remove the cause, then: " + resume;
  if (verdict == "cancelled" || verdict == "stopped") return "nothing is queued; to go on: " + resume;
  if (verdict == "stuck") return "see the jobs that can never start; then: " + resume;
  return {};
}

void add_task(const StepRounds& files, const Round& round, std::int64_t index, Json& why) {
  const TaskEvidence e = files.evidence(round.number, index);
  Json attempt = {{"round", round.number},
                  {"task", index},
                  {"started", e.started},
                  {"attempts", e.attempts},
                  {"requeues", e.requeues},
                  {"killed", e.killed},
                  {"near_time_limit", e.near_time_limit},
                  {"told_to_stop", e.told}};
  const RoundRef& leader = round.leader;
  const fs::path logs = leader.is_set() ? files.of(leader).logs(leader.round) : files.logs(round.number);
  for (const RoundArray& array : round.arrays)
    if (index >= array.first && index < array.first + array.count) {
      const fs::path log = logs / (array.job_id + "_" + std::to_string(index - array.first) + ".log");
      attempt["slurm_job"] = array.job_id + "_" + std::to_string(index - array.first);
      attempt["memory_mb"] = std::max(array.memory_mb, e.memory_mb);
      attempt["log"] = log.string();
      if (fs::exists(log)) attempt["log_end"] = file_tail(log);
    }
  why["attempts"].push_back(attempt);
}

}  // namespace

SlurmProfile slurm_profile_of(const fs::path& run) {
  const fs::path path = slurm_folder(run) / "profile.yml";
  return load_slurm_profile(fs::exists(path) ? path : fs::path());
}

void add_slurm_status(const PipelineRun& run, const SlurmCaller& caller, Json& status) {
  const fs::path folder = slurm_folder(run.folder());
  if (!fs::exists(folder / "state.json")) return;
  const SlurmRunState state = read_slurm_state(run.folder());
  Json jobs = Json::array(), hopeless = Json::array();
  std::map<std::string, std::int64_t> counts;
  bool asked = status.at("state") == "complete";  // then nothing is of interest in the queue
  if (!asked) try {
      for (const QueuedJob& job : SlurmCalls(caller.environment, 15, "").queue(state.id)) {
        ++counts[job.kind + " " + job.state];
        jobs.push_back({{"id", job.id},
                        {"kind", job.kind},
                        {"step", job.stage + "/" + job.step},
                        {"state", job.state},
                        {"reason", job.reason}});
        if (const std::string why = job.hopeless(); !why.empty()) hopeless.push_back(why);
      }
      asked = true;
    } catch (const Error&) {  // SLURM is away: markers tell all the same
    }
  const std::string verdict = verdict_of(folder, status.at("state").get<std::string>(), asked, jobs, !hopeless.empty());
  Json slurm = {{"verdict", verdict}, {"answers", asked}, {"counts", Json::object()}, {"can_never_start", hopeless}};
  for (const auto& [what, n] : counts) slurm["counts"][what] = n;
  slurm["jobs"] = jobs;
  if (verdict == "blocked") slurm["blocked"] = read_file(folder / "BLOCKED");
  slurm["advice"] = advice_for(verdict, run.folder());
  status["slurm"] = slurm;
}

std::string slurm_status_text(const Json& status) {
  if (!status.contains("slurm")) return {};
  const Json& slurm = status.at("slurm");
  std::string text = "slurm: " + slurm.at("verdict").get<std::string>();
  for (const auto& [what, n] : slurm.at("counts").items())
    text += ", " + std::to_string(n.get<long long>()) + " " + what;
  text += "\n";
  for (const auto& why : slurm.at("can_never_start")) text += "  can never start: " + why.get<std::string>() + "\n";
  if (slurm.contains("blocked")) text += slurm.at("blocked").get<std::string>();
  if (const auto advice = slurm.at("advice").get<std::string>(); !advice.empty()) text += "  " + advice + "\n";
  return text;
}

Json why_json(const PipelineRun& run, const std::string& job) {
  const auto parts = split_text(job, '/');
  std::int64_t index = -1;
  if (parts.size() == 3 && !parts[2].empty() && parts[2].size() < 18 &&
      parts[2].find_first_not_of("0123456789") == std::string::npos)
    index = std::stoll(parts[2]);
  if (index < 0) throw Error(Category::usage, "--why wants STAGE/STEP/JOB, as contacts/extract/17, got '" + job + "'");
  const StagePlan& plan = run.stage(parts[0]);
  for (const StepPlan& step : plan.steps) {
    if (step.step->name != parts[1]) continue;
    Json why = {{"job", job}, {"why_pending", run.why_pending(plan, step, index, CheckLevel::sizes)}};
    const Job place = run.job(plan, step, index);
    why["box_vx"] = {place.box.min.x, place.box.min.y, place.box.min.z,
                     place.box.max.x, place.box.max.y, place.box.max.z};
    const fs::path folder = run.step_folder(plan, step);
    for (const char* kind : {"done", "failed"})
      if (const fs::path file = folder / kind / (parts[2] + ".json"); fs::exists(file))
        why[kind] = Json::parse(read_file(file), nullptr, false);
    why["attempts"] = Json::array();
    const StepRounds files(run, plan, step);
    for (const Round& round : files.all()) {
      const auto tasks = files.tasks(round.number);
      for (std::size_t i = 0; i < tasks.size(); ++i)
        if (std::find(tasks[i].begin(), tasks[i].end(), index) != tasks[i].end())
          add_task(files, round, static_cast<std::int64_t>(i), why);
    }
    return why;
  }
  throw Error(Category::usage, "stage '" + parts[0] + "' has no step '" + parts[1] + "'");
}

std::string why_text(const Json& why) {
  const std::string pending = why.at("why_pending").get<std::string>();
  std::string text = why.at("job").get<std::string>() + ": " + (pending.empty() ? "done" : pending) + "\n";
  if (why.contains("failed") && why.at("failed").is_object())
    text += "  error: " + why.at("failed").value("error", "") + " (" + why.at("failed").value("time", "") + " on " +
            why.at("failed").value("host", "") + ")\n";
  for (const auto& a : why.at("attempts")) {
    text += "  round " + std::to_string(a.at("round").get<long long>()) + ", SLURM job " + a.value("slurm_job", "?") +
            ": started " + std::to_string(a.at("attempts").get<long long>()) + " times, " +
            std::to_string(a.value("memory_mb", 0LL)) + " MB" + (a.at("killed").get<bool>() ? ", killed" : "") +
            (a.at("near_time_limit").get<bool>() ? ", near its time limit" : "") +
            (a.at("told_to_stop").get<bool>() ? ", told to stop" : "") + "\n";
    if (a.contains("log_end"))
      text += "  " + a.at("log").get<std::string>() + ":\n" + a.at("log_end").get<std::string>();
  }
  return text;
}

}  // namespace syconn
