// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

namespace syconn {

/// What a runner tells while it works.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void message(const std::string& line) = 0;
  virtual void begin(const std::string& what, std::int64_t jobs, std::int64_t jobs_done) = 0;
  /// One more job of this step is done; `voxels` it owned (0 for steps that are not spatial).
  virtual void job_done(std::int64_t voxels) = 0;
  virtual void end() = 0;
};

/// On a terminal one bar, redrawn (done/total, Mvx/s, ETA); else a line every 30 s or 5 %. `out` outlives the object.
std::unique_ptr<Progress> make_progress(std::ostream& out, bool terminal, bool quiet);

/// "1 h 02 min", "3 min 20 s", "4.2 s".
std::string duration_text(double seconds);

}  // namespace syconn
