// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/run_report.h"

#include <algorithm>
#include <cstdio>

#include "syconn/core/format.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/exec/progress.h"

namespace syconn {
namespace {

constexpr std::int64_t kListed = 20;  ///< pending jobs named in reports

Json step_json(const PipelineRun& run, const StagePlan& plan, const StepPlan& step, CheckLevel level) {
  Json s = {
      {"name", step.step->name}, {"fan_out", step.step->fan_out.name}, {"jobs", step.jobs}, {"done", 0}, {"failed", 0}};
  std::int64_t done = 0;
  Json pending = Json::array(), failed = Json::array();
  for (std::int64_t i = 0; i < step.jobs; ++i) {
    const std::string why = run.why_pending(plan, step, i, level);
    if (why.empty()) {
      ++done;
      continue;
    }
    const fs::path file = run.step_folder(plan, step) / "failed" / (std::to_string(i) + ".json");
    if (fs::exists(file)) {
      const Json f = parse_json(read_file(file), file.string());
      failed.push_back({{"job", i}, {"error", f.value("error", "")}});
    }
    if (static_cast<std::int64_t>(pending.size()) < kListed) pending.push_back({{"job", i}, {"why", why}});
  }
  s["done"] = done;
  s["failed"] = failed.size();
  s["pending"] = pending;
  s["errors"] = failed;
  s["logs"] = (run.step_folder(plan, step) / "logs").string();
  return s;
}

double estimate_s(const StagePlan& plan, const StepPlan& step, std::int64_t pending) {
  const double rate = step.step->resources.mvx_per_s;
  if (rate <= 0 || step.jobs == 0) return 0;
  return 1e-6 * static_cast<double>(plan.geometry.voxels()) / rate * static_cast<double>(pending) /
         static_cast<double>(step.jobs);
}

int lanes(const RunConfig& config, const StepPlan& step) {
  const int threads = config.execution.threads > 0 ? config.execution.threads : available_threads();
  const double by_memory =
      config.execution.memory_gb * 1e9 / std::max<double>(1, static_cast<double>(step.memory_bytes));
  return static_cast<int>(
      std::max(1.0, std::min({static_cast<double>(step.jobs), by_memory,
                              static_cast<double>(threads / std::max(1, step.step->resources.cpus))})));
}

}  // namespace

Json status_json(const PipelineRun& run, CheckLevel level) {
  Json status = {{"run", run.folder().string()}, {"state", "complete"}, {"stages", Json::array()}};
  bool complete = true, failed = false;
  for (const StagePlan& plan : run.stages()) {
    Json stage = {{"name", plan.stage->name}, {"steps", Json::array()}};
    for (const StepPlan& step : plan.steps) {
      if (step.jobs == 0) continue;  // a tree that few chunks do not need
      stage["steps"].push_back(step_json(run, plan, step, level));
      complete &= stage["steps"].back()["done"].get<std::int64_t>() == step.jobs;
      failed |= stage["steps"].back()["failed"].get<std::int64_t>() > 0;
    }
    for (const auto& line : run.changes(plan)) stage["changed"].push_back(line);
    status["stages"].push_back(stage);
  }
  status["left_out"] = quarantine_json(run.quarantine().jobs);
  status["state"] = complete ? "complete" : failed ? "failed" : "incomplete";
  return status;
}

std::string status_text(const Json& status) {
  std::string text = "state: " + status.at("state").get<std::string>() + "\n" + quarantine_text(status.at("left_out"));
  for (const auto& stage : status.at("stages"))
    for (const auto& step : stage.at("steps")) {
      const auto done = step.at("done").get<long long>(), jobs = step.at("jobs").get<long long>();
      text +=
          format("  %-28s %6lld/%lld jobs",
                 (stage.at("name").get<std::string>() + "/" + step.at("name").get<std::string>()).c_str(), done, jobs);
      if (const auto n = step.at("failed").get<long long>(); n > 0) text += format(", %lld failed", n);
      text += "\n";
      for (const auto& e : step.at("errors"))
        text += "      job " + std::to_string(e.at("job").get<long long>()) + ": " + e.at("error").get<std::string>() +
                "\n";
      if (done < jobs && done > 0 && !step.at("pending").empty())
        text += "      next: job " + std::to_string(step.at("pending")[0].at("job").get<long long>()) + ", " +
                step.at("pending")[0].at("why").get<std::string>() + "; logs: " + step.at("logs").get<std::string>() +
                "\n";
    }
  if (status.at("state") != "complete") text += "To go on: syconn run -o " + status.at("run").get<std::string>() + "\n";
  return text;
}

Json missing_chunks_json(const PipelineRun& run) {
  return run.table().missing_chunks ? run.table().missing_chunks(run.config()) : Json::object();
}

std::string missing_chunks_text(const Json& missing) {
  std::string text;
  for (const auto& [name, count] : missing.items())
    if (const auto n = count.get<long long>(); n > 0)
      text += format("volume '%s' lacks %lld chunks, which are read as empty (allow_missing)\n", name.c_str(), n);
  return text;
}

Json dry_run_json(const PipelineRun& run, CheckLevel level) {
  Json out = {{"run", run.folder().string()}, {"stages", Json::array()}};
  double core_s = 0, wall_s = 0, disk = 0, peak = 0;
  for (const StagePlan& plan : run.stages()) {
    Json stage = {{"name", plan.stage->name},
                  {"voxels", plan.geometry.voxels()},
                  {"changed", run.changes(plan)},
                  {"steps", Json::array()}};
    for (const StepPlan& step : plan.steps) {
      if (step.jobs == 0) continue;
      const auto pending = run.pending(plan, step, level);
      const auto n = static_cast<std::int64_t>(pending.size());
      const double s = estimate_s(plan, step, n),
                   bytes = step.step->resources.bytes_per_voxel * static_cast<double>(plan.geometry.voxels());
      const int at_once = lanes(run.config(), step);
      core_s += s, wall_s += s / at_once, disk += bytes;
      peak = std::max(peak, at_once * static_cast<double>(step.memory_bytes));
      stage["steps"].push_back({{"name", step.step->name},
                                {"fan_out", step.step->fan_out.name},
                                {"jobs", step.jobs},
                                {"pending", n},
                                {"why", pending.empty() ? "" : run.why_pending(plan, step, pending[0], level)},
                                {"at_once", at_once},
                                {"cpus", step.step->resources.cpus},
                                {"memory_bytes", step.memory_bytes},
                                {"core_s", s},
                                {"disk_bytes", bytes}});
    }
    if (plan.stage->preview && !stage["changed"].empty())
      if (const auto p = plan.stage->preview(run.config(), run.folder(), plan.early_hash))
        stage["preview"] = {{"what", p->what}, {"count", p->count}, {"ids", p->ids}};
    out["stages"].push_back(stage);
  }
  out["core_h"] = core_s / 3600;
  out["wall_s"] = wall_s;
  out["disk_bytes"] = disk;
  out["peak_memory_bytes"] = peak;
  out["usd"] = core_s / 3600 * run.config().execution.usd_per_core_hour;
  return out;
}

namespace {

std::string preview_text(const Json& preview) {
  std::string text =
      "    " + preview.at("what").get<std::string>() + ": " + std::to_string(preview.at("count").get<std::uint64_t>());
  const char* separator = " (";
  for (const auto& id : preview.at("ids")) text += separator + std::to_string(id.get<Id>()), separator = ", ";
  if (preview.at("ids").size() < preview.at("count").get<std::uint64_t>()) text += ", ...";
  return text + (preview.at("ids").empty() ? "\n" : ")\n");
}

}  // namespace

std::string dry_run_text(const Json& plan) {
  std::string text = format("%-28s %8s %8s %7s %10s %10s %10s\n", "step", "jobs", "to do", "at once", "GB a job",
                            "core time", "disk GB");
  for (const auto& stage : plan.at("stages")) {
    for (const auto& s : stage.at("steps"))
      text += format("%-28s %8lld %8lld %7lld %10.2f %10s %10.2f\n",
                     (stage.at("name").get<std::string>() + "/" + s.at("name").get<std::string>()).c_str(),
                     s.at("jobs").get<long long>(), s.at("pending").get<long long>(), s.at("at_once").get<long long>(),
                     1e-9 * s.at("memory_bytes").get<double>(), duration_text(s.at("core_s").get<double>()).c_str(),
                     1e-9 * s.at("disk_bytes").get<double>());
    for (const auto& line : stage.at("changed"))
      text += "    changed since the stored results: " + line.get<std::string>() + "\n";
    if (stage.contains("preview")) text += preview_text(stage.at("preview"));
    for (const auto& s : stage.at("steps"))
      if (const std::string why = s.at("why").get<std::string>(); s.at("pending") != s.at("jobs") && !why.empty())
        text += "    " + s.at("name").get<std::string>() + ": " + why + "\n";
  }
  text += format("estimates: %.2f core hours, %s on this machine, %.2f GB on disk, peak memory %.2f GB, US$ %.2f\n",
                 plan.at("core_h").get<double>(), duration_text(plan.at("wall_s").get<double>()).c_str(),
                 1e-9 * plan.at("disk_bytes").get<double>(), 1e-9 * plan.at("peak_memory_bytes").get<double>(),
                 plan.at("usd").get<double>());
  return text + "Nothing was run.\n";
}

}  // namespace syconn
