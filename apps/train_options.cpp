// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_options.h"

#include <iostream>

namespace syconn {

void PointTrainingOptions::add_data_to(CLI::App& sub, const std::string& run_help, const std::string& test_help) {
  const auto list = [](CLI::Option* option) { return option->allow_extra_args(false); };
  list(sub.add_option("--run", runs, run_help))->required()->type_name("DIR");
  list(sub.add_option("--test-run", test_runs, test_help))->type_name("DIR");
}

void PointTrainingOptions::add_recipe_to(CLI::App& sub, const std::string& samples) {
  sub.add_option("--recipe", recipe, "small (minutes on two cores) or paper")
      ->check(CLI::IsMember({"small", "paper"}))
      ->capture_default_str();
  sub.add_option("--steps", steps, "of the optimiser [of the recipe]")->check(CLI::PositiveNumber);
  sub.add_option("--batch", batch, samples + " a step [of the recipe]")->check(CLI::Range(1, 1024));
  sub.add_option("--points", points, "of a sample [of the recipe]")->check(CLI::Range(64, 1 << 20));
  sub.add_option("--context-nm", context_nm, "reach of a sample along the skeleton [of the recipe]")
      ->check(CLI::PositiveNumber);
  sub.add_option("--learning-rate", learning_rate, "at the start [of the recipe]")->check(CLI::PositiveNumber);
}

void PointTrainingOptions::add_output_to(CLI::App& sub) {
  sub.add_option("--seed", seed, "of weights and samples")->capture_default_str();
  sub.add_option("--device", device, "cpu, cuda or auto")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  sub.add_option("--threads", threads, "of the CPU; 0: all")->capture_default_str();
  sub.add_option("--memory-gb", memory_gb, "that the cells' points may take; all are held, more is an error")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub.add_option("--name", name, "of the model, in its card");
  sub.add_option("--description", description, "one line for its card");
  sub.add_option("-o,--out", out, "folder; called again, training goes on where it stopped")
      ->type_name("DIR")
      ->capture_default_str();
  sub.add_flag("--json", json, "the report as JSON");
}

std::function<void(std::int64_t, double)> step_printer(std::int64_t steps) {
  return [steps](std::int64_t step, double loss) {
    if (step % 20 == 0 || step == steps)
      std::cerr << "step " << step << " of " << steps << ", loss " << loss << std::endl;
  };
}

}  // namespace syconn
