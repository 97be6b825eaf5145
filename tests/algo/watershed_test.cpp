// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/watershed.h"

#include <gtest/gtest.h>

#include <map>
#include <queue>

#include "algo/label_patterns.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

std::vector<std::uint32_t> values_of(const Volume<std::uint32_t>& v) { return {v.data(), v.data() + v.count()}; }

Volume<std::uint8_t> random_mask(const Box3& box, std::uint64_t seed, std::uint64_t of_ten) {
  Volume<std::uint8_t> mask(box);
  Rng rng(seed);
  for (std::size_t i = 0; i < mask.count(); ++i) mask.data()[i] = rng.below(10) < of_ten;
  return mask;
}

/// Components by flooding from each voxel in raster order.
template <class T>
std::vector<std::uint32_t> flood_fill(const Volume<T>& values, int connectivity) {
  Volume<std::uint32_t> out(values.box());
  std::uint32_t n = 0;
  const Box3 box = values.box();
  for (std::size_t i = 0; i < values.count(); ++i) {
    if (values.data()[i] == 0 || out.data()[i] != 0) continue;
    const auto at = static_cast<std::int64_t>(i);
    std::vector<Vec3i> open{
        box.min + Vec3i{at % box.size().x, at / box.size().x % box.size().y, at / box.size().x / box.size().y}};
    out.data()[i] = ++n;
    while (!open.empty()) {
      const Vec3i v = open.back();
      open.pop_back();
      for (int k = 0; k < 27; ++k) {
        const Vec3i d{k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1};
        const std::int64_t steps = d.dot(d);
        if (steps == 0 || steps > (connectivity == 6 ? 1 : connectivity == 18 ? 2 : 3)) continue;
        if (!box.contains(v + d) || values.at(v + d) != values.at(v) || out.at(v + d) != 0) continue;
        out.at(v + d) = n;
        open.push_back(v + d);
      }
    }
  }
  return values_of(out);
}

TEST(LabelComponents, EqualsFloodFill) {
  const Box3 box{{3, 4, 5}, {20, 17, 14}};
  for (const std::uint64_t density : {3U, 5U, 7U}) {
    const Volume<std::uint8_t> mask = random_mask(box, density, density);
    const Volume<Id> labels = patterns::noise(box, 4, density);
    for (const Connectivity c : {Connectivity::face6, Connectivity::edge18, Connectivity::corner26}) {
      Volume<std::uint32_t> out(box);
      const std::uint32_t n = label_components(mask.view(), out.view(), c);
      EXPECT_EQ(values_of(out), flood_fill(mask, static_cast<int>(c)));
      EXPECT_EQ(n, *std::max_element(out.data(), out.data() + out.count()));
      label_components(labels.view(), out.view(), c);
      EXPECT_EQ(values_of(out), flood_fill(labels, static_cast<int>(c)));
    }
  }
}

TEST(LabelComponents, EmptyAndFull) {
  for (const Vec3i& size : {Vec3i{0, 3, 2}, Vec3i{1, 1, 1}, Vec3i{7, 2, 3}})
    for (const std::uint8_t value : {0, 9}) {
      const Volume<std::uint8_t> mask(Box3::of_size(size), value);
      Volume<std::uint32_t> out(mask.box(), 5U);
      EXPECT_EQ(label_components(mask.view(), out.view()), value != 0 && mask.count() > 0 ? 1U : 0U);
      for (std::size_t i = 0; i < out.count(); ++i) EXPECT_EQ(out.data()[i], value != 0 ? 1U : 0U);
    }
}

struct Case {
  Volume<std::uint32_t> level, labels;
  Volume<std::uint8_t> mask;
};

Case random_case(std::uint64_t seed, std::uint64_t levels) {
  const Box3 box = Box3::of_size({15, 13, 9});
  Case c{Volume<std::uint32_t>(box), Volume<std::uint32_t>(box), random_mask(box, seed, 7)};
  Rng rng(seed + 1);
  for (std::size_t i = 0; i < c.level.count(); ++i) {
    c.level.data()[i] = static_cast<std::uint32_t>(rng.below(levels));
    if (rng.below(100) == 0) c.labels.data()[i] = 1000000 + static_cast<std::uint32_t>(i);
  }
  return c;
}

