// SPDX-License-Identifier: GPL-3.0-or-later
// The models in models/: small, with a card that says how well they do, and runnable.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "point_samples.h"
#include "syconn/nn/room.h"

namespace syconn {
namespace {

bool is_of_points(const fs::path& archive) {
  const fs::path card = archive.parent_path() / "model.json";
  return parse_json(read_file(card), card.string()).contains("context_nm");
}

/// Archives in models/: networks on images, or networks of points.
std::vector<fs::path> shipped(bool of_points) {
  std::vector<fs::path> archives;
  const fs::path models = fs::path(SYCONN_SOURCE_DIR) / "models";
  if (!fs::exists(models)) return archives;
  for (const auto& folder : fs::directory_iterator(models))
    if (fs::exists(folder.path() / "model.pt") && is_of_points(folder.path() / "model.pt") == of_points)
      archives.push_back(folder.path() / "model.pt");
  std::sort(archives.begin(), archives.end());
  return archives;
}

TEST(ShippedModels, HaveCardsInsideAndBeside) {
  if (shipped(false).empty()) GTEST_SKIP() << "no network on images ships yet";
  for (const fs::path& archive : shipped(false)) {
    EXPECT_LT(fs::file_size(archive), 1U << 20) << archive;
    const ModelCard inside = read_model_card(archive);
    const fs::path beside = archive.parent_path() / "model.json";
    EXPECT_EQ(inside.to_json(), parse_json(read_file(beside), beside.string())) << archive;
    EXPECT_FALSE(inside.description.empty()) << archive;
    EXPECT_EQ(inside.training_data_hash.size(), 64U) << archive;
    EXPECT_TRUE(inside.quality.contains("dice")) << archive;
  }
}

TEST(ShippedModels, Run) {
  if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
  if (shipped(false).empty()) GTEST_SKIP() << "no network on images ships yet";
  for (const fs::path& archive : shipped(false)) {
    const ModelCard card = read_model_card(archive);
    const Vec3i size = 8 * card.stride_vx;
    const std::vector<float> image(static_cast<std::size_t>(size.product()), 0.5F);
    std::vector<float> p(image.size() * card.classes.size());
    ASSERT_TRUE(nn_room().load(archive, card, {.device = "cpu"})->run(image, size, p)) << archive;
    for (std::size_t i = 0; i < image.size(); ++i) {
      float sum = 0;
      for (std::size_t c = 0; c < card.classes.size(); ++c) sum += p[c * image.size() + i];
      ASSERT_NEAR(sum, 1, 1e-4);
    }
  }
}

TEST(ShippedModels, OfPointsHaveCardsInsideAndBeside) {
  ASSERT_FALSE(shipped(true).empty());
  for (const fs::path& archive : shipped(true)) {
    EXPECT_LT(fs::file_size(archive), 1U << 20) << archive;
    const PointModelCard inside = read_point_model_card(archive);
    const fs::path beside = archive.parent_path() / "model.json";
    EXPECT_EQ(inside.to_json(), parse_json(read_file(beside), beside.string())) << archive;
    EXPECT_FALSE(inside.description.empty()) << archive;
    EXPECT_EQ(inside.training_data_hash.size(), 64U) << archive;
    EXPECT_TRUE(inside.quality.contains(inside.classes.empty() ? "ari" : "macro_f1")) << archive;
  }
}

TEST(ShippedModels, OfPointsNameTheirClassesAsTheStagesReadThem) {
  const std::map<std::string, std::vector<std::string>> classes{
      {"compartment_ads", {"dendrite", "axon", "soma"}},
      {"compartment_abt", {"axon", "bouton_en_passant", "bouton_terminal"}},
      {"compartment_dnh", {"shaft", "spine_neck", "spine_head"}},
      {"astrocyte", {"neuron", "astrocyte"}}};
  for (const auto& [folder, names] : classes) {
    const PointModelCard card = read_point_model_card(fs::path(SYCONN_SOURCE_DIR) / "models" / folder / "model.pt");
    EXPECT_EQ(card.classes, names) << folder;
    EXPECT_EQ(card.architecture.head, "points") << folder;
    EXPECT_EQ(card.architecture.inputs, folder == "astrocyte" ? 1 : 4) << folder;
  }
}

TEST(ShippedModels, OfPointsRun) {
  if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
  for (const fs::path& archive : shipped(true)) {
    const auto net = PointNet::load(archive, {.device = "cpu"});
    const PointNetConfig& config = net->card().architecture;
    const PointPyramid sample = test::random_pyramid(config, net->card().n_points, 3, false);
    const std::vector<float> features(static_cast<std::size_t>(net->card().n_points * config.inputs), 0.5F);
    const std::vector<float> out = net->predict({std::span(&sample, 1), features});
    EXPECT_EQ(out.size() % static_cast<std::size_t>(config.outputs), 0U) << archive;
    for (const float v : out) ASSERT_TRUE(std::isfinite(v)) << archive;
  }
}

}  // namespace
}  // namespace syconn
