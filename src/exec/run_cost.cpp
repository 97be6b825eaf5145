// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/run_cost.h"

#include <time.h>

#include <algorithm>
#include <cstdio>

#include "run_records.h"
#include "slurm_rounds.h"
#include "slurm_script.h"
#include "syconn/core/format.h"
#include "syconn/exec/progress.h"
#include "syconn/exec/run_report.h"

namespace syconn {
namespace {

constexpr std::size_t kDrawnJobs = 400;  ///< of a step, in the timeline

double seconds_of(const std::string& utc) {
  std::tm tm{};
  return ::strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &tm) != nullptr ? static_cast<double>(::timegm(&tm)) : 0;
}

/// What the tasks of SLURM add: attempts, retries, requests, time in the slot.
void add_attempts(const StepRounds& files, Json& s) {
  std::int64_t tasks = 0, attempts = 0, requeues = 0, jobs = 0, first_jobs = 0, request_mb = 0, killed = 0;
  double slot_s = 0;
  for (const Round& round : files.all()) {
    if (round.leader.is_set() && !files.evidence(round.number, 0).started) continue;  // its leader failed before
    std::int64_t n = 0;
    for (const RoundArray& array : round.arrays) n += array.count, request_mb = std::max(request_mb, array.memory_mb);
    for (std::int64_t i = 0; i < n; ++i) {
      const TaskEvidence evidence = files.evidence(round.number, i);
      attempts += evidence.attempts;
      if (!round.leader.is_set())
        requeues += evidence.requeues, killed += evidence.killed ? 1 : 0;  // else its leader's
      request_mb = std::max(request_mb, evidence.memory_mb);
      for (const Json& line : read_json_lines(files.attempts(round.number, i).string() + ".jsonl"))
        if (line.value("event", "") == "end") slot_s += line.value("seconds", 0.0);
    }
    tasks += n, jobs += round.jobs, first_jobs = std::max(first_jobs, round.jobs);
  }
  s["tasks"] = tasks, s["attempts"] = attempts, s["requeues"] = requeues, s["killed"] = killed;
  s["retried_jobs"] = jobs - first_jobs;
  s["request_bytes"] = request_mb << 20;
  s["asked_bytes"] = request_mb > 0 ? s.at("request_bytes") : s.at("planned_bytes");  // run locally: what was planned
  s["slot_s"] = slot_s;
}

Json step_cost(const PipelineRun& run, const StagePlan& plan, const StepPlan& step) {
  double busy_s = 0, first = 0, last = 0;
  std::uint64_t peak = 0, bytes = 0;
  std::int64_t done = 0;
  Json bars = Json::array();
  const std::int64_t stride = std::max<std::int64_t>(1, step.jobs / static_cast<std::int64_t>(kDrawnJobs));
  for (std::int64_t i = 0; i < step.jobs; ++i) {
    const fs::path path = run.step_folder(plan, step) / "done" / (std::to_string(i) + ".json");
    if (!fs::exists(path)) continue;
    const Json marker = Json::parse(read_file(path), nullptr, false);
    if (!marker.is_object()) continue;
    ++done;
    const double s = marker.value("seconds", 0.0), end = seconds_of(marker.value("ended", ""));
    busy_s += s;
    peak = std::max(peak, marker.value("peak_rss_bytes", std::uint64_t{0}));
    for (const auto& file : marker.value("files", Json::array())) bytes += file.value("bytes", std::uint64_t{0});
    first = first == 0 ? end - s : std::min(first, end - s);
    last = std::max(last, end);
    if (i % stride == 0) bars.push_back({{"start", end - s}, {"end", end}, {"host", marker.value("host", "")}});
  }
  Json s = {{"name", step.step->name},
            {"jobs", step.jobs},
            {"done", done},
            {"busy_s", busy_s},
            {"cpus", step.step->resources.cpus},
            {"gpu", step.gpu},
            {"first", first},
            {"last", last},
            {"peak_rss_bytes", peak},
            {"planned_bytes", step.memory_bytes},
            {"output_bytes", bytes}};
  s["core_h"] = busy_s * step.step->resources.cpus / 3600;
  add_attempts(StepRounds(run, plan, step), s);
  s["bars"] = bars;
  return s;
}

void add_up(Json& total, const Json& part, std::initializer_list<const char*> keys) {
  for (const char* key : keys) total[key] = total.value(key, 0.0) + part.at(key).get<double>();
}

/// Of all stages that used no GPU together; a stage's own voxels may be fewer (a box of its own), the most count.
double mvx_per_core_h(const Json& stages) {
  double core_h = 0, voxels = 0;
  for (const Json& stage : stages) {
    if (stage.at("gpu_h").get<double>() > 0) continue;
    core_h += stage.at("core_h").get<double>();
    voxels = std::max(voxels, stage.at("voxels").get<double>());
  }
  return core_h > 0 ? 1e-6 * voxels / core_h : 0;
}

}  // namespace

