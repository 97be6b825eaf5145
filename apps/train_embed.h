// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>

#include "syconn/stages/train_embed.h"
#include "train_options.h"

namespace syconn {

/// `syconn train embed`: its options, and what they ask for.
class TrainEmbedCommand {
 public:
  CLI::App* add_to(CLI::App& app);
  int run();

 private:
  EmbeddingTraining training() const;

  PointTrainingOptions common_;
  double positive_nm_ = 15'000, margin_ = 0.2, l1_ = 0;
};

}  // namespace syconn
