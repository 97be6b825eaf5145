// SPDX-License-Identifier: GPL-3.0-or-later
// Real tissue by the configs that ship: the declared memory of every step against what it takes, and `syconn verify`.
#include <cstdlib>
#include <iostream>

#include "stages/memory_support.h"
#include "support/temp_folder.h"
#include "syconn/stages/verify.h"

namespace syconn {
namespace {

void expect_within_declared(const std::string& name, const std::string& file, std::vector<std::string> sets = {}) {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  const fs::path data = set != nullptr ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR) / ".." / "shared" / "data";
  if (!fs::exists(data / name / file)) GTEST_SKIP() << name << "/" << file << " is not in " << data;
  const test::TempFolder temp;
  sets.push_back("dataset.root=" + (data / name).string());
  test::expect_steps_within_declared(fs::path(SYCONN_SOURCE_DIR) / "configs" / (name + ".yml"), temp / "run", sets);
  // The runs are there anyway: nothing is wrong with results of real tissue.
  const auto progress = make_progress(std::cerr, false, true);
  const Json report = verify_run(temp / "run", {VerifyDepth::semantic, 2, false}, std::uint64_t{1} << 30, *progress);
  EXPECT_TRUE(report.at("clean").get<bool>()) << verify_text(report);
}

/// The whole volume as one chunk, so that the fixed parts of the bounds hide nothing.
TEST(StepMemoryData, Pinky40InOneChunk) {
  expect_within_declared("pinky40", "seg.h5", {"dataset.chunk_vx=[512, 512, 320]"});
}
TEST(StepMemoryData, FibMedulla) { expect_within_declared("fib_medulla", "supervoxels.h5"); }
TEST(StepMemoryData, Vnc) { expect_within_declared("vnc", "sj.h5", {"dataset.chunk_vx=[1024, 1024, 64]"}); }

}  // namespace
}  // namespace syconn
