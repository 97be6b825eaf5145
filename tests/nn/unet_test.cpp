// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/unet.h"

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <map>

#include "nn/formula_weights.h"
#include "support/temp_folder.h"
#include "syconn/core/rng.h"
#include "syconn/nn/model_card.h"

namespace syconn {
namespace {

using test::config_of;
using test::resize_net;

UNetConfig small_net() { return config_of(3, 3, 4, {0}); }

std::vector<float> random_image(const Vec3i& size, std::uint64_t seed) {
  std::vector<float> image(static_cast<std::size_t>(size.product()));
  Rng rng(seed);
  for (float& v : image) v = static_cast<float>(rng.uniform());
  return image;
}

ModelCard card_of(const UNetConfig& c) {
  ModelCard card;
  card.unet = c, card.stride_vx = unet_stride(c), card.halo_vx = {16, 16, 8}, card.tile_vx = {32, 32, 16};
  card.classes = {"background"};
  for (int i = 1; i < c.classes; ++i) card.classes.push_back("class" + std::to_string(i));
  return card;
}

/// Room of the tests that need LibTorch.
class UNetTorch : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
  }
  static std::unique_ptr<UNetTrainer> trainer(const UNetConfig& c, std::uint64_t seed = 1, TrainOptions options = {}) {
    return nn_room().unet_trainer(c, options, {.device = "cpu"}, seed);
  }
};

TEST(UNet, ParameterCountsOfThePaper) {
  EXPECT_EQ(unet_parameters(myelin_unet()), 4062338);
  EXPECT_EQ(unet_parameters(config_of(4, 4, 28, {0})), 4227276);      // synapse type
  EXPECT_EQ(unet_parameters(config_of(4, 5, 48, {0, 3})), 37492900);  // organelles
  EXPECT_EQ(unet_parameters(config_of(4, 3, 16, {0}, "group8")), 319268);
  EXPECT_EQ(unet_parameters(resize_net()), 67602);
  EXPECT_EQ(unet_parameters(config_of(4, 4, 8, {0})), 346036);
}

TEST_F(UNetTorch, SettledStatisticsAreMeansOverTheBatches) {
  const Vec3i size{8, 8, 4};
  const std::string mean = "down_convs.0.norm0.running_mean", variance = "down_convs.0.norm0.running_var";
  std::vector<double> sum_mean, sum_variance;
  const auto add = [](std::vector<double>& sum, const std::vector<float>& values) {
    sum.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) sum[i] += static_cast<double>(values[i]) / 3;
  };
  const auto all = trainer(small_net());
  const std::vector<float> weight = all->tensor("down_convs.0.conv1.weight");
  for (std::uint64_t k = 0; k < 3; ++k) {
    const std::vector<float> image = random_image(size, k);
    const auto one = trainer(small_net());
    one->settle(1, image, size, 0);
    add(sum_mean, one->tensor(mean)), add(sum_variance, one->tensor(variance));
    all->settle(1, image, size, static_cast<std::int64_t>(k));
  }
  for (std::size_t i = 0; i < sum_mean.size(); ++i) {
    EXPECT_NEAR(all->tensor(mean)[i], sum_mean[i], 1e-6);
    EXPECT_NEAR(all->tensor(variance)[i], sum_variance[i], 1e-6);
  }
  EXPECT_EQ(all->tensor("down_convs.0.conv1.weight"), weight);
  EXPECT_EQ(all->steps_done(), 0);
}

TEST(UNet, StrideAndReach) {
  EXPECT_EQ(unet_stride(myelin_unet()), Vec3i(8, 8, 2));
  // two levels of 3x3x3: 2 + 2·2 + 2 voxels of convolutions, and 1 where the coarse cell sticks out
  EXPECT_EQ(unet_reach(config_of(2, 2, 4, {})), Vec3i(9, 9, 9));
  EXPECT_EQ(unet_reach(config_of(2, 2, 4, {0})), Vec3i(9, 9, 2));
}

TEST(UNet, WrongConfigsAreRefused) {
  EXPECT_THROW(config_of(2, 1, 4, {}).check(), Error);
  EXPECT_THROW(config_of(2, 3, 4, {3}).check(), Error);
  EXPECT_THROW(config_of(2, 3, 4, {}, "group3").check(), Error);
  EXPECT_THROW(config_of(1, 3, 4, {}).check(), Error);
}

TEST_F(UNetTorch, OpenBlasHasKernelsForThisCpu) {
  const std::string description = nn_room().description();
  void* library = dlopen(blas_library().c_str(), RTLD_NOW | RTLD_NOLOAD);
  const auto core = library == nullptr ? nullptr : dlsym(library, "openblas_get_corename");
  if (core == nullptr) GTEST_SKIP() << "no OpenBLAS: " << description;
  const std::string name = reinterpret_cast<const char* (*)()>(core)();
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2");
  EXPECT_TRUE(!avx2 || name != "Prescott") << description;
#endif
}

