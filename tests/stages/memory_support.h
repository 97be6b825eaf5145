// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a config with the executable in one lane and compares every step's peak memory with what its plan declares.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "stages/child_process.h"

namespace syconn::test {

/// Highest resident set of a step's jobs, as their markers say.
inline double step_peak_bytes(const fs::path& step) {
  double peak = 0;
  for (const auto& marker : fs::directory_iterator(step / "done"))
    peak = std::max(peak, parse_json(read_file(marker.path()), "marker").at("peak_rss_bytes").get<double>());
  return peak;
}

/// `sets`: further --set arguments. Prints a line a step.
inline void expect_steps_within_declared(const fs::path& config, const fs::path& run, std::vector<std::string> sets) {
  sets.insert(sets.end(), {"execution.threads=1", "execution.executor=local", "execution.memory_gb=16"});
  std::vector<std::string> command{"run", "-c", config.string(), "-o", run.string()};
  for (const std::string& set : sets) command.insert(command.end(), {"--set", set});
  std::vector<std::string> dry = command;
  dry.push_back("--dry-run");
  const Json plan = syconn_json(dry, run.string() + ".plan.json");
  syconn_json(command, run.string() + ".done.json");
  for (const auto& stage : plan.at("stages"))
    for (const auto& step : stage.at("steps")) {
      const std::string name = stage.at("name").get<std::string>() + "/" + step.at("name").get<std::string>();
      EXPECT_EQ(step.at("at_once").get<int>(), 1) << name;
      const double declared = step.at("memory_bytes").get<double>(), peak = step_peak_bytes(run / "work" / name);
      EXPECT_GT(peak, 0) << name;
      EXPECT_LE(peak, declared) << name;
      std::printf("%-28s peak %6.0f MB, declared %6.0f MB\n", name.c_str(), 1e-6 * peak, 1e-6 * declared);
    }
}

}  // namespace syconn::test
