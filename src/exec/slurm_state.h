// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <string>

#include "syconn/core/files.h"

namespace syconn {

/// RUN/slurm/state.json: what submitters know of each other. Written under SubmitLock only.
struct SlurmRunState {
  std::string id;             ///< 8 hex digits, in every job's comment
  std::int64_t campaign = 0;  ///< counts starts by people; each gives all steps their rounds again
  std::string started;
  std::map<std::string, std::string> recorded;  ///< stage -> hash with a line in runs.jsonl
  /// steps given up in this campaign, "stage/step" -> why
  std::map<std::string, std::string> given_up;
};

fs::path slurm_folder(const fs::path& run);
SlurmRunState read_slurm_state(const fs::path& run);  ///< an empty id where there is none
void write_slurm_state(const fs::path& run, const SlurmRunState& state);

/// One submitter at a time in a run folder, over hosts that share a file system with locks. Freed by the kernel when
/// its process ends, however it ends.
class SubmitLock {
 public:
  /// Waits up to `patience_s`; throws Error{retry} naming who holds it.
  SubmitLock(const fs::path& run, double patience_s);
  ~SubmitLock();
  SubmitLock(const SubmitLock&) = delete;
  SubmitLock& operator=(const SubmitLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace syconn
