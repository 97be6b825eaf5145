// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/exec/fields.h"

namespace syconn {

/// What a site asks of the jobs of one kind (CPU or GPU). Empty texts leave their directive out.
struct SlurmClass {
  std::string partition, account, qos, constraint, gres;
  double memory_max_gb = 64, time_max_h = 24, task_minutes = 15;
  std::int64_t throttle = 0;
  std::vector<std::string> directives;
  void describe(Fields& f);
};

/// A site's SLURM: execution.profile of a config names the file; a copy lies in RUN/slurm/profile.yml.
struct SlurmProfile {
  SlurmClass cpu, gpu;
  std::int64_t max_array = 0, max_submit = 0;
  double memory_factor = 1.25, memory_add_gb = 0.3, time_min_minutes = 30, job_guess_s = 60;
  std::int64_t rounds = 3, requeues = 3, signal_s = 120;
  double call_timeout_s = 60, patience_minutes = 10;
  double usd_per_gpu_hour = 0;
  std::vector<std::string> environment{"PATH", "HOME", "USER", "LANG", "LD_LIBRARY_PATH", "SLURM_CONF"}, prologue;
  std::string executable;
  SlurmProfile();
  void describe(Fields& f);
};

/// Throws Error{config} that lists all errors, Error{input} if the file cannot be read. An empty path: the defaults.
SlurmProfile load_slurm_profile(const fs::path& file);
/// Every key with its value and its comment.
std::string slurm_profile_yaml(const SlurmProfile& profile);

}  // namespace syconn
