// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "syconn/stages/train_embed.h"

namespace syconn {

/// `syconn train embed`: its options, and what they ask for.
class TrainEmbedCommand {
 public:
  CLI::App* add_to(CLI::App& app);
  int run();

 private:
  EmbeddingTraining training() const;

  std::vector<std::string> runs_, test_runs_;
  std::string out_ = "model", recipe_ = "small", name_ = "embed", device_ = "auto", description_;
  int batch_ = 0, threads_ = 0, points_ = 0;
  std::int64_t steps_ = 0;
  double learning_rate_ = 0, context_nm_ = 0, positive_nm_ = 15'000, margin_ = 0.2, l1_ = 0;
  std::uint64_t seed_ = 1;
  bool json_ = false;
};

}  // namespace syconn
