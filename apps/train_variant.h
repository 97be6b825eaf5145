// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>

#include "syconn/stages/train_points.h"

namespace syconn {

/// Options of `syconn train` for networks of points that change what is seen and on which cells.
struct TrainVariant {
  int folds = 0, fold = -1;
  bool shape_only = false, place = false;

  void add_to(CLI::App& sub);
  /// Into a finished recipe. Throws Error{usage} for what does not go together.
  void apply(PointTraining& training) const;
  /// Trains on all folds, on one, or without.
  PointTrained train(const PointTraining& training, const std::function<void(std::int64_t, double)>& progress,
                     const std::atomic<int>* stop) const;
};

}  // namespace syconn
