// SPDX-License-Identifier: GPL-3.0-or-later
#include "../../src/stages/train_folds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "support/temp_folder.h"
#include "syconn/core/error.h"
#include "syconn/nn/room.h"
#include "syconn/stages/import_swc.h"

namespace syconn {
namespace {

TEST(Folds, EveryTypeIsSpreadEvenly) {
  std::vector<std::uint8_t> type;
  for (int i = 0; i < 57; ++i) type.push_back(static_cast<std::uint8_t>(i < 19 ? 2 : i < 33 ? 0 : i < 45 ? 1 : 255));
  const std::vector<int> fold = stratified_folds(type, 5, 1);
  ASSERT_EQ(fold.size(), type.size());
  std::map<int, std::vector<int>> of_type;
  std::vector<int> all(5);
  for (std::size_t i = 0; i < fold.size(); ++i) {
    ASSERT_TRUE(fold[i] >= 0 && fold[i] < 5);
    of_type[type[i]].resize(5);
    ++of_type[type[i]][static_cast<std::size_t>(fold[i])], ++all[static_cast<std::size_t>(fold[i])];
  }
  of_type[-1] = all;
  for (const auto& [code, cells] : of_type) {
    const auto [least, most] = std::minmax_element(cells.begin(), cells.end());
    EXPECT_LE(*most - *least, 1) << code;
  }
  EXPECT_EQ(fold, stratified_folds(type, 5, 1));
  EXPECT_NE(fold, stratified_folds(type, 5, 2));
}

TEST(Folds, TooFewCellsOrFolds) {
  const std::vector<std::uint8_t> three(3);
  EXPECT_EQ(stratified_folds(three, 3, 1).size(), 3u);
  EXPECT_THROW(stratified_folds(three, 4, 1), Error);
  EXPECT_THROW(stratified_folds(three, 1, 1), Error);
}

/// Straight axons of two lengths and thicknesses, three of each; type by folder.
fs::path neurons(const fs::path& folder) {
  for (int i = 0; i < 6; ++i) {
    const std::string type = i < 3 ? "long" : "short";
    make_folder(folder / "in" / type);
    std::ofstream file(folder / "in" / type / (std::to_string(i + 1) + ".swc"));
    for (int k = 0; k <= (i < 3 ? 12 : 5); ++k)
      file << k + 1 << (k < 3 ? " 3 " : " 2 ") << k * 2 << ' ' << i << " 0 " << (i < 3 ? 0.4 : 1.2) << ' '
           << (k == 0 ? -1 : k) << '\n';
  }
  SwcImport o;
  o.folder = folder / "in", o.out = folder / "cells", o.folder_types = true, o.surface.points_per_um2 = 10;
  import_swc(o);
  return o.out;
}

PointTraining tiny(PointTask task, const fs::path& cells, const fs::path& out) {
  PointTraining t;
  t.task = task, t.name = "tiny", t.train = {cells}, t.out = out;
  PointModelCard& card = t.card;
  card.n_points = 64, card.context_nm = 10'000, card.pivot_nm = 5'000, card.surface_voxel_nm = 300;
  card.normalisation = "place", card.scale_nm = 2'000, card.place = true;
  if (task == PointTask::compartment) {
    t.compartments = {{"dendrite", {0, 1, 2}}, {"axon", {3, 4, 5}}};
    card.architecture = segmentation_net(4, 2, 64, 4);
  } else {
    PointNetConfig& net = card.architecture = cell_type_net(4, 2);
    net.levels = {PointNetConfig::kInput, 16};
    net.layers = {{4, 8, 0, 1, 8}};
    net.hidden = 8;
  }
  t.steps = 3, t.batch = 2, t.test_contexts = 2, t.folds = 3;
  t.device = {"cpu", false, 1};
  return t;
}

using Counts = std::vector<std::vector<std::uint64_t>>;

TEST(TrainFolds, EachCellIsTestedOnceAndTheCountsAddUp) {
  if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  const test::TempFolder folder;
  const fs::path cells = neurons(folder.path());
  const auto silent = [](std::int64_t, double) {};
  for (const PointTask task : {PointTask::celltype, PointTask::compartment}) {
    const fs::path out = folder.path() / (task == PointTask::celltype ? "types" : "parts");
    const PointTrained all = train_folds(tiny(task, cells, out), silent);
    Counts sum(2, std::vector<std::uint64_t>(2));
    for (int fold = 0; fold < 3; ++fold) {
      PointTraining one = tiny(task, cells, out / ("again" + std::to_string(fold)));
      one.fold = fold;
      const PointTrained alone = train_points(one, silent);
      EXPECT_EQ(alone.report.at("cells"), 4);
      const auto rows = alone.report.at("quality").at("confusion").get<Counts>();
      for (std::size_t i = 0; i < 4; ++i) sum[i / 2][i % 2] += rows[i / 2][i % 2];
      if (task == PointTask::celltype) {
        EXPECT_EQ(rows[0][0] + rows[0][1], 1u) << "one long cell a fold";
      }
    }
    const Json& quality = all.report.at("quality");
    EXPECT_EQ(quality.at("confusion").get<Counts>(), sum);
    EXPECT_EQ(quality.at("folds").size(), 3u);
    if (task != PointTask::celltype) continue;
    EXPECT_EQ(quality.at("cells"), 6);
    EXPECT_EQ(quality.at("majority_baseline"), 0.5);
    EXPECT_EQ(parse_json(read_file(out / "report.json"), "report").at("quality"), quality);
  }
}

TEST(TrainFolds, AnotherFoldIsAnotherTraining) {
  if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  const test::TempFolder folder;
  const fs::path cells = neurons(folder.path());
  const auto silent = [](std::int64_t, double) {};
  PointTraining t = tiny(PointTask::celltype, cells, folder.path() / "a");
  train_points(t, silent);
  t.fold = 1;
  EXPECT_THROW(train_points(t, silent), Error);  // the checkpoint is of fold 0
  t.fold = 3;
  EXPECT_THROW(train_points(t, silent), Error);
}

// A context of a network that is shown places: the coordinates over the context's radius stand beside the kind.
TEST(PlaceInputs, SamplesHoldTheCoordinates) {
  const test::TempFolder folder;
  const fs::path cells = neurons(folder.path());
  PointModelCard card = tiny(PointTask::celltype, cells, {}).card;
  const CellReader reader(cells);
  const CellParts cell = reader.read(4, reader.cells().at(4));
  const CellCloud cloud = cell_cloud(cell, card);
  CellSamples samples(cell, cloud, card);
  const PointSample s = samples.sample(samples.points(0, 1), 1);
  ASSERT_EQ(s.features.size(), 4 * s.points.size());
  for (std::size_t i = 0; i < s.points.size(); ++i) {
    const Vec3f p = cloud.points_nm[s.points[i]];
    EXPECT_EQ(s.features[4 * i], 1.0F);
    EXPECT_NEAR(s.features[4 * i + 1], p.x / 10'000, 1e-5F);
    EXPECT_NEAR(s.features[4 * i + 2], p.y / 10'000, 1e-5F);
    EXPECT_NEAR(s.features[4 * i + 3], p.z / 10'000, 1e-5F);
    EXPECT_NEAR(s.pyramid.levels[0][i].y, p.y / 2'000, 1e-5F);
  }
  card.normalisation = "divide";
  const PointSample centred = samples.sample(s.points, 1);
  double sum = 0;
  for (std::size_t i = 0; i < s.points.size(); ++i) sum += static_cast<double>(centred.features[4 * i + 2]);
  EXPECT_NEAR(sum, 0, 1e-3);
  card.inputs = {"surface", "x", "y", "z"}, card.architecture.outputs = 2;
  EXPECT_EQ(PointModelCard::from_json(card.to_json(), "card").place, true);
}

// Neither centred nor turned: the mean moves by no more than jitter, field and the scaling of the axes allow.
TEST(PlaceInputs, AugmentationKeepsThePlace) {
  std::vector<Vec3d> points;
  Rng draw(1);
  for (int i = 0; i < 500; ++i) points.emplace_back(draw.uniform(9, 11), draw.uniform(-1, 1), draw.uniform(-1, 1));
  AugmentationParams how;
  how.centre = how.rotate = false, how.jitter_sigma = 0, how.elastic_probability = 0;
  Rng rng(2);
  for (int k = 0; k < 20; ++k) {
    std::vector<Vec3d> moved = points;
    augment(moved, how, rng);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double factor = moved[i].x / points[i].x;
      ASSERT_TRUE(factor > 0.9 && factor < 1.1);
      ASSERT_LE(std::abs(moved[i].y), 1.1);
    }
  }
}

}  // namespace
}  // namespace syconn
