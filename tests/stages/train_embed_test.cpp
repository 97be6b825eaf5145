// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_embed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <new>
#include <set>

#include "../../src/stages/train_triplets.h"
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

EmbeddingTraining training(const fs::path& out, std::int64_t steps) {
  EmbeddingTraining t;
  t.name = "tiny", t.train = {cells()}, t.test = {cells()}, t.out = out;
  PointModelCard& card = t.card;
  card.n_points = 128, card.context_nm = 4000, card.pivot_nm = 20'000;
  card.surface_voxel_nm = card.organelle_voxel_nm = card.synapse_voxel_nm = 400;
  card.normalisation = "divide", card.scale_nm = 400;
  PointNetConfig& net = card.architecture = embedding_net(6, 10);
  net.levels = {PointNetConfig::kInput, 32};
  net.layers = {{6, 8, 0, 1, 8}};
  net.hidden = 8;
  t.steps = steps, t.batch = 2, t.checkpoint_every = 1000, t.positive_nm = 4000;
  t.device = {"cpu", false, 1};
  return t;
}

void silent(std::int64_t, double) {}

TEST(TrainEmbed, ResumesAsIfNeverInterrupted) {
  if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  const test::TempFolder folder;
  const EmbeddingTrained whole = train_embedding(training(folder / "a", 6), silent);
  std::atomic<int> stop{0};  // a signal after the third step
  const auto interrupt = [&](std::int64_t step, double) { stop = step == 3 ? 15 : 0; };
  EXPECT_THROW(train_embedding(training(folder / "b", 6), interrupt, &stop), Error);
  EXPECT_FALSE(fs::exists(folder / "b/model.pt"));
  const EmbeddingTrained resumed = train_embedding(training(folder / "b", 6), silent);
  EXPECT_EQ(whole.losses.size(), 6U);
  EXPECT_EQ(whole.losses, resumed.losses);
  for (const double loss : whole.losses) EXPECT_TRUE(std::isfinite(loss));
  EXPECT_EQ(read_file(folder / "a/model.json"), read_file(folder / "b/model.json"));
  EXPECT_EQ(read_point_model_card(folder / "b/model.pt").to_json(), resumed.card.to_json());
  EXPECT_EQ(resumed.card.quality.at("cells").get<int>(), 3);
  EXPECT_TRUE(resumed.card.classes.empty());
  // Killed after the fifth step, of which the checkpoint of the fourth is left.
  EmbeddingTraining killed = training(folder / "c", 6);
  killed.checkpoint_every = 2;
  EXPECT_THROW(train_embedding(killed,
                               [](std::int64_t step, double) {
                                 if (step == 5) throw std::bad_alloc();
                               }),
               std::bad_alloc);
  EXPECT_EQ(train_embedding(killed, silent).losses, whole.losses);
  EXPECT_EQ(read_file(folder / "a/model.json"), read_file(folder / "c/model.json"));
  EmbeddingTraining other = training(folder / "b", 8);
  other.positive_nm = 3000;
  EXPECT_THROW(train_embedding(other, silent), Error);
}

TEST(TrainEmbed, LearnsToTellCellsApart) {
  if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  const test::TempFolder folder;
  EmbeddingTraining t = training(folder / "a", 80);
  t.test.clear(), t.batch = 4, t.options.learning_rate = 1e-2;
  const std::vector<double> losses = train_embedding(t, silent).losses;
  double first = 0, last = 0;
  for (std::size_t i = 0; i < 10; ++i) first += losses[i] / 10, last += losses[losses.size() - 1 - i] / 10;
  EXPECT_LT(last, 0.8 * first);
}

TEST(TrainEmbed, AnchorsAndPositivesAreNearEachOtherInOneCellNegativesInAnother) {
  const PointModelCard card = training("", 1).card;
  TripletCells data = read_triplet_cells(card, {cells()}, 8);
  ASSERT_EQ(data.cells.size(), 3U);
  std::set<std::size_t> anchors, others;
  bool apart = false;
  for (std::uint64_t i = 0; i < 300; ++i) {
    Rng rng(9, i);
    const TripletPlace p = draw_triplet_place(data, 3000, rng);
    EXPECT_NE(p.cell, p.other_cell);
    anchors.insert(p.cell), others.insert(p.other_cell);
    const CellParts &own = data.cells.at(p.cell)->parts, &other = data.cells.at(p.other_cell)->parts;
    const Vec3d d = Vec3d(own.nodes_nm.at(p.anchor)) - Vec3d(own.nodes_nm.at(p.positive));
    EXPECT_LE(std::sqrt(d.dot(d)), 3000);  // in space it is at most the path
    apart |= p.anchor != p.positive;
    EXPECT_LT(p.negative, other.nodes_nm.size());
  }
  EXPECT_EQ(anchors.size(), 3U);
  EXPECT_EQ(others.size(), 3U);
  EXPECT_TRUE(apart);
}

TEST(TrainEmbed, TripletsAreTheSameForAnyThreadsAndDifferFromStepToStep) {
  const PointModelCard card = training("", 1).card;
  TripletCells data = read_triplet_cells(card, {cells()}, 8);
  const TripletDraw how{7, 3, 4000};
  const TripletBatch one = draw_triplets(data, card, how, 5, 1), two = draw_triplets(data, card, how, 5, 2);
  ASSERT_EQ(one.pyramids.size(), 9U);
  EXPECT_EQ(one.features, two.features);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(one.pyramids[i].levels, two.pyramids[i].levels);
  EXPECT_NE(one.pyramids[0].levels, draw_triplets(data, card, how, 6, 1).pyramids[0].levels);
}

TEST(TrainEmbed, CellsBeyondTheMemoryAreRefused) {
  const PointModelCard card = training("", 1).card;
  const TripletCells data = read_triplet_cells(card, {cells()}, 8);
  std::uint64_t points = 0, nodes = 0;
  for (const auto& cell : data.cells) points += cell->cloud.points_nm.size(), nodes += cell->parts.nodes_nm.size();
  EXPECT_EQ(data.bytes, 34 * points + 120 * nodes);
  EXPECT_NO_THROW(read_triplet_cells(card, {cells()}, static_cast<double>(data.bytes) * 1e-9));
  try {
    read_triplet_cells(card, {cells()}, static_cast<double>(data.bytes - 1) * 1e-9);
    FAIL() << "more than the memory was held";
  } catch (const Error& e) {
    EXPECT_EQ(e.category(), Category::config);
    EXPECT_NE(std::string(e.what()).find("the first 3 cells"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("--memory-gb"), std::string::npos) << e.what();
  }
}

TEST(TrainEmbed, CellsTooSmallForTheContextAreNoPool) {
  PointModelCard card = training("", 1).card;
  card.context_nm = 1e6;
  EXPECT_THROW(read_triplet_cells(card, {cells()}, 8), Error);
}

}  // namespace
}  // namespace syconn
