// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_draft.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <unordered_map>

#include "slurm_script.h"
#include "syconn/core/json.h"

namespace syconn {
namespace {

constexpr std::int64_t kSampledMarkers = 100;
constexpr std::size_t kFewJobs = 3;
constexpr std::size_t kListedCauses = 20;

/// Digits apart, so that the same error of two chunks is one.
std::string signature_of(const std::string& error) {
  std::string text;
  for (const char c : error)
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) text += c;
  return text;
}

struct Group {
  std::int64_t memory_mb = 0, time_factor = 1;
  std::vector<std::int64_t> jobs;
};

std::vector<Group> groups_of(const DraftInput& input) {
  const std::int64_t base = requested_memory_mb(input.profile, input.plan, input.step);
  const auto most = static_cast<std::int64_t>(class_of(input.profile, input.step).memory_max_gb * 1e9 / (1 << 20));
  std::unordered_map<std::int64_t, const PendingCause*> causes;
  for (const PendingCause& cause : input.causes) causes[cause.job] = &cause;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::int64_t>> by_need;
  for (const std::int64_t job : input.pending) {
    const auto cause = causes.find(job);
    const std::int64_t memory = cause == causes.end() ? 0 : cause->second->memory_mb;
    const bool slow = cause != causes.end() && cause->second->needs_time;
    by_need[{std::min(most, std::max(base, memory)), slow ? 4 : 1}].push_back(job);
  }
  std::vector<Group> groups;
  for (auto& [need, jobs] : by_need) groups.push_back({need.first, need.second, std::move(jobs)});
  return groups;
}

std::int64_t tasks_for(const DraftInput& input, const Group& group, double job_s) {
  const SlurmClass& site = class_of(input.profile, input.step);
  const auto jobs = static_cast<std::int64_t>(group.jobs.size());
  std::int64_t cap = input.profile.max_submit > 0 ? input.profile.max_submit / 2 : input.limits.max_jobs / 2;
  if (input.task_cap > 0) cap = std::min(cap, input.task_cap);
  const double share = static_cast<double>(jobs) / static_cast<double>(input.pending.size());
  cap = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(cap) * share));
  if (input.one_job_a_task) return std::min(jobs, cap);
  const auto per_task = std::max<std::int64_t>(1, static_cast<std::int64_t>(task_target_s(site) / job_s));
  return std::clamp<std::int64_t>(ceil_div(jobs, per_task), 1, cap);
}

void add_group(const DraftInput& input, const Group& group, double job_s, RoundDraft& draft) {
  const std::int64_t tasks = tasks_for(input, group, job_s);
  const auto first = static_cast<std::int64_t>(draft.tasks.size());
  draft.tasks.resize(draft.tasks.size() + static_cast<std::size_t>(tasks));
  for (std::size_t i = 0; i < group.jobs.size(); ++i)  // strided: a slow region is spread over the tasks
    draft.tasks[static_cast<std::size_t>(first) + i % static_cast<std::size_t>(tasks)].push_back(group.jobs[i]);
  const auto per_task = static_cast<double>(draft.tasks[static_cast<std::size_t>(first)].size());
  const std::int64_t minutes =
      time_limit_min(input.profile, class_of(input.profile, input.step), per_task * job_s, group.time_factor);
  const std::int64_t width =
      std::max<std::int64_t>(1, input.profile.max_array > 0 ? std::min(input.profile.max_array, input.limits.max_array)
                                                            : input.limits.max_array);
  for (std::int64_t at = 0; at < tasks; at += width)
    draft.round.arrays.push_back({first + at, std::min(width, tasks - at), group.memory_mb, minutes, ""});
}

PendingCause cause_of(std::int64_t job, const fs::path& failed_file, const std::string& since,
                      const TaskEvidence* evidence) {
  PendingCause cause;
  cause.job = job;
  if (evidence != nullptr && evidence->failed_node.contains(job)) cause.node = evidence->failed_node.at(job);
  if (fs::exists(failed_file)) {
    const Json json = parse_json(read_file(failed_file), failed_file.string());
    if (json.value("time", "") >= since) {
      cause.text = json.value("error", "");
      const std::size_t place = cause.text.find("): ");
      cause.signature = signature_of(place == std::string::npos ? cause.text : cause.text.substr(place));
      return cause;
    }
  }
  if (evidence == nullptr || !evidence->started) return cause.text = "not started", cause;
  if (!evidence->open.contains(job)) return cause.text = "its task ended before it", cause;
  if (evidence->killed) {
    cause.text = "killed, mostly for memory: " + std::to_string(evidence->memory_mb) + " MB were not enough";
    cause.signature = "killed";
    cause.memory_mb = evidence->memory_mb * 3 / 2;
  } else if (evidence->near_time_limit) {
    cause.text = "ran into its time limit";
    cause.signature = "time", cause.needs_time = true;
  } else {
    cause.text = evidence->told ? "told to stop and then killed" : "its task vanished";
  }
  return cause;
}

