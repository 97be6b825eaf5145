// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "syconn/exec/config.h"

/// The configs of the project load. The room exec knows no stage: the sections here only mirror the keys in use.
namespace syconn {
namespace {

struct ContactKeys {
  Vec3i window_vx{13, 13, 7};
  int closings = 7, dilations = 2, type_threshold = 123;
  double sj_threshold = 0.19047619;
  std::vector<std::string> sj_morphology{"opening", "closing"};
  std::int64_t min_cs_vx = 10, min_syn_vx = 10;
  void describe(Fields& f) {
    f.add("window_vx", window_vx, "window", Range{1});
    f.add("closings", closings, "closings", Range{0});
    f.add("dilations", dilations, "dilations", Range{0});
    f.add("sj_threshold", sj_threshold, "threshold", Range{0, 1});
    f.add("sj_morphology", sj_morphology, "operations", Choices{"opening", "closing", "erosion", "dilation"});
    f.add("min_cs_vx", min_cs_vx, "smallest contact", Range{0});
    f.add("min_syn_vx", min_syn_vx, "smallest junction", Range{0});
    f.add("type_threshold", type_threshold, "threshold of type maps", Range{0, 255});
  }
};

RunConfig load(const std::string& name) {
  return load_config(fs::path(SYCONN_SOURCE_DIR) / "configs" / name, {},
                     {make_section<ContactKeys>("contacts", "Contact sites")});
}

TEST(ConfigFiles, AllLoad) {
  for (const std::string name : {"vnc", "fib_medulla", "pinky40", "demo", "example_sbem"}) {
    const RunConfig config = load(name + ".yml");
    EXPECT_EQ(config.dataset.name, name);
    EXPECT_TRUE(config.dataset.volumes.contains("sv")) << name;
    EXPECT_THAT(config.stages, ::testing::Contains("contacts"));
  }
}

TEST(ConfigFiles, Vnc) {
  const RunConfig config = load("vnc.yml");
  EXPECT_EQ(config.dataset.voxel_size_nm, Vec3d(4.6, 4.6, 50));
  EXPECT_EQ(config.dataset.box_vx, Box3::of_size({1024, 1024, 14}));
  EXPECT_TRUE(config.section<ContactKeys>("contacts").sj_morphology.empty());
}

TEST(ConfigFiles, Demo) {
  const RunConfig config = load("demo.yml");
  EXPECT_EQ(config.dataset.box_vx, Box3::of_size({512, 512, 256}));
  EXPECT_EQ(config.dataset.volumes.at("syn_type").sym, std::vector<Id>{2});
}

}  // namespace
}  // namespace syconn
