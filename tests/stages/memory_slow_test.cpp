// SPDX-License-Identifier: GPL-3.0-or-later
// Declared memory of every step of all voxel stages against what it takes on the demo's tissue.
#include "stages/memory_support.h"
#include "support/temp_folder.h"

namespace syconn {
namespace {

TEST(StepMemory, DemoInOneChunk) {
  const test::TempFolder temp;
  const fs::path config = fs::path(SYCONN_SOURCE_DIR) / "configs/demo.yml";
  const std::string phantom = (temp / "phantom").string();
  test::syconn_json({"phantom", "-c", config.string(), "-o", phantom}, temp / "phantom.json");
  test::expect_steps_within_declared(config, temp / "run",
                                     {"dataset.root=" + phantom, "dataset.chunk_vx=[512, 512, 256]"});
}

}  // namespace
}  // namespace syconn
