// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/stage_run.h"

namespace syconn {
namespace {

// Three whole cells in a 30 um box.
const fs::path& cells() {
  static const test::TempFolder folder;
  static const fs::path run = [] {
    test::run_stages(
        "dataset:\n  name: cells\n  voxel_size_nm: [10, 10, 25]\n  box_vx: {min: [0, 0, 0], max: [3000, 3000, 1200]}\n"
        "  volumes: {}\nstages: [phantom-vector]\nphantom-vector: {n_cells: 3, seed: 3, mesh_grid_nm: 300}\n",
        folder.path());
    return folder.path() / "run";
  }();
  return run;
}

PointTraining training(PointTask task, const fs::path& out, std::int64_t steps) {
  PointTraining t;
  t.task = task, t.name = "tiny", t.train = {cells()}, t.test = {cells()}, t.out = out;
  PointModelCard& card = t.card;
  card.n_points = 128, card.context_nm = 4000, card.pivot_nm = 20'000;
  card.surface_voxel_nm = card.organelle_voxel_nm = card.synapse_voxel_nm = 400;
  if (task == PointTask::compartment) {
    t.compartments = {{"dendrite", {0, 1, 2}}, {"axon", {3, 4, 5}}, {"soma", {6}}};
    card.architecture = segmentation_net(4, 3, 128, 4);
  } else if (task == PointTask::astrocyte) {
    PointNetConfig& net = card.architecture = astrocyte_net();
    net.levels = {PointNetConfig::kInput, 32, PointNetConfig::kTargets};
    net.layers = {{1, 8, 0, 1, 8}, {8, 8, 1, 2, 8}};
    card.normalisation = "divide", card.scale_nm = 400;
  } else {
    PointNetConfig& net = card.architecture = cell_type_net(6, 2);
    net.levels = {PointNetConfig::kInput, 32};
    net.layers = {{6, 8, 0, 1, 8}};
    net.hidden = 8;
    card.normalisation = "divide", card.scale_nm = 400;
  }
  t.steps = steps, t.batch = 2, t.checkpoint_every = 1000, t.test_contexts = 2;
  t.device = {"cpu", false, 1};
  return t;
}

TEST(TrainPoints, ResumesAsIfNeverInterrupted) {
  if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  const auto silent = [](std::int64_t, double) {};
  for (const PointTask task : {PointTask::celltype, PointTask::compartment, PointTask::astrocyte}) {
    const test::TempFolder folder;
    const PointTrained whole = train_points(training(task, folder.path() / "a", 6), silent);
    train_points(training(task, folder.path() / "b", 3), silent);
    const PointTrained resumed = train_points(training(task, folder.path() / "b", 6), silent);
    EXPECT_EQ(whole.losses.size(), 6U);
    EXPECT_EQ(whole.losses, resumed.losses);
    for (const double loss : whole.losses) EXPECT_TRUE(std::isfinite(loss));
    EXPECT_EQ(read_point_model_card(folder.path() / "b/model.pt").to_json(), resumed.card.to_json());
    const Json& quality = resumed.card.quality;
    std::uint64_t tested = 0;
    for (const auto& [name, score] : quality.at("classes").items()) tested += score.at("support").get<std::uint64_t>();
    EXPECT_GE(tested, 3U);
    EXPECT_THAT(read_file(folder.path() / "b/confusion.svg"), testing::HasSubstr("tiny on unseen cells"));
    PointTraining other = training(task, folder.path() / "b", 8);
    other.seed = 2;
    EXPECT_THROW(train_points(other, silent), Error);
  }
}

TEST(TrainPoints, LearnsWhatItIsShown) {
  if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  const test::TempFolder folder;
  PointTraining t = training(PointTask::celltype, folder.path() / "a", 60);
  t.test.clear(), t.options.learning_rate = 1e-2;
  const std::vector<double> losses = train_points(t, [](std::int64_t, double) {}).losses;
  double first = 0, last = 0;
  for (std::size_t i = 0; i < 10; ++i) first += losses[i] / 10, last += losses[losses.size() - 1 - i] / 10;
  EXPECT_LT(last, 0.8 * first);
}

}  // namespace
}  // namespace syconn
