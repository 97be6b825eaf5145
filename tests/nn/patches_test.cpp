// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/patches.h"

#include <gtest/gtest.h>

#include <set>

#include "syconn/core/error.h"

namespace syconn {
namespace {

/// Grey tells the place; the label follows the grey.
LabelledVolume volume_at(const Vec3i& corner, const Vec3i& size) {
  LabelledVolume v{Volume<std::uint8_t>(Box3::of_size(size).shifted(corner)),
                   Volume<std::uint8_t>(Box3::of_size(size).shifted(corner))};
  Rng rng(4);
  for (std::size_t i = 0; i < v.raw.count(); ++i) {
    v.raw.data()[i] = static_cast<std::uint8_t>(1 + rng.below(255));
    v.labels.data()[i] = v.raw.data()[i] > 250 ? 2 : v.raw.data()[i] > 200 ? 1 : 0;
  }
  return v;
}

TEST(PatchSampler, LabelsStayWithTheirVoxelsUnderFlips) {
  Augmentation flips{.warp = 0, .grey = 0, .gamma = 0, .noise = 0, .blur = 0};
  const PatchSampler sampler({volume_at({100, 50, 9}, {40, 40, 20})}, 3, {16, 16, 8}, 1, flips);
  std::vector<float> image(16 * 16 * 8);
  std::vector<std::uint8_t> labels(image.size());
  std::set<std::vector<float>> different;
  for (std::uint64_t step = 0; step < 40; ++step) {
    sampler.draw(step, 0, image, labels);
    for (std::size_t i = 0; i < image.size(); ++i) {
      if (labels[i] == kIgnoredLabel) {
        ASSERT_EQ(image[i], 0);
        continue;
      }
      const int grey = static_cast<int>(image[i] * 255 + 0.5F);
      ASSERT_GE(grey, 1);
      ASSERT_EQ(labels[i], grey > 250 ? 2 : grey > 200 ? 1 : 0);
    }
    different.insert(image);
  }
  EXPECT_EQ(different.size(), 40U);
}

TEST(PatchSampler, ASampleIsAFunctionOfItsNumber) {
  const PatchSampler a({volume_at({}, {20, 20, 20})}, 3, {8, 8, 8}, 7),
      b({volume_at({}, {20, 20, 20})}, 3, {8, 8, 8}, 7);
  std::vector<float> x(512), y(512);
  std::vector<std::uint8_t> l(512), k(512);
  for (std::uint64_t step = 0; step < 20; ++step) a.draw(step, 1, x, l);
  b.draw(19, 1, y, k);
  EXPECT_EQ(x, y);
  EXPECT_EQ(l, k);
}

TEST(PatchSampler, VolumesSmallerThanAPatch) {
  const PatchSampler sampler({volume_at({}, {3, 1, 2})}, 3, {8, 8, 8}, 7);
  std::vector<float> image(512);
  std::vector<std::uint8_t> labels(512);
  for (std::uint64_t step = 0; step < 20; ++step) sampler.draw(step, 0, image, labels);
  EXPECT_THROW(PatchSampler({}, 3, {8, 8, 8}, 7), Error);
}

}  // namespace
}  // namespace syconn
