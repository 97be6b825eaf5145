// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "syconn/exec/run_plan.h"

/// Rounds of a step: which task does which jobs, what was submitted, and what the tasks left as evidence.
namespace syconn {

struct RoundArray {
  std::int64_t first = 0, count = 0;  ///< lines of the round's manifest
  std::int64_t memory_mb = 0, time_min = 0;
  std::string job_id;  ///< empty: sbatch has not answered
};

/// A round of some step.
struct RoundRef {
  std::string stage, step;
  std::int64_t round = 0;
  bool is_set() const { return !stage.empty(); }
};

/// work/<stage>/<step>/sbatch/round_<n>.json and .tsv.
struct Round {
  std::int64_t number = 1, campaign = 1;
  std::string hash;       ///< of the step
  std::string time;       ///< when it was written
  std::string gate_id;    ///< empty: not everything was submitted
  std::int64_t jobs = 0;  ///< pending when it was made
  std::vector<std::string> excluded_nodes;
  std::vector<RoundArray> arrays;
  std::vector<RoundRef> then;  ///< small steps that the only task of this round does after it
  RoundRef leader;             ///< the round whose task does this one; not set: it has tasks of its own
  bool is_submitted() const { return !gate_id.empty(); }
};

/// What happened to one task, from attempts/<round>.<index>.jsonl (the program) and .shell (its script).
struct TaskEvidence {
  std::set<std::int64_t> open;  ///< jobs begun and neither done nor failed
  std::set<std::int64_t> done;
  std::set<std::string> lost_nodes;                        ///< where it ended without a word, or found no device
  std::map<std::string, std::int64_t> done_on, failed_on;  ///< node -> jobs
  std::map<std::int64_t, std::string> failed_node;         ///< job -> where it failed last
  bool started = false, killed = false, near_time_limit = false, told = false;
  std::int64_t memory_mb = 0, attempts = 0, requeues = 0;
};

class StepRounds {
 public:
  StepRounds(const PipelineRun& run, const StagePlan& plan, const StepPlan& step)
      : folder_(run.step_folder(plan, step)) {}
  explicit StepRounds(fs::path step_folder) : folder_(std::move(step_folder)) {}
  /// Of the step that `ref` names, in the same run.
  StepRounds of(const RoundRef& ref) const {
    return StepRounds(folder_.parent_path().parent_path() / ref.stage / ref.step);
  }

  fs::path folder() const { return folder_ / "sbatch"; }
  fs::path manifest(std::int64_t round) const { return folder() / ("round_" + std::to_string(round) + ".tsv"); }
  fs::path record(std::int64_t round) const { return folder() / ("round_" + std::to_string(round) + ".json"); }
  fs::path attempts(std::int64_t round, std::int64_t index) const {
    return folder_ / "attempts" / (std::to_string(round) + "." + std::to_string(index));
  }
  fs::path logs(std::int64_t round) const { return folder_ / "logs" / ("round_" + std::to_string(round)); }

  std::vector<Round> all() const;  ///< by number
  Round one(std::int64_t round) const;
  /// Writes a round that must be new; throws Error{retry} if another submitter made the same number.
  void create(const Round& round, const std::vector<std::vector<std::int64_t>>& tasks) const;
  void update(const Round& round) const;
  std::vector<std::vector<std::int64_t>> tasks(std::int64_t round) const;
  /// Jobs of one line; throws Error{input} if there is no such line.
  std::vector<std::int64_t> task(std::int64_t round, std::int64_t index) const;
  TaskEvidence evidence(std::int64_t round, std::int64_t index) const;

 private:
  fs::path folder_;
};

/// "task<tab>job,job,..." a line.
std::string manifest_text(const std::vector<std::vector<std::int64_t>>& tasks);
/// The lines of a file of one JSON a line; damaged lines (a node died while writing) are left out.
std::vector<Json> read_json_lines(const fs::path& path);

}  // namespace syconn
