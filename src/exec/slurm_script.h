// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <string>

#include "syconn/exec/run_plan.h"
#include "syconn/exec/slurm.h"

namespace syconn {

/// The text of slurm/step.sbatch and slurm/gate.sbatch, compiled in.
extern const char* const kStepTemplate;
extern const char* const kGateTemplate;
extern const char* const kGpuCheck;  ///< slurm/gpu_check.sh, of scripts whose tasks are given a GPU

/// @NAME@ becomes its value; a `#SBATCH` line whose value is empty, and a line that is @NAME@ alone and empty, are left
/// out. Throws std::logic_error for a name without a value.
std::string fill_template(const std::string& text, const std::map<std::string, std::string>& values);

const SlurmClass& class_of(const SlurmProfile& profile, const StepPlan& step);
/// Requested memory of a step's tasks, MiB. Throws Error{config} if the site's cap is lower.
std::int64_t requested_memory_mb(const SlurmProfile& profile, const StagePlan& plan, const StepPlan& step);
/// "1-02:30:00"
std::string slurm_time(std::int64_t minutes);

std::string step_script(const PipelineRun& run, const StagePlan& plan, const StepPlan& step,
                        const SlurmProfile& profile, const SlurmCaller& caller);
std::string gate_script(const PipelineRun& run, const SlurmProfile& profile, const SlurmCaller& caller);
/// Writes a script unless somebody has edited the one that stands there.
void write_script(const fs::path& path, const std::string& text);

}  // namespace syconn
