// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/unet_stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <thread>

#include "nn/formula_weights.h"
#include "section_kernels.h"
#include "support/temp_folder.h"
#include "syconn/core/box3.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using test::config_of;
using test::formula_weights;

std::vector<float> random_image(std::int64_t n, std::uint64_t seed) {
  std::vector<float> image(static_cast<std::size_t>(n));
  Rng rng(seed);
  for (float& v : image) v = static_cast<float>(rng.uniform());
  return image;
}

// ---- the definition of every operation, voxel by voxel
// ---------------------------------------------------------------

struct Maps {
  int channels;
  Vec3i size;
  std::vector<double> values;

  Maps(int n, const Vec3i& s) : channels(n), size(s), values(static_cast<std::size_t>(n * s.product())) {}
  double& at(int c, const Vec3i& v) {
    return values[static_cast<std::size_t>(((c * size.z + v.z) * size.y + v.y) * size.x + v.x)];
  }
};

template <class Fn>
void for_each_voxel(const Vec3i& size, const Fn& fn) {
  for (std::int64_t z = 0; z < size.z; ++z)
    for (std::int64_t y = 0; y < size.y; ++y)
      for (std::int64_t x = 0; x < size.x; ++x) fn(Vec3i(x, y, z));
}

class PlainUNet {
 public:
  explicit PlainUNet(const UNetConfig& config) : config_(config), weights_(formula_weights(config)) {}

  Maps run(Maps x) {
    std::map<int, Maps> kept;
    for (const UNetOp& op : unet_ops(config_)) {
      using Kind = UNetOp::Kind;
      if (op.kind == Kind::keep) kept.emplace(op.level, x);
      if (op.kind == Kind::conv) x = conv(op, x);
      if (op.kind == Kind::up_conv) x = up_conv(op, x);
      if (op.kind == Kind::pool) x = pool(op, x);
      if (op.kind == Kind::norm) norm(op, x);
      if (op.kind == Kind::activate)
        for (double& v : x.values) v = v > 0 ? v : v * (config_.activation == "relu" ? 0 : 0.1);
      if (op.kind != Kind::concat) continue;
      const Maps& skip = kept.at(op.level);
      x.values.insert(x.values.end(), skip.values.begin(), skip.values.end());
      x.channels += skip.channels;
    }
    return x;
  }

 private:
  const std::vector<float>& part(const UNetOp& op, const char* name) { return weights_.at(op.name + name); }

  Maps conv(const UNetOp& op, Maps& x) {
    Maps out(op.out, x.size);
    const std::vector<float>& w = part(op, ".weight");
    for (int o = 0; o < op.out; ++o)
      for_each_voxel(x.size, [&](const Vec3i& v) {
        double sum = part(op, ".bias")[static_cast<std::size_t>(o)];
        for (int i = 0; i < op.in; ++i)
          for_each_voxel(op.size, [&](const Vec3i& k) {
            const Vec3i from = v + k - op.size / 2;
            if (!Box3::of_size(x.size).contains(from)) return;
            const std::int64_t tap = (k.z * op.size.y + k.y) * op.size.x + k.x;
            sum += x.at(i, from) * w[static_cast<std::size_t>((o * op.in + i) * op.size.product() + tap)];
          });
        out.at(o, v) = sum;
      });
    return out;
  }

  Maps up_conv(const UNetOp& op, Maps& x) {
    Maps out(op.out, x.size * op.size);
    const std::vector<float>& w = part(op, ".weight");
    for (int o = 0; o < op.out; ++o)
      for_each_voxel(out.size, [&](const Vec3i& v) {
        const Vec3i k = v - v / op.size * op.size;
        const std::int64_t tap = (k.z * op.size.y + k.y) * op.size.x + k.x;
        double sum = part(op, ".bias")[static_cast<std::size_t>(o)];
        for (int i = 0; i < op.in; ++i)
          sum += x.at(i, v / op.size) * w[static_cast<std::size_t>((i * op.out + o) * op.size.product() + tap)];
        out.at(o, v) = sum;
      });
    return out;
  }

  static Maps pool(const UNetOp& op, Maps& x) {
    Maps out(x.channels, x.size / op.size);
    std::fill(out.values.begin(), out.values.end(), -1e300);
    for (int c = 0; c < x.channels; ++c)
      for_each_voxel(x.size, [&](const Vec3i& v) {
        double& most = out.at(c, v / op.size);
        most = std::max(most, x.at(c, v));
      });
    return out;
  }

  void norm(const UNetOp& op, Maps& x) {
    for (int c = 0; c < x.channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      const double factor = part(op, ".weight")[i] / std::sqrt(part(op, ".running_var")[i] + 1e-5);
      for_each_voxel(x.size, [&](const Vec3i& v) {
        x.at(c, v) = (x.at(c, v) - part(op, ".running_mean")[i]) * factor + part(op, ".bias")[i];
      });
    }
  }

