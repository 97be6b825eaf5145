// SPDX-License-Identifier: GPL-3.0-or-later
// The published networks with their recipes, on few cells and little tissue, with fewer or (U-Net) smaller samples a
// step than published, so that a core takes minutes: they learn within 50 steps.
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

// Dense tissue of 2.6 x 2.6 x 2.4 um with its micrograph.
const fs::path& tissue() {
  static const test::TempFolder folder;
  static const fs::path made = [] {
    write_file_atomically(folder.path() / "tissue.yml",
                          "dataset:\n  name: tissue\n  voxel_size_nm: [10, 10, 25]\n"
                          "  box_vx: {min: [0, 0, 0], max: [256, 256, 96]}\n  volumes: {}\nphantom: {seed: 7}\n");
    run({"phantom", "-c", folder.path() / "tissue.yml", "-q", "-o", folder.path() / "tissue"}, folder.path() / "log");
    return folder.path() / "tissue";
  }();
  return made;
}

struct Recipe {
  const char* name;
  std::vector<std::string> arguments;
  std::int64_t parameters;
  bool of_tissue = false;
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
                   {"--recipe", "paper", "--steps", "50", "--device", "cpu", "-o", out,
                    GetParam().of_tissue ? "--phantom" : "--run", GetParam().of_tissue ? tissue() : cells()});
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

INSTANTIATE_TEST_SUITE_P(
    Published, PaperRecipe,
    testing::Values(Recipe{"celltype", {"celltype", "--batch", "2"}, 3'889'398},
                    Recipe{"ads", {"compartment", "--target", "ads", "--batch", "2"}, 595'235},
                    Recipe{"dnh", {"compartment", "--target", "dnh", "--batch", "4"}, 595'235},
                    // of an untrained net most triplets are in order already: half the published 16 are few enough
                    Recipe{"embed", {"embed", "--batch", "8"}, 3'889'914},
                    // the published batch of 2, a tenth of the patch in x and y; norms settle after the last step
                    Recipe{"unet",
                           {"unet", "--classes", "mi", "--patch", "48,48,16", "--held-out", "0", "--freeze-norms", "0"},
                           4'062'338,
                           true}),
    [](const auto& recipe) { return std::string(recipe.param.name); });

}  // namespace
}  // namespace syconn
