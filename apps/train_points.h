// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "syconn/stages/train_points.h"
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
  std::vector<std::string> runs_, test_runs_;
  std::string out_ = "model", recipe_ = "small", target_ = "ads", name_, device_ = "auto", description_;
  int batch_ = 0, threads_ = 0, points_ = 0, test_contexts_ = 20;
  std::int64_t steps_ = 0;
  double learning_rate_ = 0, context_nm_ = 0;
  std::vector<double> class_weights_;
  std::uint64_t seed_ = 1;
  bool json_ = false;
};

}  // namespace syconn
