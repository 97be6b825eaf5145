// SPDX-License-Identifier: GPL-3.0-or-later
// The published networks with their recipes, on few cells and with fewer samples a step: they learn within 50 steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <numeric>

#include "child_process.h"
#include "support/temp_folder.h"
#include "syconn/core/json.h"
#include "syconn/nn/room.h"

namespace syconn {
namespace {

constexpr std::ptrdiff_t kSome = 10;  // steps whose mean loss is compared

void run(const std::vector<std::string>& arguments, const fs::path& log) {
  ASSERT_EQ(test::wait_for(test::start_syconn(arguments, log)), 0) << read_file(log);
}

// Four whole cells in a 60 um box.
const fs::path& cells() {
  static const test::TempFolder folder;
  static const fs::path made = [] {
    run({"phantom", "--vector", "--box-um", "60,60,60", "--cells", "4", "-q", "-o", folder.path() / "cells"},
        folder.path() / "log");
    return folder.path() / "cells";
  }();
  return made;
}

struct Recipe {
  const char* name;
  std::vector<std::string> arguments;
  std::int64_t parameters;
};
std::ostream& operator<<(std::ostream& out, const Recipe& r) { return out << r.name; }

class PaperRecipe : public testing::TestWithParam<Recipe> {};

TEST_P(PaperRecipe, LearnsWithinFiftySteps) {
  if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  const test::TempFolder folder;
  const fs::path out = folder.path() / "model";
  std::vector<std::string> arguments{"train"};
  arguments.insert(arguments.end(), GetParam().arguments.begin(), GetParam().arguments.end());
  arguments.insert(arguments.end(),
                   {"--recipe", "paper", "--steps", "50", "--device", "cpu", "--run", cells(), "-o", out});
  run(arguments, folder.path() / "log");
  const Json report = parse_json(read_file(out / "report.json"), "report.json");
  EXPECT_EQ(report.at("parameters"), GetParam().parameters);
  const auto losses = report.at("losses").get<std::vector<double>>();
  ASSERT_EQ(losses.size(), 50U);
  const double first = std::accumulate(losses.begin(), losses.begin() + kSome, 0.0) / kSome,
               last = std::accumulate(losses.end() - kSome, losses.end(), 0.0) / kSome;
  std::cout << GetParam().name << ": mean loss of the first ten steps " << first << ", of the last ten " << last
            << '\n';
  EXPECT_LT(last, 0.8 * first);
}

INSTANTIATE_TEST_SUITE_P(Published, PaperRecipe,
                         testing::Values(Recipe{"celltype", {"celltype", "--batch", "2"}, 3'889'398},
                                         Recipe{"ads", {"compartment", "--target", "ads", "--batch", "2"}, 595'235},
                                         Recipe{"dnh", {"compartment", "--target", "dnh", "--batch", "4"}, 595'235}),
                         [](const auto& recipe) { return std::string(recipe.param.name); });

}  // namespace
}  // namespace syconn
