// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "syconn/exec/quarantine.h"
#include "syconn/exec/stage.h"

namespace syconn {

/// One job: a chunk of space or a slice of an id space.
struct Job {
  std::int64_t index = 0, count = 1;
  Box3 box;  ///< voxels it owns; the whole dataset unless the step is per_chunk
};

/// What a job may see: config, its place, outputs of earlier steps. Results must depend on nothing else.
class JobContext {
 public:
  JobContext(const RunConfig& config, const Geometry& geometry, const Stage& stage, std::string step, Job job,
             fs::path run, std::string hash);
  ~JobContext();  ///< removes outputs that were not committed
  JobContext(const JobContext&) = delete;
  JobContext& operator=(const JobContext&) = delete;

  const RunConfig& config() const { return config_; }
  const Geometry& geometry() const { return geometry_; }
  const Job& job() const { return job_; }
  int threads() const { return threads_; }
  void set_threads(int n) { threads_ = n; }

  /// Declares an output, relative to the run folder, and returns the temporary path to write and close. The runner
  /// checks, fsyncs and renames all outputs when the job returns.
  fs::path output(const fs::path& relative);
  /// Declares a file that stands already, made by an earlier run and never changed, as an output of this job.
  void keep(const fs::path& relative) { kept_.push_back(relative); }
  /// Output `name` of this job in the step's work folder: work/<stage>/<step>/<name>.<index>.
  fs::path work_output(const std::string& name) { return output(work_file(step_, name, job_.index)); }
  /// A file of an earlier step of this stage, absolute.
  fs::path work_input(const std::string& step, const std::string& name, std::int64_t index) const;
  /// Any file of the run folder, absolute.
  fs::path in_run(const fs::path& relative) const { return run_ / relative; }

  /// The stage's hash (64 hex digits) and the 8 digits used in shard names.
  const std::string& hash() const { return hash_; }
  std::string hash8() const { return hash_.substr(0, 8); }
  /// The stage's hash without its late inputs.
  const std::string& early_hash() const { return early_hash_; }
  void set_early_hash(std::string hash) { early_hash_ = std::move(hash); }
  /// The chunk of this job was given up and the run was asked to go on without such chunks: it counts as empty.
  bool is_left_out() const { return is_left_out_; }
  /// `jobs`: all that the results of this job lack.
  void set_left_out(std::vector<QuarantinedJob> jobs, bool own) { left_out_ = std::move(jobs), is_left_out_ = own; }
  /// Deterministic part of the provenance: tool, version, stage, config hash; and what was left out, if anything.
  std::string provenance_json() const;

  /// Lines for the step's log, counts of what was filtered for the run's record; neither is part of a result.
  void note(const std::string& line) { notes_.push_back(line); }
  const std::vector<std::string>& notes() const { return notes_; }

  struct File {
    std::string path;  ///< relative to the run folder
    std::uint64_t bytes;
    std::string crc32c;
  };
  /// Checks that every declared output was written, fsyncs and renames. Called by runners.
  std::vector<File> commit();

 private:
  fs::path work_file(const std::string& step, const std::string& name, std::int64_t index) const;

  const RunConfig& config_;
  const Geometry& geometry_;
  const Stage& stage_;
  std::string step_;
  Job job_;
  fs::path run_;
  std::string hash_, early_hash_;
  int threads_ = 1;
  bool is_left_out_ = false;
  std::vector<QuarantinedJob> left_out_;
  std::vector<std::pair<fs::path, fs::path>> outputs_;  ///< temporary, final; absolute
  std::vector<fs::path> kept_;                          ///< relative to the run folder
  std::vector<std::string> notes_;
};

}  // namespace syconn
