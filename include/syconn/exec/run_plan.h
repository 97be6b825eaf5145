// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "syconn/exec/job.h"
#include "syconn/exec/stage.h"

namespace syconn {

/// How much is checked before a job counts as done: the marker and the sizes of its files, or their CRC-32C too.
enum class CheckLevel { sizes, full };

struct StepPlan {
  const Step* step = nullptr;
  std::int64_t jobs = 0;
  std::uint64_t memory_bytes = 0;
  bool gpu = false;
  std::string hash;  ///< what its markers must bear: the stage's hash, of early steps early_hash; see left_out
  /// What its results lack. Steps behind a step that lacks jobs of its own have other hashes than with them.
  std::vector<QuarantinedJob> left_out;
  std::string context_hash, context_early_hash;  ///< of the stage, as its jobs see them
};

/// One stage of a run: its hash, geometry and arrays. Pure and cheap; reads no outputs of steps.
struct StagePlan {
  const Stage* stage = nullptr;
  Geometry geometry;
  std::string hash;         ///< covers result-changing keys, stage version, input fingerprints, hashes of needed stages
  std::string early_hash;   ///< the same without late inputs
  Json keys;                ///< what the hash covers
  std::string result_hash;  ///< `hash` and what its own results lack
  std::vector<QuarantinedJob> left_out;  ///< what its results lack, of its own steps and those of needed stages
  std::vector<StepPlan> steps;
};

/// A run folder bound to a config: RUN/config.yml, plan.json, work/, datasets/, volumes/.
class PipelineRun {
 public:
  /// Plans the stages of `config` (config.stages, else all with their inputs; `only` overrides). Touches no disk but
  /// reads inputs. A stage whose finished part was made with another chunk size keeps that chunk size.
  PipelineRun(RunConfig config, fs::path folder, const StageTable& table, const std::vector<std::string>& only = {});
  /// A run folder as it stands: its config.yml and plan.json suffice.
  static PipelineRun open(const fs::path& folder, const StageTable& table);

  /// The run that the records tell of: config.yml, and every work/<stage>/stage.json with its stored keys and hashes.
  /// Looks at no input, so it can be had where these are elsewhere; steps have no memory_bytes. Throws Error{input,
  /// config}.
  static PipelineRun of_records(const fs::path& folder, const StageTable& table);

  const RunConfig& config() const { return config_; }
  const fs::path& folder() const { return folder_; }
  const StageTable& table() const { return *table_; }
  const std::vector<StagePlan>& stages() const { return plans_; }
  const StagePlan& stage(const std::string& name) const;
  /// Whether a run of the whole config has this stage: listed in `stages`; without a list, each that has its inputs.
  bool part_of_run(const std::string& stage) const;

  /// Writes config.yml and plan.json and a stage.json a stage. Idempotent.
  void write() const;
  Json plan_json() const;

  fs::path step_folder(const StagePlan& plan, const StepPlan& step) const;
  /// Why job `index` must run; empty: done.
  std::string why_pending(const StagePlan& plan, const StepPlan& step, std::int64_t index, CheckLevel level) const;
  /// What the marker of a job must bear.
  std::string job_hash(const StagePlan& plan, const StepPlan& step, std::int64_t index) const;
  bool is_left_out(const StagePlan& plan, const StepPlan& step, std::int64_t index) const;
  const Quarantine& quarantine() const { return quarantine_; }
  std::vector<std::int64_t> pending(const StagePlan& plan, const StepPlan& step, CheckLevel level) const;
  Job job(const StagePlan& plan, const StepPlan& step, std::int64_t index) const;
  /// Keys of a stage that differ from those its stored results were made with; empty when there are none.
  std::vector<std::string> changes(const StagePlan& plan) const;
  /// Throws Error{retry} unless every stage that `plan` needs, and is not part of this run, is complete with the hash
  /// the config gives now; the message names what changed.
  void require_needs(const StagePlan& plan) const;

 private:
  PipelineRun() = default;
  /// needs, and what of uses is part of the run.
  std::vector<std::string> needs_of(const Stage& stage) const;
  Geometry geometry_now() const;
  StagePlan plan_stage(const Stage& stage) const;
  StagePlan plan_stage(const Stage& stage, const StageInputs& inputs) const;
  /// Hashes and jobs of the steps, from geometry, hashes and what the needed stages left out.
  void plan_steps(StagePlan& plan) const;
  RunConfig config_;
  fs::path folder_;
  const StageTable* table_ = nullptr;
  Box3 box_;
  Quarantine quarantine_;
  std::vector<StagePlan> plans_;
};

}  // namespace syconn
