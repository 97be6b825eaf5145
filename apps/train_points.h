// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "syconn/stages/train_points.h"
#include "train_options.h"
#include "train_variant.h"

namespace syconn {

/// `syconn train celltype`, `compartment` and `astrocyte`: their options, and what they ask for.
class TrainPointsCommand {
 public:
  explicit TrainPointsCommand(PointTask task) : task_(task) {}
  CLI::App* add_to(CLI::App& app);
  int run();

 private:
  PointTraining training() const;

  PointTask task_;
  TrainVariant variant_;
  PointTrainingOptions common_;
  std::string target_ = "ads";
  int test_contexts_ = 20;
  std::vector<double> class_weights_;
};

}  // namespace syconn
