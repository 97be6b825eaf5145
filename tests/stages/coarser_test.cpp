// SPDX-License-Identifier: GPL-3.0-or-later
#include "coarser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "syconn/core/rng.h"

namespace syconn {
namespace {

Volume<std::uint8_t> random_volume(const Box3& box, std::uint64_t values) {
  Volume<std::uint8_t> v(box);
  Rng rng(4);
  for (std::size_t i = 0; i < v.count(); ++i) v.data()[i] = static_cast<std::uint8_t>(rng.below(values));
  return v;
}

TEST(Coarser, EqualsACountOfEachCell) {
  const Box3 box{{1, 0, 3}, {20, 13, 11}};
  const Vec3i mag(4, 2, 3);
  const Volume<std::uint8_t> grey = random_volume(box, 256), labels = random_volume(box, 4);
  Volume<std::uint8_t> means(Box3{{-1, 0, 0}, {6, 7, 5}}), votes(means.box());
  coarser_grey(grey, mag, means), coarser_labels(labels, mag, votes);
  std::size_t i = 0;
  for (std::int64_t z = 0; z < 5; ++z)
    for (std::int64_t y = 0; y < 7; ++y)
      for (std::int64_t x = -1; x < 6; ++x, ++i) {
        double sum = 0;
        std::map<int, int> count;
        for (std::int64_t k = 0; k < mag.product(); ++k) {
          const Vec3i p = Vec3i(x, y, z) * mag + Vec3i(k % 4, k / 4 % 2, k / 8);
          if (box.contains(p)) sum += grey.at(p), ++count[labels.at(p)];
        }
        int n = 0, best = 0;
        for (const auto& [label, votes_of] : count)
          if (n += votes_of, votes_of > count[best]) best = label;
        EXPECT_EQ(means.data()[i], n == 0 ? 0 : static_cast<int>(std::floor(sum / n + 0.5)));
        EXPECT_EQ(votes.data()[i], best);
      }
}

TEST(Coarser, BoxesOfNeighbouringChunksMeetWithoutOverlap) {
  const Vec3i mag(4, 4, 3);
  const Box3 a = coarser_box({{0, 0, 0}, {66, 8, 8}}, mag), b = coarser_box({{66, 0, 0}, {130, 8, 8}}, mag);
  EXPECT_EQ(a, (Box3{{0, 0, 0}, {17, 2, 3}}));
  EXPECT_EQ(b, (Box3{{17, 0, 0}, {33, 2, 3}}));
}

}  // namespace
}  // namespace syconn
