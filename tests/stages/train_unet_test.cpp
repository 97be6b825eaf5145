// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_unet.h"

#include <gmock/gmock.h>

#include "support/stage_run.h"
#include "syconn/core/rng.h"
#include "syconn/nn/model_card.h"

namespace syconn {
namespace {

/// Bright blobs of class 1 in grey noise.
void write_blobs(const fs::path& folder) {
  const Box3 box = Box3::of_size({48, 40, 24});
  Volume<std::uint8_t> raw(box), labels(box);
  Rng rng(8);
  for (std::int64_t z = 0; z < 24; ++z)
    for (std::int64_t y = 0; y < 40; ++y)
      for (std::int64_t x = 0; x < 48; ++x) {
        const Vec3i d(x % 16 - 8, y % 20 - 10, z % 12 - 6);
        const bool inside = d.dot(d) < 25;
        labels.at({x, y, z}) = inside ? 3 : 0;
        raw.at({x, y, z}) = static_cast<std::uint8_t>((inside ? 150 : 60) + rng.below(50));
      }
  test::write_volume(folder / "raw.h5", "raw", raw);
  test::write_volume(folder / "mi.h5", "mi", labels);
}

class TrainUNet : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
    write_blobs(folder_.path());
  }
  UNetTraining training(const std::string& out) const {
    UNetTraining t;
    t.train = {{{folder_ / "raw.h5", "raw"}, {{"mi", {folder_ / "mi.h5", "mi"}, false}}}};
    t.net.blocks = 2, t.net.start_filters = 4, t.net.planar = {};
    t.patch_vx = {16, 16, 8}, t.tile_vx = {32, 32, 16}, t.batch = 2, t.steps = 60, t.checkpoint_every = 15;
    t.options.learning_rate = 1e-2;
    t.device.device = "cpu", t.out = folder_ / out;
    return t;
  }
  const test::TempFolder folder_;
};

TEST_F(TrainUNet, LearnsBlobsAndTellsHowWell) {
  std::int64_t heard = 0;
  const UNetTrained done = train_unet(training("m"), [&](std::int64_t step, double) { heard = step; });
  EXPECT_EQ(heard, 60);
  EXPECT_LT(done.losses.back(), 0.5 * done.losses.front());
  EXPECT_GT(done.card.quality["dice"]["mi"].get<double>(), 0.8) << done.card.quality.dump();
  const ModelCard card = read_model_card(folder_ / "m/model.pt");
  EXPECT_EQ(card.to_json(), done.card.to_json());
  EXPECT_THAT(card.classes, ::testing::ElementsAre("background", "mi"));
  EXPECT_EQ(card.voxel_size_nm, Vec3d(10, 10, 25));
  EXPECT_EQ(card.training_data_hash.size(), 64U);
  for (const char* file : {"model.json", "report.json", "loss.png", "checkpoint.pt"})
    EXPECT_TRUE(fs::exists(folder_ / "m" / file)) << file;
}

TEST_F(TrainUNet, GoesOnAfterAStopAsIfNeverInterrupted) {
  const auto quiet = [](std::int64_t, double) {};
  const UNetTrained whole = train_unet(training("whole"), quiet);
  std::atomic<int> stop = 0;
  EXPECT_THROW(train_unet(
                   training("parts"), [&](std::int64_t step, double) { stop = step == 22 ? 15 : 0; }, &stop),
               Error);
  const UNetTrained parts = train_unet(training("parts"), quiet);
  EXPECT_EQ(parts.losses, whole.losses);
  EXPECT_EQ(parts.card.to_json(), whole.card.to_json());
  UNetTraining other = training("parts");
  other.seed = 2;
  EXPECT_THROW(train_unet(other, quiet), Error);
}

TEST_F(TrainUNet, FrozenNormsKeepTheirStatistics) {
  const auto quiet = [](std::int64_t, double) {};
  UNetTraining t = training("frozen");
  t.options.freeze_norms_at = 45, t.settle_steps = 20;
  const UNetTrained whole = train_unet(t, quiet);
  EXPECT_EQ(whole.card.training["freeze_norms_at"], 45);
  EXPECT_GT(whole.card.quality["dice"]["mi"].get<double>(), 0.8) << whole.card.quality.dump();
  for (const std::int64_t at : {31, 44, 45, 52}) {  // stopped before, at and after
    std::atomic<int> stop = 0;
    t.out = folder_ / ("stopped" + std::to_string(at));
    EXPECT_THROW(train_unet(
                     t, [&](std::int64_t step, double) { stop = step == at ? 15 : 0; }, &stop),
                 Error);
    const UNetTrained parts = train_unet(t, quiet);
    EXPECT_EQ(parts.losses, whole.losses) << at;
    EXPECT_EQ(parts.card.to_json(), whole.card.to_json());
  }
  t.options.freeze_norms_at = 0, t.out = folder_ / "free";
  const UNetTrained free = train_unet(t, quiet);
  const auto same = std::mismatch(whole.losses.begin(), whole.losses.end(), free.losses.begin()).first;
  EXPECT_EQ(same - whole.losses.begin(), 45);
}

TEST_F(TrainUNet, TrainsOnABoxInCoarserVoxelsAndCountsObjects) {
  UNetTraining t = training("coarse");
  t.mag = {2, 2, 1}, t.steps = 120, t.min_object_vx = 30;
  t.test = t.train;
  t.train[0].box = Box3{{0, 0, 0}, {48, 40, 16}}, t.test[0].box = Box3{{0, 0, 12}, {48, 40, 24}};
  const UNetTrained done = train_unet(t, [](std::int64_t, double) {});
  EXPECT_EQ(done.card.voxel_size_nm, Vec3d(20, 20, 25));
  const Json& q = done.card.quality;
  EXPECT_EQ(q["tested_vx"], 24 * 20 * 12);
  EXPECT_EQ(q["truth_objects"]["mi"], 6);  // of the blobs' grid of 3 x 2 x 2 the last sections hold one layer
  EXPECT_GT(q["object_f1"]["mi"].get<double>(), 0.8) << q.dump();
  EXPECT_GT(q["dice"]["mi"].get<double>(), q["dice_if_all"]["mi"].get<double>());
  t.train[0].box = Box3{{0, 0, 0}, {49, 40, 16}}, t.mag = {1, 1, 1}, t.out = folder_ / "outside";
  EXPECT_THROW(train_unet(t, {}), Error);
}

TEST_F(TrainUNet, WrongInputsAreNamed) {
  UNetTraining t = training("x");
  t.train.clear();
  EXPECT_THROW(train_unet(t, {}), Error);
  t = training("x");
  t.train[0].labels[0].volume.file = folder_ / "none.h5";
  EXPECT_THROW(train_unet(t, {}), Error);
}

}  // namespace
}  // namespace syconn
