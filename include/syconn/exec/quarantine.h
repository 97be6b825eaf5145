// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/box3.h"
#include "syconn/core/files.h"
#include "syconn/core/json.h"

/// Chunks that a run goes on without, only where that was asked for (`--quarantine K`). A chunk is left out of one
/// step; its outputs there are those of a chunk that holds nothing, and every result behind it lists what it lacks.
namespace syconn {

struct QuarantinedJob {
  std::string stage, step;
  std::int64_t job = 0;
  Box3 box;         ///< dataset voxels
  std::string why;  ///< its last error
  bool operator==(const QuarantinedJob& other) const {
    return stage == other.stage && step == other.step && job == other.job;
  }
};

/// RUN/quarantine.json.
struct Quarantine {
  std::size_t most = 0;  ///< chunks that may be left out
  std::vector<QuarantinedJob> jobs;
  bool holds(const std::string& stage, const std::string& step, std::int64_t job) const;
  std::vector<QuarantinedJob> of_stage(const std::string& stage) const;
  std::size_t chunks() const;  ///< different boxes
};

fs::path quarantine_file(const fs::path& run);
Quarantine read_quarantine(const fs::path& run);  ///< empty where there is none; throws Error{input} if it is damaged
void write_quarantine(const fs::path& run, const Quarantine& quarantine);
/// At most so many chunks from now on. Fewer than were left out so far: all of them are tried again, and what was made
/// without them is made anew.
void ask_quarantine(const fs::path& run, std::size_t most);

/// [{"stage", "step", "job", "box_vx"}]: what results list; no times, no errors.
Json quarantine_json(const std::vector<QuarantinedJob>& jobs);
/// Lines for people; "" where nothing was left out.
std::string quarantine_text(const Json& jobs);
inline std::string quarantine_text(const std::vector<QuarantinedJob>& jobs) {
  return quarantine_text(quarantine_json(jobs));
}

}  // namespace syconn