TEST_F(UNetTorch, ExportedModelComputesTheSame) {
  const test::TempFolder folder;
  for (const UNetConfig& config : {small_net(), resize_net(), config_of(2, 2, 4, {}, "group2")}) {
    const auto net = trainer(config, 3);
    test::set_formula_weights(*net, config);
    const fs::path file = folder / "model.pt";
    net->export_model(file, card_of(config));
    const ModelCard card = read_model_card(file);  // without LibTorch
    EXPECT_EQ(card.to_json(), card_of(config).to_json());
    const Vec3i size{16, 24, 8};
    const std::vector<float> image = random_image(size, 5), logits = net->logits(image, size);
    std::vector<float> p(logits.size());
    ASSERT_TRUE(nn_room().load(file, card, {.device = "cpu"})->run(image, size, p));
    const auto voxels = static_cast<std::size_t>(size.product());
    for (std::size_t v = 0; v < voxels; ++v) {
      double sum = 0;
      for (std::size_t c = 0; c < card.classes.size(); ++c) sum += std::exp(double{logits[c * voxels + v]});
      for (std::size_t c = 0; c < card.classes.size(); ++c)
        ASSERT_NEAR(p[c * voxels + v], std::exp(double{logits[c * voxels + v]}) / sum, 2e-5);
    }
  }
}

TEST_F(UNetTorch, NoOutputSeesFartherThanTheReach) {
  const UNetConfig config = config_of(2, 3, 4, {1});
  const auto net = trainer(config, 7);
  const Vec3i size{64, 8, 48}, reach = unet_reach(config);
  std::vector<float> image = random_image(size, 2);
  const std::vector<float> before = net->logits(image, size);
  for (const std::int64_t x0 : {std::int64_t{30}, std::int64_t{31}, std::int64_t{33}}) {
    std::vector<float> changed = image;
    changed[static_cast<std::size_t>(x0 + size.x * (3 + size.y * 24))] += 100;
    const std::vector<float> after = net->logits(changed, size);
    bool moved = false;
    for (std::int64_t i = 0; i < size.product(); ++i) {
      const bool differs = before[static_cast<std::size_t>(i)] != after[static_cast<std::size_t>(i)];
      const std::int64_t dx = std::abs(i % size.x - x0), dz = std::abs(i / (size.x * size.y) - 24);
      ASSERT_FALSE(differs && (dx > reach.x || dz > reach.z)) << i;
      moved |= differs;
    }
    EXPECT_TRUE(moved);
  }
}

TEST_F(UNetTorch, LearnsAndResumesAsIfNeverInterrupted) {
  const test::TempFolder folder;
  const Vec3i size{16, 16, 8};
  std::vector<float> images;
  std::vector<std::uint8_t> labels;
  for (int b = 0; b < 2; ++b)
    for (const float v : random_image(size, 10 + static_cast<std::uint64_t>(b)))
      images.push_back(v), labels.push_back(v > 0.7F ? 2 : v > 0.5F ? 1 : 0);
  const auto steps = [&](UNetTrainer& net, int n) {
    std::vector<double> losses;
    for (int i = 0; i < n; ++i) losses.push_back(net.step(2, images, labels, size));
    return losses;
  };
  const auto whole = trainer(small_net()), first = trainer(small_net()), second = trainer(small_net(), 99);
  const std::vector<double> all = steps(*whole, 24);
  EXPECT_LT(all.back(), 0.7 * all.front());
  const std::vector<double> half = steps(*first, 12);
  first->save_checkpoint(folder / "c.pt");
  second->load_checkpoint(folder / "c.pt");
  EXPECT_EQ(second->steps_done(), 12);
  std::vector<double> parts = half;
  for (const double loss : steps(*second, 12)) parts.push_back(loss);
  EXPECT_EQ(parts, all);
  EXPECT_EQ(whole->tensor("conv_final.weight"), second->tensor("conv_final.weight"));
}

/// Gradients of all tensors after one step on random images.
std::map<std::string, std::vector<float>> gradients_of(UNetTrainer& net, const UNetConfig& config, const Vec3i& size) {
  std::vector<float> images;
  std::vector<std::uint8_t> labels;
  for (int b = 0; b < 2; ++b)
    for (const float v : random_image(size, 20 + static_cast<std::uint64_t>(b)))
      images.push_back(v), labels.push_back(v > 0.6F ? 1 : 0);
  net.step(2, images, labels, size);
  std::map<std::string, std::vector<float>> all;
  for (const TensorInfo& t : unet_tensors(config))
    if (t.trainable) all[t.name] = net.gradient(t.name);
  return all;
}

