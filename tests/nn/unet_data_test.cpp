// SPDX-License-Identifier: GPL-3.0-or-later
// U-Nets and losses against the reference's vectors.
#include <gtest/gtest.h>

#include "algo/h5_input.h"
#include "nn/formula_weights.h"
#include "syconn/nn/unet_stream.h"

namespace syconn {
namespace {

using test::config_of;
using test::resize_net;

class UNetGolden : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
  }
};

TEST_F(UNetGolden, Logits) {
  const auto file = testing_input::golden_folder() / "unet.h5";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is absent";
  std::vector<hsize_t> shape;
  const std::vector<std::uint8_t> grey = testing_input::read_h5<std::uint8_t>(file, "input/volume_u8", shape);
  std::vector<float> image(grey.size());
  for (std::size_t i = 0; i < grey.size(); ++i) image[i] = static_cast<float>(grey[i]) / 255.0F;
  const std::vector<std::pair<const char*, UNetConfig>> nets{{"myelin_cfg", myelin_unet()},
                                                             {"organelle_small", config_of(4, 3, 16, {0}, "group8")},
                                                             {"resize_small", resize_net()},
                                                             {"syntype_small", config_of(4, 4, 8, {0})}};
  for (const auto& [name, config] : nets) {
    const auto net = nn_room().unet_trainer(config, {}, {.device = "cpu"}, 1);
    test::set_formula_weights(*net, config);
    const std::vector<float> got = net->logits(image, {48, 48, 16});
    const auto want = testing_input::read_h5<double>(file, std::string(name) + "/logits_f64", shape);
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], want[i], 1e-4 + 1e-4 * std::abs(want[i])) << name << " at " << i;
    if (!UNetStream::can_run(config)) continue;
    const auto weights = test::formula_weights(config);
    std::vector<float> streamed(want.size());
    UNetStream(config, [&](const std::string& tensor) {
      return weights.at(tensor);
    }).run(image, {48, 48, 16}, false, streamed);
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(streamed[i], want[i], 1e-4 + 1e-4 * std::abs(want[i])) << name << " streamed, at " << i;
  }
}

TEST_F(UNetGolden, Losses) {
  const auto file = testing_input::golden_folder() / "losses.h5";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is absent";
  std::vector<hsize_t> shape;
  const auto logits = testing_input::read_h5<double>(file, "vol/logits", shape);
  const std::size_t batch = shape[0], classes = shape[1], voxels = shape[2] * shape[3] * shape[4];
  const auto target = testing_input::read_h5<std::int32_t>(file, "vol/target", shape);
  std::vector<float> x(logits.size());  // classes before samples: the losses sum over samples and voxels alike
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t c = 0; c < classes; ++c)
      for (std::size_t v = 0; v < voxels; ++v)
        x[(c * batch + b) * voxels + v] = static_cast<float>(logits[(b * classes + c) * voxels + v]);
  const std::vector<std::uint8_t> labels(target.begin(), target.end());
  const auto value = [&](const char* name) { return testing_input::read_h5<double>(file, name, shape).at(0); };
  TrainOptions dice{.cross_entropy = 0}, entropy{.cross_entropy = 1};
  EXPECT_NEAR(nn_room().loss(x, labels, 3, dice), value("vol/dice"), 1e-5);
  EXPECT_NEAR(nn_room().loss(x, labels, 3, entropy), value("vol/ce"), 1e-5);
  dice.class_weights = testing_input::read_h5<double>(file, "vol/weights", shape);
  EXPECT_NEAR(nn_room().loss(x, labels, 3, dice), value("vol/dice_w"), 1e-5);
}

}  // namespace
}  // namespace syconn