  UNetConfig config_;
  std::map<std::string, std::vector<float>> weights_;
};

// ----------------------------------------------------------------------------------------------------------------------

std::vector<const SectionKernels*> kernels_here() {
  std::vector<const SectionKernels*> kernels{&sections_plain::kKernels};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels.push_back(&sections_avx2::kKernels);
  if (__builtin_cpu_supports("avx512f")) kernels.push_back(&sections_avx512::kKernels);
#endif
  return kernels;
}

std::vector<float> streamed(const UNetConfig& config, const SectionKernels& kernels, const std::vector<float>& image,
                            const Vec3i& size, bool softmax) {
  const auto weights = formula_weights(config);
  const UNetStream net(
      config, [&](const std::string& name) { return weights.at(name); }, &kernels);
  std::vector<float> out(static_cast<std::size_t>(config.classes * size.product()));
  net.run(image, size, softmax, out);
  return out;
}

UNetConfig leaky_net_of_two_channels() {
  UNetConfig c = config_of(3, 2, 5, {}, "none");
  c.channels = 2, c.activation = "leaky";
  return c;
}

TEST(UNetStream, ComputesWhatTheOperationsMean) {
  const std::vector<std::pair<UNetConfig, Vec3i>> nets{
      {config_of(2, 3, 4, {0}), {36, 8, 6}},    {config_of(4, 3, 8, {1}), {20, 12, 12}},
      {config_of(3, 2, 3, {0, 1}), {50, 6, 3}}, {config_of(2, 4, 2, {0, 2}), {8, 16, 4}},
      {config_of(9, 2, 9, {}), {4, 2, 2}},      {leaky_net_of_two_channels(), {102, 4, 4}}};
  for (const auto& [config, size] : nets) {
    const std::vector<float> image = random_image(config.channels * size.product(), 4);
    Maps in(config.channels, size);
    std::copy(image.begin(), image.end(), in.values.begin());
    const Maps expected = PlainUNet(config).run(in);
    const auto voxels = static_cast<std::size_t>(size.product());
    for (const SectionKernels* kernels : kernels_here()) {
      const std::vector<float> logits = streamed(config, *kernels, image, size, false);
      const std::vector<float> p = streamed(config, *kernels, image, size, true);
      for (std::size_t i = 0; i < logits.size(); ++i)
        ASSERT_NEAR(logits[i], expected.values[i], 2e-5 * (1 + std::abs(expected.values[i]))) << i;
      for (std::size_t v = 0; v < voxels; ++v) {
        double sum = 0;
        for (std::size_t i = v; i < p.size(); i += voxels) sum += std::exp(expected.values[i]);
        for (std::size_t i = v; i < p.size(); i += voxels) ASSERT_NEAR(p[i], std::exp(expected.values[i]) / sum, 1e-5);
      }
    }
  }
}

TEST(UNetStream, WidthOfVectorsDoesNotShow) {
  const std::vector<const SectionKernels*> kernels = kernels_here();
  if (kernels.size() < 3) GTEST_SKIP() << "no AVX-512 here";
  const UNetConfig config = config_of(3, 3, 8, {0});
  const Vec3i size{44, 20, 8};
  const std::vector<float> image = random_image(size.product(), 8);
  EXPECT_EQ(streamed(config, *kernels[1], image, size, true), streamed(config, *kernels[2], image, size, true));
}

TEST(UNetStream, SizesInTurnAndThreadsDoNotShow) {
  const UNetConfig config = config_of(3, 3, 8, {0});
  const auto weights = formula_weights(config);
  const UNetStream net(config, [&](const std::string& name) { return weights.at(name); });
  const auto result_of = [&](const Vec3i& size) {
    std::vector<float> out(static_cast<std::size_t>(config.classes * size.product()));
    net.run(random_image(size.product(), 3), size, true, out);
    return out;
  };
  const Vec3i large{48, 32, 16}, small{16, 32, 4};
  const std::vector<float> alone = result_of(large), other = result_of(small);
  std::vector<std::vector<float>> together(6);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < together.size(); ++i)
    threads.emplace_back([&, i] { together[i] = result_of(i % 2 == 0 ? large : small); });
  for (std::thread& t : threads) t.join();
  for (std::size_t i = 0; i < together.size(); ++i) EXPECT_EQ(together[i], i % 2 == 0 ? alone : other) << i;
}