/// Nodes that did nothing but harm, unless no other node has done a job.
std::vector<std::string> bad_nodes_of(const std::vector<TaskEvidence>& evidence) {
  std::set<std::string> bad, good;
  std::map<std::string, std::int64_t> done, failed;
  for (const TaskEvidence& e : evidence) {
    bad.insert(e.lost_nodes.begin(), e.lost_nodes.end());
    for (const auto& [node, n] : e.done_on) done[node] += n;
    for (const auto& [node, n] : e.failed_on) failed[node] += n;
  }
  for (const auto& [node, n] : failed)
    if (n > 0 && !done.contains(node)) bad.insert(node);
  for (const auto& [node, n] : done)
    if (n > 0 && !bad.contains(node)) good.insert(node);
  bad.erase("");
  if (good.empty()) bad.clear();
  return {bad.begin(), bad.end()};
}

}  // namespace

double task_target_s(const SlurmClass& site) {
  // A preempted or failing task must not cost much of its limit: at most a quarter.
  return std::min(site.task_minutes * 60, site.time_max_h * 900);
}

std::int64_t time_limit_min(const SlurmProfile& profile, const SlurmClass& site, double task_s, std::int64_t factor) {
  const double wanted = std::max(profile.time_min_minutes, 4 * task_s / 60) * static_cast<double>(factor);
  return static_cast<std::int64_t>(std::ceil(std::min(site.time_max_h * 60, wanted)));
}

double expected_job_s(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                      const SlurmProfile& profile) {
  double sum = 0;
  std::int64_t n = 0;
  for (std::int64_t i = 0; i < std::min(step.jobs, kSampledMarkers); ++i) {
    const fs::path marker = run.step_folder(plan, step) / "done" /
                            (std::to_string(i * step.jobs / std::min(step.jobs, kSampledMarkers)) + ".json");
    if (!fs::exists(marker)) continue;
    const Json json = Json::parse(read_file(marker), nullptr, false);
    if (json.is_object() && json.contains("seconds")) sum += json.at("seconds").get<double>(), ++n;
  }
  if (n > 0) return std::max(1e-3, sum / static_cast<double>(n));
  const double rate = step.step->resources.mvx_per_s * step.step->resources.cpus;
  if (rate <= 0) return profile.job_guess_s;
  return std::max(1e-3, 1e-6 * static_cast<double>(plan.geometry.voxels()) / rate / static_cast<double>(step.jobs));
}

RoundDraft draft_round(const DraftInput& input) {
  RoundDraft draft;
  draft.round.hash = input.step.hash;
  draft.round.jobs = static_cast<std::int64_t>(input.pending.size());
  const double job_s = expected_job_s(input.run, input.plan, input.step, input.profile);
  for (const Group& group : groups_of(input)) add_group(input, group, job_s, draft);
  return draft;
}

std::vector<PendingCause> causes_of(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                                    const Round& round, const std::vector<std::int64_t>& pending,
                                    std::vector<std::string>& bad_nodes) {
  const StepRounds rounds(run, plan, step);
  const auto tasks = rounds.tasks(round.number);
  std::vector<TaskEvidence> evidence(tasks.size());
  std::unordered_map<std::int64_t, const TaskEvidence*> of_job;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    evidence[i] = rounds.evidence(round.number, static_cast<std::int64_t>(i));
    for (const std::int64_t job : tasks[i]) of_job[job] = &evidence[i];
  }
  std::vector<PendingCause> causes;
  for (const std::int64_t job : pending) {
    const auto found = of_job.find(job);
    causes.push_back(cause_of(job, run.step_folder(plan, step) / "failed" / (std::to_string(job) + ".json"), round.time,
                              found == of_job.end() ? nullptr : found->second));
  }
  bad_nodes = bad_nodes_of(evidence);
  return causes;
}

std::string shared_cause(const Round& round, const std::vector<PendingCause>& causes,
                         const std::vector<std::string>& bad_nodes) {
  const auto is_bad = [&](const std::string& node) {
    return std::find(bad_nodes.begin(), bad_nodes.end(), node) != bad_nodes.end();
  };
  std::map<std::string, std::size_t> counts;
  for (const PendingCause& cause : causes)
    if (!cause.signature.empty() && cause.memory_mb == 0 && !cause.needs_time && !is_bad(cause.node))
      ++counts[cause.signature];
  for (const auto& [signature, n] : counts)
    if (n >= kFewJobs && 2 * n > static_cast<std::size_t>(round.jobs))
      for (const PendingCause& cause : causes)
        if (cause.signature == signature)
          return std::to_string(n) + " of " + std::to_string(round.jobs) + " jobs fail the same way: " + cause.text;
  return {};
}

std::string causes_text(const std::vector<PendingCause>& causes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kListedCauses, causes.size()); ++i)
    text += "\n  job " + std::to_string(causes[i].job) + ": " + causes[i].text;
  if (causes.size() > kListedCauses) text += "\n  and " + std::to_string(causes.size() - kListedCauses) + " more";
  return text;
}

}  // namespace syconn
