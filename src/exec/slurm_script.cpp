// SPDX-License-Identifier: GPL-3.0-or-later
#include "slurm_script.h"

#include <cmath>
#include <cstdio>

#include "slurm_calls.h"
#include "syconn/core/sha256.h"

namespace syconn {
namespace {

constexpr std::int64_t kGateMemoryMb = 1000, kGateMinutes = 30;

/// The name at `at` ("@NAME@"), or "" if there is none.
std::string name_at(const std::string& text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && ((text[end] >= 'A' && text[end] <= 'Z') || text[end] == '_')) ++end;
  return end > at + 1 && end < text.size() && text[end] == '@' ? text.substr(at + 1, end - at - 1) : std::string();
}

/// The line filled in; `empty` tells that it held a value and that one was empty.
std::string fill_line(const std::string& line, const std::map<std::string, std::string>& values, bool& empty) {
  std::string result;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const std::string name = line[at] == '@' ? name_at(line, at) : std::string();
    if (name.empty()) {
      result += line[at];
      continue;
    }
    const auto value = values.find(name);
    if (value == values.end()) throw std::logic_error("template of a script: no value for " + name);
    empty = empty || value->second.empty();
    result += value->second;
    at += name.size() + 1;
  }
  return result;
}

std::string joined(const std::vector<std::string>& parts, const std::string& before, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + before + part;
  return text;
}

std::string export_list(const SlurmProfile& profile) {
  return profile.environment.empty() ? std::string("NONE") : joined(profile.environment, "", ",");
}

std::map<std::string, std::string> common_values(const PipelineRun& run, const SlurmClass& site,
                                                 const SlurmProfile& profile, const SlurmCaller& caller) {
  return {{"PARTITION", site.partition},
          {"ACCOUNT", site.account},
          {"QOS", site.qos},
          {"CONSTRAINT", site.constraint},
          {"EXPORT", export_list(profile)},
          {"DIRECTIVES", joined(site.directives, "#SBATCH ", "\n")},
          {"PROLOGUE", joined(profile.prologue, "", "\n")},
          {"REQUEUES", std::to_string(profile.requeues)},
          {"RUN", shell_quoted(run.folder().string())},
          {"SYCONN", shell_quoted(profile.executable.empty() ? caller.executable : profile.executable)}};
}

}  // namespace

std::string fill_template(const std::string& text, const std::map<std::string, std::string>& values) {
  std::string result;
  const auto lines = split_text(text, '\n');
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    bool empty = false;
    const std::string line = fill_line(lines[i], values, empty);
    const bool value_alone = lines[i].size() > 2 && name_at(lines[i], 0).size() + 2 == lines[i].size();
    if (empty && (lines[i].starts_with("#SBATCH") || (lines[i][0] == '@' && value_alone))) continue;
    result += line + "\n";
  }
  return result;
}

const SlurmClass& class_of(const SlurmProfile& profile, const StepPlan& step) {
  return step.gpu ? profile.gpu : profile.cpu;
}

std::int64_t requested_memory_mb(const SlurmProfile& profile, const StagePlan& plan, const StepPlan& step) {
  const double bytes = static_cast<double>(step.memory_bytes) * profile.memory_factor + profile.memory_add_gb * 1e9;
  const double most = class_of(profile, step).memory_max_gb * 1e9;
  if (bytes > most) {
    char text[256];
    std::snprintf(text, sizeof text, " needs %.2f GB a task, the site profile's memory_max_gb is %.2f", 1e-9 * bytes,
                  1e-9 * most);
    throw Error(Category::config,
                plan.stage->name + "/" + step.step->name + text + ": raise it, or make dataset.chunk_vx smaller");
  }
  return static_cast<std::int64_t>(std::ceil(bytes / (1 << 20)));
}

std::string slurm_time(std::int64_t minutes) {
  char text[64];
  const auto m = static_cast<long long>(minutes);
  if (m >= 24 * 60)
    std::snprintf(text, sizeof text, "%lld-%02lld:%02lld:00", m / 1440, m / 60 % 24, m % 60);
  else
    std::snprintf(text, sizeof text, "%02lld:%02lld:00", m / 60, m % 60);
  return text;
}

std::string step_script(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                        const SlurmProfile& profile, const SlurmCaller& caller) {
  const SlurmClass& site = class_of(profile, step);
  auto values = common_values(run, site, profile, caller);
  values["STAGE"] = plan.stage->name;
  values["STEP"] = step.step->name;
  values["GRES"] = site.gres;
  values["GPU_CHECK"] = site.gres.find("gpu") != std::string::npos ? kGpuCheck : "";
  values["CPUS"] = std::to_string(step.step->resources.cpus);
  values["MEMORY_MB"] = std::to_string(requested_memory_mb(profile, plan, step));
  values["MEMORY_MAX_MB"] = std::to_string(static_cast<std::int64_t>(site.memory_max_gb * 1e9 / (1 << 20)));
  values["TIME"] = slurm_time(static_cast<std::int64_t>(std::ceil(profile.time_min_minutes)));
  values["SIGNAL_S"] = std::to_string(profile.signal_s);
  return fill_template(kStepTemplate, values);
}

std::string gate_script(const PipelineRun& run, const SlurmProfile& profile, const SlurmCaller& caller) {
  auto values = common_values(run, profile.cpu, profile, caller);
  values["MEMORY_MB"] = std::to_string(kGateMemoryMb);
  values["TIME"] = slurm_time(kGateMinutes);
  return fill_template(kGateTemplate, values);
}

void write_script(const fs::path& path, const std::string& text) {
  make_folder(path.parent_path());
  const fs::path as_written = path.parent_path() / ("." + path.filename().string() + ".sha256");
  if (fs::exists(path) && fs::exists(as_written) && read_file(as_written) != sha256_hex(read_file(path))) return;
  write_file_atomically(path, text);
  fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
  write_file_atomically(as_written, sha256_hex(text));
}

}  // namespace syconn