/// Without ties between seeds the order is (level, age), as a queue without places shows.
std::vector<std::uint32_t> plain_flood(const Case& c) {
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::int64_t, std::int64_t, std::int64_t>;
  std::priority_queue<Key, std::vector<Key>, std::greater<>> open;
  Volume<std::uint32_t> labels = c.labels;
  const Vec3i n = labels.box().size();
  for (std::int64_t z = 0; z < n.z; ++z)
    for (std::int64_t y = 0; y < n.y; ++y)
      for (std::int64_t x = 0; x < n.x; ++x) {
        if (c.mask.at({x, y, z}) == 0) labels.at({x, y, z}) = 0;
        if (labels.at({x, y, z}) != 0) open.push({c.level.at({x, y, z}), 0U, z, y, x});
      }
  std::uint32_t age = 0;
  while (!open.empty()) {
    const auto [level, born, z, y, x] = open.top();
    open.pop();
    const Vec3i v{x, y, z};
    for (const Vec3i& d :
         {Vec3i{0, 0, -1}, Vec3i{0, -1, 0}, Vec3i{-1, 0, 0}, Vec3i{1, 0, 0}, Vec3i{0, 1, 0}, Vec3i{0, 0, 1}}) {
      const Vec3i w = v + d;
      if (!labels.box().contains(w) || c.mask.at(w) == 0 || labels.at(w) != 0) continue;
      labels.at(w) = labels.at(v);
      open.push({c.level.at(w), ++age, w.z, w.y, w.x});
    }
  }
  return values_of(labels);
}

TEST(Watershed, EqualsAPlainQueueWhereNoSeedsTie) {
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    Case c = random_case(seed, 5);
    std::uint32_t own = 100;  // levels of their own for seeds
    for (std::size_t i = 0; i < c.labels.count(); ++i)
      if (c.labels.data()[i] != 0) c.level.data()[i] = ++own;
    const auto want = plain_flood(c);
    Watershed().run(c.level.view(), c.mask.view(), c.labels.view());
    EXPECT_EQ(values_of(c.labels), want);
  }
}

TEST(Watershed, FillsWhatSeedsReachAndNothingElse) {
  Case c = random_case(9, 3);
  Watershed flood;
  Volume<std::uint32_t> part(c.mask.box());
  label_components(c.mask.view(), part.view());
  std::map<std::uint32_t, int> seeds;
  for (std::size_t i = 0; i < part.count(); ++i)
    if (part.data()[i] != 0 && c.labels.data()[i] != 0) ++seeds[part.data()[i]];
  Volume<std::uint32_t> again = c.labels;
  flood.run(c.level.view(), c.mask.view(), c.labels.view());
  for (std::size_t i = 0; i < part.count(); ++i)
    EXPECT_EQ(c.labels.data()[i] != 0, part.data()[i] != 0 && seeds.contains(part.data()[i]));
  flood.run(c.level.view(), c.mask.view(), again.view());
  EXPECT_EQ(values_of(again), values_of(c.labels)) << "buffers kept between calls must not show";
}

TEST(Watershed, LevelsRankDistances) {
  Volume<std::uint64_t> squared(Box3::of_size({5, 1, 1}));
  const Volume<std::uint8_t> mask(squared.box(), 1);
  const std::uint64_t values[] = {4, std::uint64_t{1} << 40, 0, 4, 9};
  std::copy(values, values + 5, squared.data());
  Volume<std::uint32_t> level(squared.box());
  levels_of_distances(squared.view(), mask.view(), level.view());
  EXPECT_EQ(level.data()[1], 0U);
  EXPECT_EQ(level.data()[4], 1U);
  EXPECT_EQ(level.data()[0], 2U);
  EXPECT_EQ(level.data()[3], 2U);
}

TEST(Watershed, SizesMustAgree) {
  Volume<std::uint32_t> a(Box3::of_size({2, 2, 2})), b(Box3::of_size({2, 2, 3}));
  const Volume<std::uint8_t> mask(a.box());
  EXPECT_THROW(Watershed().run(a.view(), mask.view(), b.view()), Error);
}

}  // namespace
}  // namespace syconn