TEST(UNetStream, WhatIsNoNumberIsNotHidden) {
  const UNetConfig config = config_of(2, 2, 4, {});
  std::vector<float> image(16 * 8 * 8);
  image[image.size() / 2 + 5] = std::nanf("");
  for (const SectionKernels* kernels : kernels_here()) {
    const std::vector<float> p = streamed(config, *kernels, image, {16, 8, 8}, true);
    EXPECT_TRUE(std::isnan(p[image.size() / 2 + 5]));
  }
}

TEST(UNetStream, RefusesSizesAndWeightsThatAreNone) {
  const UNetConfig config = config_of(2, 3, 4, {0});
  auto weights = formula_weights(config);
  const auto tensors = [&](const std::string& name) { return weights.at(name); };
  std::vector<float> image(6 * 8 * 8), p(2 * image.size());
  EXPECT_THROW(UNetStream(config, tensors).run(image, {6, 8, 8}, true, p), Error);
  EXPECT_THROW(UNetStream(config, tensors).run(image, {8, 8, 8}, true, p), Error);
  weights["conv_final.bias"] = {1, std::nanf("")};
  EXPECT_THROW(UNetStream(config, tensors), Error);
  weights["conv_final.bias"] = {1};
  EXPECT_THROW(UNetStream(config, tensors), Error);
  weights = formula_weights(config);
  weights["down_convs.0.norm0.running_var"][0] = -1;
  EXPECT_THROW(UNetStream(config, tensors), Error);
  EXPECT_FALSE(UNetStream::can_run(test::resize_net()));
  EXPECT_FALSE(UNetStream::can_run(config_of(2, 3, 4, {0}, "group2")));
}

// ---- beside LibTorch
// -------------------------------------------------------------------------------------------------

/// An image with structure on several scales: what networks are made for, unlike noise.
std::vector<float> smooth_image(const Vec3i& size) {
  std::vector<float> image;
  for_each_voxel(size, [&](const Vec3i& v) {
    const Vec3d p(v);
    image.push_back(static_cast<float>(0.5 + 0.2 * std::sin(p.x / 3 + p.z / 5) * std::cos(p.y / 4) +
                                       0.2 * std::sin((p.x + 2 * p.y) / 17) +
                                       0.1 * std::sin(p.x * 12.9898 + p.y * 78.233)));
  });
  return image;
}

std::vector<float> run_archive(const fs::path& archive, const ModelCard& card, const std::vector<float>& image,
                               const Vec3i& size, bool library_layers) {
  std::vector<float> p(image.size() * card.classes.size());
  const auto network = nn_room().load(archive, card, {.device = "cpu", .library_layers = library_layers});
  EXPECT_TRUE(network->run(image, size, p));
  return p;
}

TEST(UNetStream, ShippedModelsGiveTheGreysOfLibTorchsLayers) {
  if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
  for (const char* name : {"mitochondria", "myelin"}) {
    const fs::path archive = fs::path(SYCONN_SOURCE_DIR) / "models" / name / "model.pt";
    const ModelCard card = read_model_card(archive);
    const Vec3i size{128, 96, 24};
    const std::vector<float> image = smooth_image(size), ours = run_archive(archive, card, image, size, false),
                             library = run_archive(archive, card, image, size, true);
    EXPECT_NE(ours, library) << name << " did not go this way";  // sums in another order
    std::size_t differ = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const int a = static_cast<int>(ours[i] * 255), b = static_cast<int>(library[i] * 255);
      ASSERT_LE(std::abs(a - b), 1) << name << " " << i;
      differ += a != b;
    }
    EXPECT_LE(static_cast<double>(differ), 1e-4 * static_cast<double>(ours.size())) << name;
  }
}

TEST(UNetStream, ArchivesOfOtherProgramsRunAsTheyAreWritten) {
  if (!nn_room_is_built()) GTEST_SKIP() << "built without LibTorch";
  const test::TempFolder folder;
  const UNetConfig config = config_of(2, 2, 4, {});
  ModelCard card;
  card.unet = config, card.stride_vx = unet_stride(config), card.tile_vx = {16, 16, 16}, card.halo_vx = {8, 8, 8};
  card.classes = {"background", "mi"};
  const auto trainer = nn_room().unet_trainer(config, {}, {.device = "cpu"}, 1);
  test::set_formula_weights(*trainer, config);
  trainer->export_model(folder / "m.pt", card);
  const Vec3i size{16, 16, 8};
  const std::vector<float> image = smooth_image(size),
                           as_written = run_archive(folder / "m.pt", card, image, size, true);
  EXPECT_NE(run_archive(folder / "m.pt", card, image, size, false), as_written);
  card.unet->activation = "leaky";  // a card that says something else than the program does
  EXPECT_EQ(run_archive(folder / "m.pt", card, image, size, false), as_written);
  card.unet.reset();
  EXPECT_EQ(run_archive(folder / "m.pt", card, image, size, false), as_written);
}

}  // namespace
}  // namespace syconn
