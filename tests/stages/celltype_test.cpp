// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "../../src/stages/point_samples.h"
#include "support/stage_run.h"
#include "syconn/algo/label_votes.h"
#include "syconn/core/rng.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/nn/room.h"

namespace syconn {
namespace {

// Two cells that touch in one plane; each is a block of 60 x 120 x 40 voxels.
std::string yaml(const fs::path& model, int threads) {
  return "dataset:\n  name: cells\n  voxel_size_nm: [10, 10, 25]\n  volumes: {sv: {path: sv.h5, dataset: sv, kind: "
         "labels}}\n"
         "stages: [sso, celltype]\ncelltype: {model: '" +
         model.string() + "', contexts: 5, device: cpu}\nexecution: {threads: " + std::to_string(threads) + "}\n";
}
void write_cells(const fs::path& folder) {
  Volume<std::uint64_t> sv({{0, 0, 0}, {120, 120, 40}});
  for (std::int64_t z = 0; z < 40; ++z)
    for (std::int64_t y = 0; y < 120; ++y)
      for (std::int64_t x = 0; x < 120; ++x) sv.at({x, y, z}) = x < 60 ? 7 : std::uint64_t{1} << 40;
  test::write_volume(folder / "sv.h5", "sv", sv);
}

PointModelCard small_card() {
  PointModelCard card;
  PointNetConfig& net = card.architecture;
  net = cell_type_net(6, 3);
  net.levels = {PointNetConfig::kInput, 64, 16};
  net.layers = {{6, 8, 0, 1, 8}, {8, 16, 1, 2, 8}};
  net.hidden = 8;
  card.name = "small", card.inputs = {"surface", "mi", "vc", "syn_symmetric", "syn_asymmetric", "myelinated"};
  card.classes = {"one", "two", "three"};
  card.context_nm = 5000, card.n_points = 200, card.pivot_nm = 1000;
  card.normalisation = "divide", card.scale_nm = 500;
  card.surface_voxel_nm = card.organelle_voxel_nm = card.synapse_voxel_nm = 200;
  return card;
}

fs::path write_model(const fs::path& folder, const PointModelCard& card) {
  const fs::path file = folder / (card.name + ".pt");
  nn_room().point_trainer(card.architecture, {}, {"cpu", false, 1}, 5)->export_model(file, card);
  return file;
}

class Celltype : public testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "this build has no networks";
  }
  test::TempFolder folder_;
};

TEST_F(Celltype, VotesOverContextsAndTheSameBytesForAnyThreads) {
  const fs::path model = write_model(folder_.path(), small_card());
  write_cells(folder_.path());
  std::vector<std::string> bytes;
  for (const int threads : {1, 2}) {
    const std::string out = "run" + std::to_string(threads);
    test::run_stages(yaml(model, threads), folder_.path(), out);
    const auto cells = SegmentationDataset::open(folder_.path() / out / "datasets/ssv.h5");
    EXPECT_EQ(cells.size(), 2u);
    const auto logits = cells.ragged<float>("type_logits", "values");
    const auto type = cells.column<std::uint8_t>("cell_type");
    const auto certainty = cells.column<float>("cell_type_certainty");
    bytes.emplace_back();
    for (std::uint32_t s = 0; s < cells.n_shards(); ++s)
      cells.for_each(s, [&](Id, Row row) {
        const std::vector<float> rows = logits(row);
        ASSERT_EQ(rows.size(), 15u);  // 5 contexts, 3 classes
        const ClassVote vote = vote_of_logits(std::vector<double>(rows.begin(), rows.end()), 3);
        EXPECT_EQ(type(row), vote.best);
        EXPECT_FLOAT_EQ(certainty(row), static_cast<float>(vote.certainty));
        bytes.back().append(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float));
      });
  }
  EXPECT_FALSE(bytes[0].empty());
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST_F(Celltype, LostShardsAreMadeAgain) {
  std::string text = yaml(write_model(folder_.path(), small_card()), 1);
  text.replace(text.find("[sso, celltype]"), 15, "[sso, celltype, tables]");
  write_cells(folder_.path());
  test::run_stages(text, folder_.path(), "run");
  std::map<fs::path, std::string> before;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "run/datasets/ssv"))
    before[entry.path()] = read_file(entry.path());
  using Stages = std::vector<std::string>;
  for (const Stages& lost : {Stages{"celltype-"}, Stages{"tables-"}, Stages{"celltype-", "tables-"}}) {
    std::size_t removed = 0;
    for (const auto& [path, bytes] : before)
      for (const std::string& stage : lost)
        if (path.filename().string().starts_with(stage)) removed += fs::remove(path);
    ASSERT_GE(removed, lost.size());
    test::run_stages(text, folder_.path(), "run");
    for (const auto& [path, bytes] : before) EXPECT_EQ(read_file(path), bytes) << path;
  }
  EXPECT_EQ(SegmentationDataset::open(folder_.path() / "run/datasets/ssv.h5").size(), 2u);
}

TEST_F(Celltype, ModelsOfAnotherKindAreRefused) {
  write_cells(folder_.path());
  PointModelCard card = small_card();
  card.architecture = segmentation_net(4, 3, 200, 4), card.name = "points";
  card.inputs = {"surface", "mi", "vc", "syn"};
  const fs::path model = write_model(folder_.path(), card);
  try {
    test::run_stages(yaml(model, 1), folder_.path());
    FAIL() << "a network with an answer a point was taken";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("one answer a point; this needs one a sample"));
    EXPECT_THAT(e.what(), testing::HasSubstr("test.yml:6:"));
  }
}

TEST(PointSamples, PyramidsFollowThePlanWithExactNeighbours) {
  Rng rng(3);
  std::vector<Vec3f> points;
  for (int i = 0; i < 300; ++i) points.emplace_back(Vec3d(rng.uniform(), rng.uniform(), rng.uniform()));
  for (const PointNetConfig& net : {small_card().architecture, segmentation_net(4, 3, 300, 4)}) {
    const PyramidPlan plan = pyramid_plan(net, 300);
    const PointPyramid pyramid = point_pyramid(plan, points, 11);
    check_pyramid(plan, pyramid);
    EXPECT_EQ(pyramid.neighbours, point_pyramid(plan, points, 11).neighbours);
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
      const auto& from = pyramid.levels[static_cast<std::size_t>(plan.layers[l].from)];
      const auto& to = pyramid.levels[static_cast<std::size_t>(plan.layers[l].to)];
      const auto k = static_cast<std::size_t>(plan.layers[l].k);
      for (std::size_t q = 0; q < to.size(); ++q) {
        std::vector<float> expected;
        for (const Vec3f& p : from) expected.push_back((p - to[q]).dot(p - to[q]));
        std::sort(expected.begin(), expected.end());
        for (std::size_t i = 0; i < std::min(k, from.size()); ++i) {
          const Vec3f d = from[static_cast<std::size_t>(pyramid.neighbours[l][q * k + i])] - to[q];
          ASSERT_FLOAT_EQ(d.dot(d), expected[i]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace syconn
