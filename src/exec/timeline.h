// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <utility>
#include <vector>

namespace syconn {

/// From seconds to pixels, without the long pauses in which nothing ran (a run that was resumed days later).
class TimeAxis {
 public:
  static constexpr double kLeft = 190, kWidth = 760;
  struct Pause {
    double x = 0, seconds = 0;
  };

  /// Start and end of everything that ran, in any order.
  explicit TimeAxis(std::vector<std::pair<double, double>> times) {
    std::sort(times.begin(), times.end());
    double covered = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      const double before = i == 0 ? times[i].first : reach_;
      covered += std::max(0.0, times[i].second - std::max(before, times[i].first));
      reach_ = std::max(before, times[i].second);
    }
    const double longest = std::max(60.0, 0.1 * covered);  // pauses up to this stay
    for (const auto& [start, end] : times)
      if (pieces_.empty() || start - pieces_.back().second > longest)
        pieces_.emplace_back(start, end);
      else
        pieces_.back().second = std::max(pieces_.back().second, end);
    for (const auto& [start, end] : pieces_) busy_s_ += end - start;
  }
  double busy_s() const { return busy_s_; }  ///< without the pauses
  double at(double time) const {
    double before = 0;
    for (const auto& [start, end] : pieces_) {
      if (time <= end) return x_of(before + std::max(0.0, time - start));
      before += end - start;
    }
    return x_of(before);
  }
  std::vector<Pause> pauses() const {
    std::vector<Pause> list;
    for (std::size_t i = 1; i < pieces_.size(); ++i)
      list.push_back({at(pieces_[i].first), pieces_[i].first - pieces_[i - 1].second});
    return list;
  }

 private:
  double x_of(double seconds) const { return kLeft + kWidth * seconds / std::max(busy_s_, 1e-3); }
  std::vector<std::pair<double, double>> pieces_;
  double busy_s_ = 0, reach_ = 0;
};

}  // namespace syconn
