// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/exec/slurm.h"

namespace syconn {

/// This process, as the SLURM executor may know it.
SlurmCaller slurm_caller(const std::string& command_line);
/// How a command on a run of SLURM ends: as what it leaves the run, and its exit code.
struct SlurmEnd {
  SlurmState state;
  int exit_code;
};
/// `run --executor slurm`: submits, prints what, waits if asked. Exit code 6 where the run is blocked.
SlurmEnd slurm_run(const PipelineRun& run, bool wait, const std::string& command_line);
/// `run --executor slurm --dry-run` and `slurm plan`.
int slurm_plan(const PipelineRun& run, CheckLevel level, bool test_only, bool json);

}  // namespace syconn
