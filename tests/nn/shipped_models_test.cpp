// SPDX-License-Identifier: GPL-3.0-or-later
// The models in models/: small, with a card that says how well they do, and runnable.
#include <gtest/gtest.h>

#include "syconn/nn/room.h"

namespace syconn {
namespace {

std::vector<fs::path> shipped() {
  std::vector<fs::path> archives;
  const fs::path models = fs::path(SYCONN_SOURCE_DIR) / "models";
  if (!fs::exists(models)) return archives;
  for (const auto& folder : fs::directory_iterator(models))
    if (fs::exists(folder.path() / "model.pt")) archives.push_back(folder.path() / "model.pt");
  return archives;
}

TEST(ShippedModels, HaveCardsInsideAndBeside) {
  if (shipped().empty()) GTEST_SKIP() << "no network ships yet";
  for (const fs::path& archive : shipped()) {
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
  if (shipped().empty()) GTEST_SKIP() << "no network ships yet";
  for (const fs::path& archive : shipped()) {
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

}  // namespace
}  // namespace syconn
