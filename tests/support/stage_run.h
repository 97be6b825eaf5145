// SPDX-License-Identifier: GPL-3.0-or-later
// For tests of stages: inputs on disk, and a run of the stages of a YAML text in this process.
#pragma once
#include <iostream>
#include <string>
#include <vector>

#include "support/temp_folder.h"
#include "syconn/exec/runner.h"
#include "syconn/io/volume_writer.h"
#include "syconn/stages/table.h"

namespace syconn::test {

/// One HDF5 file with the dataset `name`, as an input volume.
template <class T>
void write_volume(const fs::path& file, const std::string& name, const Volume<T>& voxels,
                  const Vec3d& voxel_size_nm = {10, 10, 25}) {
  VolumeMeta meta;
  meta.voxel_size_nm = voxel_size_nm;
  write_volume_chunk(file, name, voxels.view(), meta);
}

/// Runs the stages that `yaml` lists (or `only`) into folder/`out`; paths in `yaml` start at `folder`.
inline RunSummary run_stages(const std::string& yaml, const fs::path& folder, const std::string& out = "run",
                             const std::vector<std::string>& only = {}) {
  const PipelineRun run(parse_config(yaml, "test.yml", folder, {}, stage_table().sections()), folder / out, stage_table(),
                only);
  const auto progress = make_progress(std::cerr, false, true);
  return run_local(run, {}, *progress);
}

}  // namespace syconn::test
