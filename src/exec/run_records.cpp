// SPDX-License-Identifier: GPL-3.0-or-later
#include "run_records.h"

#include <fcntl.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <sstream>

#include "syconn/core/json.h"
#include "syconn/core/version.h"

namespace syconn {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string job_place(const StagePlan& plan, const StepPlan& step, const Job& job) {
  std::ostringstream text;
  text << plan.stage->name << '/' << step.step->name << " job " << job.index;
  if (step.step->fan_out.name == per_chunk.name)
    text << " chunk " << plan.geometry.grid().position(job.index) << ' ' << job.box;
  return text.str();
}

void sweep_run(const fs::path& folder) {
  for (const char* top : {"work", "datasets", "volumes", "export"}) {
    const fs::path root = folder / top;
    if (!fs::is_directory(root)) continue;
    sweep_temporaries(root);
    for (const auto& entry : fs::recursive_directory_iterator(root))
      if (entry.is_directory()) sweep_temporaries(entry.path());
  }
}

void append_line(const fs::path& path, const std::string& text) {
  const std::string line = text + "\n";
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  const bool ok = fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (fd >= 0) ::close(fd);
  if (!ok) throw Error(Category::runtime, "cannot append to '" + path.string() + "'");
}

bool has_stage_record(const PipelineRun& run, const StagePlan& plan) {
  std::ifstream in(run.folder() / "runs.jsonl");
  for (std::string line; std::getline(in, line);) {
    const Json record = Json::parse(line, nullptr, false);
    if (record.is_object() && record.value("stage", "") == plan.stage->name &&
        record.value("config_sha256", "") == plan.hash)
      return true;
  }
  return false;
}

void append_stage_record(const PipelineRun& run, const StagePlan& plan, const StageRecord& record) {
  Json r = {{"tool", "syconn"},
            {"version", version()},
            {"git", git_hash()},
            {"stage", plan.stage->name},
            {"config_sha256", plan.hash},
            {"keys", plan.keys},
            {"started", record.started},
            {"ended", utc_now()},
            {"host", host_name()},
            {"cmdline", record.command_line},
            {"jobs_run", record.jobs_run},
            {"jobs_skipped", record.jobs_skipped},
            {"wall_s", record.wall_s},
            {"peak_rss_bytes", record.peak_rss_bytes}};
  if (!record.slurm.is_null()) r["slurm"] = record.slurm;
  append_line(run.folder() / "runs.jsonl", r.dump());
}

void keep_failure(const fs::path& step_folder, std::int64_t index, const Error& error) {
  const Json json = {
      {"error", error.what()}, {"exit_code", error.exit_code()}, {"time", utc_now()}, {"host", host_name()}};
  make_folder(step_folder / "failed");
  write_file_atomically(step_folder / "failed" / (std::to_string(index) + ".json"), json.dump(1) + "\n");
}

}  // namespace syconn
