// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/slurm_profile.h"

#include "fields_read.h"
#include "fields_text.h"
#include "fields_value.h"

namespace syconn {
namespace {

/// Texts that go into `#SBATCH` lines: no line ends, no blanks that would end the option.
std::function<std::string()> one_word(const std::string& text) {
  return [&text] {
    return text.find_first_of(" \t\n\"'") == std::string::npos ? std::string()
                                                               : std::string("must hold no blanks and quotes");
  };
}

std::function<std::string()> single_lines(const std::vector<std::string>& lines) {
  return [&lines] {
    for (const std::string& line : lines)
      if (line.find('\n') != std::string::npos) return std::string("must be single lines");
    return std::string();
  };
}

}  // namespace

SlurmProfile::SlurmProfile() {
  gpu.gres = "gpu:1";
  gpu.task_minutes = 30;
}

void SlurmClass::describe(Fields& f) {
  f.add("partition", partition, "partition; empty: the cluster's default").check(one_word(partition));
  f.add("account", account, "account to charge").check(one_word(account));
  f.add("qos", qos, "quality of service").check(one_word(qos));
  f.add("constraint", constraint, "features a node must have").check(one_word(constraint));
  f.add("gres", gres, "generic resources of a task, as gpu:1").check(one_word(gres));
  f.add("memory_max_gb", memory_max_gb, "most that a task may ever ask for", Range{0.05, 1e5});
  f.add("time_max_h", time_max_h, "longest time limit of a task", Range{1.0 / 60, 1e4}).units("hours");
  f.add("task_minutes", task_minutes, "work a task is given, estimated", Range{1e-6, 1e4}).units("minutes");
  f.add("throttle", throttle, "tasks of an array that run at once; 0: no limit", Range{0});
  f.add("directives", directives, "more options of sbatch, as --licenses=scratch").check(single_lines(directives));
}

void SlurmProfile::describe(Fields& f) {
  f.add("cpu", cpu, "tasks of steps without a GPU, and the gates between steps");
  f.add("gpu", gpu, "tasks of steps that need a GPU");
  f.add("max_array", max_array, "most tasks of an array; 0: ask SLURM (MaxArraySize)", Range{0});
  f.add("max_submit", max_submit, "most tasks that may be queued; 0: ask SLURM (half of MaxJobCount)", Range{0});
  f.add("memory_factor", memory_factor, "requested memory: a job's stated bound times this ...", Range{0.1, 10});
  f.add("memory_add_gb", memory_add_gb, "... plus this for the program itself", Range{0, 100});
  f.add("time_min_minutes", time_min_minutes, "shortest time limit asked for", Range{1, 1e5}).units("minutes");
  f.add("job_guess_s", job_guess_s, "time of a job of which nothing is known", Range{1e-6, 1e5});
  f.add("rounds", rounds, "times that missing jobs of a step are submitted; in the last a task has one job",
        Range{1, 20});
  f.add("requeues", requeues, "times that a task puts itself back into the queue", Range{0, 20});
  f.add("signal_s", signal_s, "how long before its time limit a task is told to finish", Range{10, 3600});
  f.add("call_timeout_s", call_timeout_s, "longest wait for one call of SLURM", Range{1, 600});
  f.add("patience_minutes", patience_minutes, "how long a submit is tried again while SLURM is busy or full",
        Range{0, 1e4})
      .units("minutes");
  f.add("usd_per_gpu_hour", usd_per_gpu_hour, "price of a GPU hour, for the report", Range{0}).units("US$");
  f.add("environment", environment, "variables that tasks inherit; [ALL]: every one").check(single_lines(environment));
  f.add("prologue", prologue, "shell lines before the work, as module load hdf5");
  f.add("executable", executable, "the program on the compute nodes; empty: the one that submits");
}

SlurmProfile load_slurm_profile(const fs::path& file) {
  SlurmProfile profile;
  if (file.empty()) return profile;
  Fields fields;
  profile.describe(fields);
  Diagnostics diagnostics(file.string());
  ReadState state(diagnostics, {file.string()});
  const auto document = parse_yaml(read_file(file), file.string(), diagnostics);
  if (document && document->kind == YamlNode::Kind::map) {
    FieldsReader(state).read_table(*document, fields, {});
    FieldsFinisher finisher(state, file.parent_path(), fs::current_path());
    finisher.finish_table(fields, {}, true);
    finisher.run_checks(fields, {});
  } else if (document && document->kind != YamlNode::Kind::null) {
    state.error({}, document->place, "the file must be a map of keys");
  }
  diagnostics.throw_if_any();
  return profile;
}

std::string slurm_profile_yaml(const SlurmProfile& profile) {
  SlurmProfile copy = profile;  // describing binds members, so it cannot work on a const profile
  Fields fields;
  copy.describe(fields);
  std::string text = "# The site's SLURM settings of this run; gates and `syconn slurm resume` read this copy.\n";
  const auto table = [&text](const Fields& list, const std::string& space, const auto& self) -> void {
    for (const Field& field : list.list()) {
      const auto* describe = std::get_if<std::function<void(Fields&)>>(&field.slot.value);
      text += space + field.key + (describe != nullptr ? ":" : ": " + flow_yaml(field.slot)) + "  # " +
              comment_of(field) + "\n";
      if (describe != nullptr) self(fields_of(*describe), space + "  ", self);
    }
  };
  table(fields, "", table);
  return text;
}

}  // namespace syconn
