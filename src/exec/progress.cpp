// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>

#include "syconn/core/format.h"
#include "syconn/core/run_stats.h"

namespace syconn {
namespace {

class StreamProgress final : public Progress {
 public:
  StreamProgress(std::ostream& out, bool terminal, bool quiet) : out_(out), terminal_(terminal), quiet_(quiet) {}

  void message(const std::string& line) override {
    const std::lock_guard lock(mutex_);
    if (quiet_) return;
    if (bar_shown_) out_ << "\r\033[K";
    bar_shown_ = false;
    out_ << line << std::endl;
  }
  void begin(const std::string& what, std::int64_t jobs, std::int64_t jobs_done) override {
    const std::lock_guard lock(mutex_);
    what_ = what, jobs_ = jobs, done_ = first_ = jobs_done, voxels_ = 0;
    step_ = Stopwatch(), last_s_ = 0, last_done_ = done_;
    if (terminal_) draw();
  }
  void job_done(std::int64_t voxels) override {
    const std::lock_guard lock(mutex_);
    ++done_, voxels_ += voxels;
    const double now = step_.seconds();
    if (terminal_) {
      if (now - last_s_ > 0.1) draw(), last_s_ = now;
      return;
    }
    const bool five_percent = (done_ - last_done_) * 20 >= jobs_ && now - last_s_ >= 1;
    if (done_ < jobs_ && (five_percent || now - last_s_ >= 30)) line();
  }
  void end() override {
    const std::lock_guard lock(mutex_);
    if (bar_shown_) out_ << "\r\033[K";
    bar_shown_ = false;
    if (quiet_ || done_ == first_) return;
    const double s = step_.seconds();
    out_ << what_ << ": " << done_ - first_ << (done_ - first_ == 1 ? " job" : " jobs") << " in " << duration_text(s);
    if (voxels_ > 0) out_ << format(", %.1f Mvx/s", 1e-6 * static_cast<double>(voxels_) / std::max(s, 1e-3));
    out_ << std::endl;
  }

 private:
  std::string state() const {
    const double s = step_.seconds();
    std::string text =
        format("%s: %lld/%lld jobs (%lld %%)", what_.c_str(), static_cast<long long>(done_),
               static_cast<long long>(jobs_), static_cast<long long>(jobs_ > 0 ? 100 * done_ / jobs_ : 100));
    if (voxels_ > 0) text += format(", %.1f Mvx/s", 1e-6 * static_cast<double>(voxels_) / std::max(s, 1e-3));
    // An estimate from nothing would be no estimate: none before the first job is done.
    if (done_ > first_)
      text += ", ETA " + duration_text(s / static_cast<double>(done_ - first_) * static_cast<double>(jobs_ - done_));
    return text;
  }
  void draw() {
    if (quiet_) return;
    constexpr int kWidth = 24;
    const int filled = jobs_ > 0 ? static_cast<int>(kWidth * done_ / jobs_) : kWidth;
    out_ << "\r\033[K[" << std::string(static_cast<std::size_t>(filled), '#')
         << std::string(static_cast<std::size_t>(kWidth - filled), '.') << "] " << state() << std::flush;
    bar_shown_ = true;
  }
  void line() {
    last_s_ = step_.seconds(), last_done_ = done_;
    if (!quiet_) out_ << state() << std::endl;
  }

  std::mutex mutex_;
  std::ostream& out_;
  bool terminal_, quiet_, bar_shown_ = false;
  std::string what_;
  std::int64_t jobs_ = 0, done_ = 0, first_ = 0, voxels_ = 0, last_done_ = 0;
  double last_s_ = 0;
  Stopwatch step_;
};

}  // namespace

std::unique_ptr<Progress> make_progress(std::ostream& out, bool terminal, bool quiet) {
  return std::make_unique<StreamProgress>(out, terminal, quiet);
}

std::string duration_text(double seconds) {
  if (seconds < 59.95) return format("%.1f s", seconds);
  const auto s = static_cast<long long>(std::llround(seconds));
  if (s < 3600) return format("%lld min %02lld s", s / 60, s % 60);
  return format("%lld h %02lld min", s / 3600, s / 60 % 60);
}

}  // namespace syconn
