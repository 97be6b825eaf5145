// SPDX-License-Identifier: GPL-3.0-or-later
// Every path of a network on a CUDA device beside the same on the CPU.
#include <gtest/gtest.h>

#include "nn/formula_weights.h"
#include "nn/point_samples.h"
#include "support/temp_folder.h"
#include "syconn/nn/unet.h"

namespace syconn {
namespace {

using test::config_of;
using test::random_pyramid;
using test::random_values;

class OnGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
    if (!nn_room().has_cuda()) GTEST_SKIP() << "no CUDA device";
  }
};

const DeviceOptions kCpu{.device = "cpu"}, kGpu{.device = "cuda"};

TEST_F(OnGpu, PointNetsComputeAndLearnTheSame) {
  for (const PointNetConfig& c :
       {segmentation_net(2, 3, 512, 8), test::small_global(2, 3, 0), test::small_astrocyte_net()}) {
    const auto cpu = nn_room().point_trainer(c, {}, kCpu, 7), gpu = nn_room().point_trainer(c, {}, kGpu, 7);
    const std::vector<PointPyramid> samples{random_pyramid(c, 60, 1, false), random_pyramid(c, 60, 2, false)};
    const std::vector<float> features = random_values(240, 3);
    const auto a = cpu->outputs({samples, features}), b = gpu->outputs({samples, features});
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-4 * (1 + std::abs(a[i])));
    const std::vector<std::uint8_t> labels(a.size() / 3, 1);
    EXPECT_NEAR(cpu->accumulate({samples, features}, labels), gpu->accumulate({samples, features}, labels), 1e-4);
    for (const TensorInfo& info : point_net_tensors(c)) {
      const auto x = cpu->gradient(info.name), y = gpu->gradient(info.name);
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], y[i], 1e-3 * (1 + std::abs(x[i]))) << info.name;
    }
  }
}

TEST_F(OnGpu, TripletsLearnTheSame) {
  const PointNetConfig c = test::small_global(1, 4, 0);
  const auto cpu = nn_room().point_trainer(c, {.margin = 1}, kCpu, 7),
             gpu = nn_room().point_trainer(c, {.margin = 1}, kGpu, 7);
  std::vector<PointPyramid> samples;
  for (std::uint64_t i = 0; i < 6; ++i) samples.push_back(random_pyramid(c, 40, i, false));
  const std::vector<float> features = random_values(240, 3);
  EXPECT_NEAR(cpu->accumulate_triplets({samples, features}), gpu->accumulate_triplets({samples, features}), 1e-4);
  cpu->update(), gpu->update();
  EXPECT_NEAR(cpu->accumulate_triplets({samples, features}), gpu->accumulate_triplets({samples, features}), 1e-3);
}

std::vector<float> random_image(const Vec3i& size) {
  std::vector<float> image(static_cast<std::size_t>(size.product()));
  Rng rng(5);
  for (float& v : image) v = static_cast<float>(rng.uniform());
  return image;
}

TEST_F(OnGpu, UNetsLearnTheSame) {
  const UNetConfig c = config_of(3, 3, 4, {0});
  const auto cpu = nn_room().unet_trainer(c, {}, kCpu, 1), gpu = nn_room().unet_trainer(c, {}, kGpu, 1);
  const Vec3i size{16, 24, 8};
  const std::vector<float> image = random_image(size);
  const auto a = cpu->logits(image, size), b = gpu->logits(image, size);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-3 * (1 + std::abs(a[i])));
  std::vector<std::uint8_t> labels(image.size());
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::uint8_t>(i % 3);
  EXPECT_NEAR(cpu->step(1, image, labels, size), gpu->step(1, image, labels, size), 1e-4);
}

/// In half precision probabilities may differ by what their 11 bits allow.
TEST_F(OnGpu, ArchivesGiveTheSameProbabilities) {
  const test::TempFolder folder;
  const UNetConfig c = config_of(3, 3, 4, {0});
  const auto net = nn_room().unet_trainer(c, {}, kCpu, 1);
  ModelCard card;
  card.unet = c, card.stride_vx = unet_stride(c), card.halo_vx = {16, 16, 8}, card.tile_vx = {32, 32, 16};
  card.classes = {"background", "a", "b"};
  net->export_model(folder / "model.pt", card);
  const Vec3i size{32, 32, 16};
  const std::vector<float> image = random_image(size);
  const auto run = [&](const DeviceOptions& device) {
    std::vector<float> p(3 * image.size());
    EXPECT_TRUE(nn_room().load(folder / "model.pt", card, device)->run(image, size, p));
    return p;
  };
  const std::vector<float> a = run(kCpu), b = run(kGpu), half = run({.device = "cuda", .half = true});
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], 1e-4);
    ASSERT_NEAR(a[i], half[i], 2e-2);
  }
}

}  // namespace
}  // namespace syconn
