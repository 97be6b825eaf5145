// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "syconn/stages/train_unet.h"

namespace syconn {

/// `syconn train unet`: its options, and what they ask for.
class TrainUNetCommand {
 public:
  CLI::App* add_to(CLI::App& app);
  int run();

 private:
  UNetTraining training() const;

  std::vector<std::string> phantoms_, test_phantoms_, classes_{"mi", "vc", "sj"}, labels_;
  std::string raw_, out_ = "model", recipe_ = "small", name_ = "unet", device_ = "auto", description_;
  std::vector<std::int64_t> patch_, planar_, box_, test_box_, mag_;
  std::vector<double> weights_;
  int blocks_ = 0, filters_ = 0, batch_ = 0, threads_ = 0;
  std::int64_t steps_ = 0, schedule_steps_ = 0, min_object_ = 100;
  double learning_rate_ = 0, held_out_ = 0.2, freeze_norms_ = 0.2;
  std::uint64_t seed_ = 1;
  bool json_ = false;
};

}  // namespace syconn
