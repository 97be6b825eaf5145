// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "syconn/core/parallel.h"

namespace syconn {

/// What all trainings of networks of points ask for. 0 and empty: the recipe's.
struct PointTrainingOptions {
  std::vector<std::string> runs, test_runs;
  std::string out = "model", recipe = "small", name, device = "auto", description;
  int batch = 0, threads = 0, points = 0;
  std::int64_t steps = 0;
  double learning_rate = 0, context_nm = 0, memory_gb = 8;
  std::uint64_t seed = 1;
  bool json = false;

  bool paper() const { return recipe == "paper"; }
  void add_data_to(CLI::App& sub, const std::string& run_help, const std::string& test_help);
  /// `samples`: what a batch counts.
  void add_recipe_to(CLI::App& sub, const std::string& samples);
  void add_output_to(CLI::App& sub);

  /// Over what the recipe says.
  template <class Training>
  void apply(Training& t) const {
    t.description = description;
    t.train.assign(runs.begin(), runs.end()), t.test.assign(test_runs.begin(), test_runs.end());
    if (steps > 0) t.steps = steps;
    if (batch > 0) t.batch = batch;
    if (points > 0) t.card.n_points = points;
    if (learning_rate > 0) t.options.learning_rate = learning_rate;
    if (context_nm > 0) {
      t.card.scale_nm *= context_nm / t.card.context_nm, t.card.pivot_nm *= context_nm / t.card.context_nm;
      t.card.context_nm = context_nm;
    }
    t.options.total_steps = static_cast<int>(t.steps);
    t.seed = seed, t.out = out, t.memory_gb = memory_gb;
    t.device = {device, false, threads > 0 ? threads : available_threads()};
  }
};

/// Tells every twentieth step of `steps`, and the last, on the standard error.
std::function<void(std::int64_t, double)> step_printer(std::int64_t steps);

}  // namespace syconn
