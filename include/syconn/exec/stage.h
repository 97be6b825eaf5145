// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/chunk_grid.h"
#include "syconn/exec/config.h"

/// A stage (a subcommand) is a list of steps; a step is an array of independent jobs plus the resources one needs.
/// See docs/adding_a_stage.md.
namespace syconn {

class JobContext;

/// Where the data lie: all that the number of jobs may depend on.
struct Geometry {
  Box3 box;  ///< dataset voxels; `dataset.box_vx` or the whole supervoxel volume
  Vec3i chunk_vx{512, 512, 512};
  Vec3d voxel_size_nm;
  std::int64_t merge_fan_in = 64;  ///< job files a step reads at most; more are merged in a tree

  ChunkGrid grid() const { return {box, chunk_vx}; }
  std::int64_t voxels() const { return box.voxels(); }
  /// Slices of an id (or pair-hash) space: one a 2^25 voxels, at least 4, at most 4,096. Independent of the chunks.
  std::uint32_t id_slices() const;
};

/// How a step splits into jobs: a pure function of the geometry.
struct FanOut {
  std::string name;
  std::function<std::int64_t(const Geometry&)> count;
};
extern const FanOut once;
extern const FanOut per_chunk;
extern const FanOut per_id_slice;

struct Resources {
  int cpus = 1;
  double mem_gb = 4;  ///< of one job; the local runner's and SLURM's request
  bool gpu = false;
  double mvx_per_s = 0;        ///< expected speed of a core, for estimates; 0: small against the rest
  double bytes_per_voxel = 0;  ///< expected output, for estimates
};

using RunJob = std::function<void(JobContext&, const AnyConfig&)>;

struct Step {
  std::string name;
  FanOut fan_out;
  RunJob run;
  Resources resources;
  /// Optional bound of one job's memory, replaces resources.mem_gb.
  std::function<std::uint64_t(const RunConfig&, const Geometry&)> memory_bytes = {};
  /// Depends on no late input (StageInputs::late_fingerprints); reads steps of its kind only.
  bool early = false;
  /// Optional: whether the config makes its jobs need a GPU, beside resources.gpu.
  std::function<bool(const RunConfig&)> wants_gpu = {};
  /// Its jobs know JobContext::is_left_out: outputs as of a chunk that holds nothing, made without reading it.
  bool can_be_left_out = false;
};

/// What a stage found of its inputs: names of what is missing, and for the stage's hash what identifies the rest.
struct StageInputs {
  std::vector<std::string> missing;
  Json fingerprints = Json::object();
  /// What only steps without `early` depend on: when nothing else changed, early steps are not done again.
  Json late_fingerprints = Json::object();
};

/// What a rerun whose late inputs changed would make again, for --dry-run: "<what>: <count>", the first ids.
struct DryRunPreview {
  std::string what;
  std::uint64_t count = 0;
  std::vector<Id> ids;
};

struct Stage {
  std::string name;   ///< subcommand and config section; set by the stage table
  std::string title;  ///< one line
  Section section;
  std::vector<Step> steps;
  std::vector<std::string> needs;  ///< stages whose results are read
  std::vector<std::string> uses;   ///< the same, as far as they are part of the run (PipelineRun::part_of_run)
  std::function<StageInputs(const RunConfig&, const Geometry&)> inputs;
  /// Optional, of a stage with early steps: (config, run folder, early hash) -> preview; nothing: all is made.
  std::function<std::optional<DryRunPreview>(const RunConfig&, const fs::path&, const std::string&)> preview;
  std::vector<std::string> reads, writes;  ///< for --help
  bool in_run = true;                      ///< walked by `syconn run`
  int version = 1;                         ///< counts changes of the result at equal config

  Stage& reading(std::function<StageInputs(const RunConfig&, const Geometry&)> fn, std::vector<std::string> files) {
    return inputs = std::move(fn), reads = std::move(files), *this;
  }
  Stage& needing(std::vector<std::string> stages) { return needs = std::move(stages), *this; }
  Stage& using_results_of(std::vector<std::string> stages) { return uses = std::move(stages), *this; }
  /// Step::can_be_left_out of the step of this name.
  Stage& leaving_out(const std::string& step) {
    for (Step& s : steps) s.can_be_left_out |= s.name == step;
    return *this;
  }
  Stage& previewing(decltype(preview) fn) { return preview = std::move(fn), *this; }
  Stage& writing(std::vector<std::string> files) { return writes = std::move(files), *this; }
};

/// The stages in the order they run, and what they know of the inputs.
struct StageTable {
  std::vector<Stage> stages;
  std::function<Box3(const RunConfig&)> dataset_box;
  /// Optional: how many chunks each volume with allow_missing lacks, by name. Looks for every chunk.
  std::function<Json(const RunConfig&)> missing_chunks = {};

  const Stage& at(const std::string& name) const;  ///< throws Error{usage} with a suggestion
  std::vector<Section> sections() const;
};

template <class Config>
struct TypedStep {
  std::string name;
  FanOut fan_out;
  void (*run)(JobContext&, const Config&);
  Resources resources = {};
  std::function<std::uint64_t(const RunConfig&, const Geometry&)> memory_bytes = {};
  bool early = false;
};

/// The tail of a stage's file: title and steps of functions over its own config struct.
template <Described Config>
Stage make_stage(std::string title, std::vector<TypedStep<Config>> steps) {
  Stage stage;
  stage.title = std::move(title);
  stage.section = make_section<Config>("", stage.title);
  for (auto& s : steps)
    stage.steps.push_back({s.name,
                           s.fan_out,
                           [run = s.run](JobContext& ctx, const AnyConfig& any) {
                             run(ctx, static_cast<const ConfigOf<Config>&>(any).value);
                           },
                           s.resources,
                           s.memory_bytes,
                           s.early,
                           {}});
  return stage;
}

}  // namespace syconn
