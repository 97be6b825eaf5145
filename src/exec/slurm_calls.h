// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/files.h"

/// SLURM's commands as child processes: each under a time limit, written to RUN/slurm/calls.log, texts not JSON (its
/// shape changes between versions).
namespace syconn {

struct CallResult {
  int code = 0;  ///< 124: no answer in time
  std::string out, err;
};

/// A job or array task of this run that SLURM knows.
struct QueuedJob {
  std::string id;  ///< "17" or "17_3"
  std::string state, reason;
  std::string kind, stage, step;  ///< kind: task or gate
  std::int64_t round = 0;
  std::string node_list;
  std::string array_id() const { return id.substr(0, id.find('_')); }
  /// Not yet over: it runs, waits, or was put back.
  bool is_active() const {
    return !is_failed_launch() && state != "COMPLETED" && state != "FAILED" && state != "CANCELLED";
  }
  /// Put back and held by SLURM itself, after a crash of the controller or a node; nobody releases it.
  bool is_failed_launch() const { return state == "PENDING" && reason.find("launch failed") != std::string::npos; }
  /// Why waiting does not help and what to type; empty: it may start by itself.
  std::string hopeless() const;
};

struct SlurmLimits {
  std::int64_t max_array = 1001, max_jobs = 10000;
};

class SlurmCalls {
 public:
  /// `environment`: NAME=value of the calling process; variables of an enclosing job are not handed on.
  SlurmCalls(std::vector<std::string> environment, double timeout_s, fs::path log);

  CallResult call(std::vector<std::string> arguments) const;
  /// squeue once. Throws Error{retry} if SLURM does not answer.
  std::vector<QueuedJob> queue(const std::string& run_id) const;
  SlurmLimits limits() const;

 private:
  std::vector<std::string> environment_;
  double timeout_s_;
  fs::path log_;
};

/// Whether a refused sbatch may be accepted later as it stands.
bool is_passing_trouble(const CallResult& result);
/// Refused since too many jobs would be queued.
bool is_submit_limit(const CallResult& result);

/// Splits at each `separator`.
std::vector<std::string> split_text(const std::string& text, char separator);
/// For /bin/bash, in single quotes.
std::string shell_quoted(const std::string& text);

}  // namespace syconn
