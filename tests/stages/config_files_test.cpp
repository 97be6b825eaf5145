// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "syconn/core/json.h"
#include "syconn/stages/table.h"

/// The configs of the project load with the real stages, and say what their names promise.
namespace syconn {
namespace {

RunConfig load(const std::string& name) {
  return load_config(fs::path(SYCONN_SOURCE_DIR) / "configs" / name, {}, stage_table().sections());
}

TEST(ConfigFiles, AllLoadAndSurviveTheirResolvedForm) {
  for (const std::string name : {"vnc", "fib_medulla", "pinky40", "demo", "example_sbem", "demo_networks"}) {
    const RunConfig config = load(name + ".yml");
    EXPECT_EQ(config.dataset.name, name);
    EXPECT_TRUE(config.dataset.volumes.contains("sv")) << name;
    EXPECT_THAT(config.stages, ::testing::Contains("contacts"));
    const RunConfig again = parse_config(resolved_yaml(config, stage_table().sections()), "resolved", config.folder, {},
                                         stage_table().sections());
    for (const auto& [section, value] : config.sections)
      EXPECT_EQ(result_keys(*again.sections.at(section)), result_keys(*value)) << name << ' ' << section;
  }
}

TEST(ConfigFiles, VncIsExpertLabels) {
  const RunConfig config = load("vnc.yml");
  EXPECT_EQ(config.dataset.voxel_size_nm, Vec3d(4.6, 4.6, 50));
  EXPECT_EQ(config.dataset.box_vx, Box3::of_size({1024, 1024, 14}));
  EXPECT_TRUE(result_keys(*config.sections.at("contacts")).at("sj_morphology").empty());
}

TEST(ConfigFiles, DemoIsThePhantomOfItsSize) {
  const RunConfig config = load("demo.yml");
  EXPECT_EQ(config.dataset.box_vx, Box3::of_size({512, 512, 256}));
  EXPECT_EQ(config.dataset.volumes.at("syn_type").sym, std::vector<Id>{2});
}

TEST(StageTable, NamesAreSubcommandsAndSections) {
  for (const Stage& stage : stage_table().stages) {
    EXPECT_EQ(stage.name, stage.section.name);
    EXPECT_EQ(stage.name.find('_'), std::string::npos);
    EXPECT_FALSE(stage.steps.empty());
    EXPECT_FALSE(stage.writes.empty()) << stage.name;
  }
}

}  // namespace
}  // namespace syconn
