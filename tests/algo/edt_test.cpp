// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/edt.h"

#include <gtest/gtest.h>

#include <cmath>

#include "algo/label_patterns.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

using Squares = Volume<std::uint64_t>;

/// Every voxel of another label is tried; a border of the world is a layer of background around it.
Squares brute_force(const Volume<std::uint32_t>& labels, const Box3& world, const EdtScale& scale) {
  Squares out(labels.box());
  const Box3 box = labels.box(), around = box.grown(Vec3i(1));
  const auto each = [](const Box3& b, const auto& use) {
    for (std::int64_t z = b.min.z; z < b.max.z; ++z)
      for (std::int64_t y = b.min.y; y < b.max.y; ++y)
        for (std::int64_t x = b.min.x; x < b.max.x; ++x) use(Vec3i{x, y, z});
  };
  each(box, [&](const Vec3i& v) {
    const std::uint32_t own = labels.at(v);
    std::uint64_t best = scale.cap;
    each(around, [&](const Vec3i& w) {
      const bool differs = box.contains(w) ? labels.at(w) != own : !world.contains(w);
      const Vec3i d = (v - w) * scale.units;
      if (differs) best = std::min(best, static_cast<std::uint64_t>(d.dot(d)));
    });
    out.at(v) = own == 0 ? 0 : best;
  });
  return out;
}

Volume<std::uint32_t> small_labels(const Box3& box, int n, double background, std::uint64_t seed) {
  const Volume<Id> cells = patterns::voronoi(box, n, background, seed, {1, 1, 2});
  Volume<std::uint32_t> out(box);
  for (std::size_t i = 0; i < out.count(); ++i) out.data()[i] = static_cast<std::uint32_t>(cells.data()[i] % 1000003);
  return out;
}

Volume<std::uint8_t> binary(const Volume<std::uint32_t>& labels) {
  Volume<std::uint8_t> out(labels.box());
  for (std::size_t i = 0; i < out.count(); ++i) out.data()[i] = labels.data()[i] != 0 ? 200 : 0;
  return out;
}

template <class D, class L>
std::vector<std::uint64_t> values_of(const Volume<L>& labels, const Box3& world, const EdtScale& scale) {
  Volume<D> out(labels.box(), D{7});
  squared_edt(labels.view(), world, scale, out.view());
  return {out.data(), out.data() + out.count()};
}

void expect_equals_brute_force(const Volume<std::uint32_t>& labels, const Box3& world, const EdtScale& scale) {
  const Squares many = brute_force(labels, world, scale);
  const std::vector<std::uint64_t> want(many.data(), many.data() + many.count());
  EXPECT_EQ(values_of<std::uint32_t>(labels, world, scale), want);
  EXPECT_EQ(values_of<std::uint64_t>(labels, world, scale), want);
  const Volume<std::uint8_t> mask = binary(labels);
  Volume<std::uint32_t> one(labels.box());
  for (std::size_t i = 0; i < one.count(); ++i) one.data()[i] = mask.data()[i] != 0;
  const Squares single = brute_force(one, world, scale);
  const std::vector<std::uint64_t> want_mask(single.data(), single.data() + single.count());
  EXPECT_EQ(values_of<std::uint32_t>(mask, world, scale), want_mask);
  EXPECT_EQ(values_of<std::uint64_t>(mask, world, scale), want_mask);
}

TEST(Edt, EqualsBruteForceForAnyVoxelSizeBorderAndRadius) {
  const Box3 box{{5, 3, 2}, {30, 14, 9}};
  const Volume<std::uint32_t> labels = small_labels(box, 9, 0.4, 3);
  for (const Vec3d& size : {Vec3d{10, 10, 25}, Vec3d{4.6, 4.6, 50}, Vec3d{7, 3, 5}})
    for (const double radius : {5000.0, 60.0, 3.0})
      for (const Box3& world : {box, box.grown(Vec3i(1)), Box3{{5, 0, 2}, {50, 14, 20}}}) {
        SCOPED_TRACE(testing::Message() << size << ' ' << radius << ' ' << world);
        expect_equals_brute_force(labels, world, EdtScale::of(size, radius));
      }
}

TEST(Edt, OneVoxelAllBackgroundAndAllForeground) {
  const EdtScale scale = EdtScale::of({10, 10, 25}, 1000);
  EXPECT_EQ(scale.units, Vec3i(2, 2, 5));
  EXPECT_EQ(scale.cap, 40000U);
  for (const std::uint32_t value : {0U, 1U, 4000000000U})
    for (const Vec3i& size : {Vec3i{1, 1, 1}, Vec3i{33, 1, 2}, Vec3i{1, 5, 1}}) {
      const Volume<std::uint32_t> labels(Box3::of_size(size), value);
      expect_equals_brute_force(labels, labels.box(), scale);
      expect_equals_brute_force(labels, labels.box().grown(Vec3i(9)), scale);
    }
}

TEST(Edt, AHaloOfTheReachMakesAPartExact) {
  const Box3 box = Box3::of_size({70, 40, 20});
  const Volume<std::uint8_t> mask = binary(small_labels(box, 12, 0.5, 5));
  const EdtScale scale = EdtScale::of({10, 10, 25}, 80);
  Volume<std::uint32_t> whole(box);
  squared_edt(mask.view(), box, scale, whole.view());
  for (const Box3& part :
       {Box3{{20, 10, 5}, {30, 20, 9}}, Box3{{0, 30, 0}, {1, 40, 20}}, Box3{{50, 5, 19}, {70, 9, 20}}}) {
    const Box3 read = intersect(part.grown(scale.reach_vx()), box);
    Volume<std::uint32_t> got(read);
    squared_edt(mask.view().sub(read), box, scale, got.view());
    for (std::int64_t z = part.min.z; z < part.max.z; ++z)
      for (std::int64_t y = part.min.y; y < part.max.y; ++y)
        for (std::int64_t x = part.min.x; x < part.max.x; ++x) ASSERT_EQ(got.at({x, y, z}), whole.at({x, y, z}));
  }
}

TEST(Edt, WideScales) {
  const EdtScale scale = EdtScale::of({4.123, 4.123, 50.001}, 1e6);
  EXPECT_TRUE(has_wide_cap(scale));
  const Volume<std::uint32_t> labels = small_labels(Box3::of_size({9, 8, 7}), 4, 0.3, 6);
  const Squares want = brute_force(labels, labels.box(), scale);
  EXPECT_EQ(values_of<std::uint64_t>(labels, labels.box(), scale),
            std::vector<std::uint64_t>(want.data(), want.data() + want.count()));
  EXPECT_THROW(values_of<std::uint32_t>(labels, labels.box(), scale), Error);
  EXPECT_THROW(EdtScale::of({10, 10, 25}, 0), Error);
  EXPECT_THROW(EdtScale::of({10, 10, 25}, std::nan("")), Error);
}

}  // namespace
}  // namespace syconn
