# SPDX-License-Identifier: GPL-3.0-or-later
# The scripts of slurm/ become texts in the program.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS slurm/step.sbatch slurm/gate.sbatch slurm/gpu_check.sh)
file(READ ${PROJECT_SOURCE_DIR}/slurm/step.sbatch SYCONN_STEP_SBATCH)
file(READ ${PROJECT_SOURCE_DIR}/slurm/gate.sbatch SYCONN_GATE_SBATCH)
file(READ ${PROJECT_SOURCE_DIR}/slurm/gpu_check.sh SYCONN_GPU_CHECK)
string(REGEX REPLACE "^#[^\n]*\n" "" SYCONN_GPU_CHECK "${SYCONN_GPU_CHECK}")  # the licence stands on top of the script
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/slurm_templates.cpp @ONLY CONTENT
[[namespace syconn {
extern const char* const kStepTemplate;
extern const char* const kGateTemplate;
extern const char* const kGpuCheck;
const char* const kStepTemplate = R"sbatch(@SYCONN_STEP_SBATCH@)sbatch";
const char* const kGateTemplate = R"sbatch(@SYCONN_GATE_SBATCH@)sbatch";
const char* const kGpuCheck = R"sbatch(@SYCONN_GPU_CHECK@)sbatch";
}  // namespace syconn
]])
target_sources(syconn_exec PRIVATE ${PROJECT_BINARY_DIR}/slurm_templates.cpp)