TEST_F(UNetTorch, FastLayersHaveTheLibrarysGradients) {
  // 3x3x3 and 3x3x1 kernels, few and many channels, both poolings, sections at the rim and a single one
  const std::vector<std::pair<UNetConfig, Vec3i>> cases{{config_of(2, 2, 4, {}), {12, 20, 8}},
                                                        {config_of(2, 3, 8, {0}), {24, 16, 6}},
                                                        {config_of(2, 2, 16, {}), {16, 12, 6}},
                                                        {config_of(2, 2, 8, {0}), {16, 12, 1}}};
  for (const auto& [config, size] : cases) {
    const auto fast = trainer(config, 4), plain = trainer(config, 4, {.library_layers = true});
    EXPECT_THROW(fast->gradient("conv_final.bias"), Error);
    const auto got = gradients_of(*fast, config, size), want = gradients_of(*plain, config, size);
    double largest = 0;
    for (const auto& [name, g] : want)
      for (const float v : g) largest = std::max(largest, std::abs(double{v}));
    ASSERT_GT(largest, 1e-3);
    for (const auto& [name, g] : want) {
      double scale = 0, difference = 0;
      for (std::size_t i = 0; i < g.size(); ++i) {
        scale = std::max(scale, std::abs(double{g[i]}));
        difference = std::max(difference, std::abs(double{g[i]} - double{got.at(name)[i]}));
      }
      // biases before a batch norm have gradient 0 but for rounding
      const bool bias = name.ends_with(".bias");
      EXPECT_LE(difference, bias ? 1e-5 * largest : 1e-5 * scale + 1e-6 * largest) << name;
    }
  }
}

TEST_F(UNetTorch, TheCosineEndsAtZero) {
  TrainOptions options;
  options.cosine_steps = 2;
  const auto net = trainer(small_net(), 1, options);
  gradients_of(*net, small_net(), {16, 16, 8}), gradients_of(*net, small_net(), {16, 16, 8});
  const std::vector<float> before = net->tensor("conv_final.weight");
  gradients_of(*net, small_net(), {16, 16, 8});
  EXPECT_EQ(net->tensor("conv_final.weight"), before);
}

TEST_F(UNetTorch, RefusesWhatIsNoArchive) {
  const test::TempFolder folder;
  write_file_atomically(folder / "m.pt", "no archive at all");
  EXPECT_THROW(read_model_card(folder / "m.pt"), Error);
  EXPECT_THROW(nn_room().load(folder / "m.pt", card_of(small_net()), {.device = "cpu"}), Error);
  const auto net = trainer(small_net());
  net->export_model(folder / "n.pt", card_of(small_net()));
  const std::string bytes = read_file(folder / "n.pt");
  write_file_atomically(folder / "cut.pt", bytes.substr(0, bytes.size() - 100));
  EXPECT_THROW(read_model_card(folder / "cut.pt"), Error);
  ModelCard lying = card_of(small_net());
  lying.classes.push_back("more");
  std::vector<float> image(512), p(2048);
  EXPECT_THROW(nn_room().load(folder / "n.pt", lying, {.device = "cpu"})->run(image, {8, 8, 8}, p), Error);
}

TEST(ModelCard, ManglesAreRefusedByKey) {
  const auto error_of = [](const char* text) {
    try {
      ModelCard::from_json(parse_json(text, "t"), "m.pt");
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const std::string good =
      R"({"classes": ["bg", "mi"], "voxel_size_nm": [10, 10, 25], "tile_vx": [64, 64, 32], "halo_vx": [8, 8, 4]})";
  EXPECT_EQ(error_of(good.c_str()), "");
  EXPECT_THAT(error_of(R"({"classes": ["bg"]})"), ::testing::HasSubstr("voxel_size_nm"));
  EXPECT_THAT(error_of(R"({"classes": ["bg", "bg"], "voxel_size_nm": [1, 1, 1], "tile_vx": [1, 1, 1],
                           "halo_vx": [0, 0, 0]})"),
              ::testing::HasSubstr("twice"));
  EXPECT_THAT(error_of(R"({"classes": ["bg", "mi"], "voxel_size_nm": [1, 1, 1], "tile_vx": [9, 8, 8],
                           "halo_vx": [0, 0, 0], "stride_vx": [2, 2, 2]})"),
              ::testing::HasSubstr("tile_vx"));
}

TEST(ModelCard, VoxelSizesDecideTheMag) {
  ModelCard card;
  card.voxel_size_nm = {40, 40, 100};
  EXPECT_EQ(model_mag(card, {10, 10, 25}, 0.05, "m"), Vec3i(4, 4, 4));
  EXPECT_EQ(model_mag(card, {40.5, 39.5, 50}, 0.05, "m"), Vec3i(1, 1, 2));
  EXPECT_THROW(model_mag(card, {15, 15, 25}, 0.05, "m"), Error);
  EXPECT_THROW(model_mag(card, {80, 80, 100}, 0.05, "m"), Error);
  card.channels = 3;
  EXPECT_THROW(model_mag(card, {10, 10, 25}, 0.05, "m"), Error);
}

}  // namespace
}  // namespace syconn