Json cost_json(const PipelineRun& run, const SlurmProfile& profile) {
  Json cost = {{"run", run.folder().string()}, {"stages", Json::array()}};
  Json total = Json::object();
  for (const StagePlan& plan : run.stages()) {
    Json stage = {{"name", plan.stage->name},
                  {"voxels", plan.geometry.voxels()},
                  {"core_h", 0.0},
                  {"gpu_h", 0.0},
                  {"peak_rss_bytes", 0},
                  {"output_bytes", 0.0},
                  {"retried_jobs", 0.0},
                  {"requeues", 0.0},
                  {"slot_h", 0.0}};
    double first = 0, last = 0;
    std::uint64_t peak = 0;
    Json steps = Json::array();
    for (const StepPlan& step : plan.steps) {
      if (step.jobs == 0) continue;
      const Json s = step_cost(run, plan, step);
      add_up(stage, s, {"core_h", "output_bytes", "retried_jobs", "requeues"});
      if (s.at("gpu").get<bool>()) stage["gpu_h"] = stage["gpu_h"].get<double>() + s.at("busy_s").get<double>() / 3600;
      stage["slot_h"] = stage["slot_h"].get<double>() + s.at("slot_s").get<double>() / 3600;
      peak = std::max(peak, s.at("peak_rss_bytes").get<std::uint64_t>());
      if (const double f = s.at("first").get<double>(); f > 0) first = first == 0 ? f : std::min(first, f);
      last = std::max(last, s.at("last").get<double>());
      steps.push_back(s);
    }
    stage["peak_rss_bytes"] = peak;
    stage["wall_s"] = last - first;
    const double core_h = stage.at("core_h").get<double>();
    stage["mvx_per_core_h"] = core_h > 0 ? 1e-6 * static_cast<double>(plan.geometry.voxels()) / core_h : 0;
    const double gpu_h = stage.at("gpu_h").get<double>();
    stage["gvx_per_gpu_h"] = gpu_h > 0 ? 1e-9 * static_cast<double>(plan.geometry.voxels()) / gpu_h : 0;
    stage["usd"] = core_h * run.config().execution.usd_per_core_hour + gpu_h * profile.usd_per_gpu_hour;
    add_up(total, stage, {"core_h", "gpu_h", "slot_h", "output_bytes", "retried_jobs", "requeues", "usd"});
    stage["steps"] = steps;
    cost["stages"].push_back(stage);
  }
  total["mvx_per_core_h"] = mvx_per_core_h(cost.at("stages"));
  cost["total"] = total;
  cost["left_out"] = quarantine_json(run.quarantine().jobs);
  cost["missing_chunks"] = missing_chunks_json(run);
  return cost;
}

std::string cost_text(const Json& cost) {
  std::string text = format("%-12s %10s %9s %9s %12s %11s %9s %9s %8s %8s %9s\n", "stage", "core h", "GPU h", "wall",
                            "Mvx/h/core", "Gvx/h/GPU", "peak GB", "asked GB", "retried", "GB out", "US$");
  for (const auto& stage : cost.at("stages")) {
    double asked = 0;
    for (const auto& step : stage.at("steps")) asked = std::max(asked, step.at("asked_bytes").get<double>());
    const double per_gpu = stage.at("gvx_per_gpu_h").get<double>();
    text += format("%-12s %10.4f %9.4f %9s %12.1f %11s %9.3f %9.3f %8.0f %8.3f %9.4f\n",
                   stage.at("name").get<std::string>().c_str(), stage.at("core_h").get<double>(),
                   stage.at("gpu_h").get<double>(), duration_text(stage.at("wall_s").get<double>()).c_str(),
                   stage.at("mvx_per_core_h").get<double>(), per_gpu > 0 ? format("%.3f", per_gpu).c_str() : "-",
                   1e-9 * stage.at("peak_rss_bytes").get<double>(), 1e-9 * asked,
                   stage.at("retried_jobs").get<double>() + stage.at("requeues").get<double>(),
                   1e-9 * stage.at("output_bytes").get<double>(), stage.at("usd").get<double>());
  }
  const Json& total = cost.at("total");
  text += format("CPU stages together: %.1f Mvx/h/core\n", total.at("mvx_per_core_h").get<double>());
  text += "SyConn2 as published: 34 Mvx/h a core (all CPU stages), 4.4 Gvx/h a GPU (point networks)\n";
  return text + quarantine_text(cost.at("left_out")) + missing_chunks_text(cost.at("missing_chunks")) +
         format("total: %.4f core hours, %.4f GPU hours, %.0f retries, %.3f GB, US$ %.4f\n", total.value("core_h", 0.0),
                total.value("gpu_h", 0.0), total.value("retried_jobs", 0.0) + total.value("requeues", 0.0),
                1e-9 * total.value("output_bytes", 0.0), total.value("usd", 0.0));
}

}  // namespace syconn
