// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/pyramid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "syconn/core/rng.h"

namespace syconn {
namespace {

/// The fine voxels of a coarse one that there are.
template <class T>
std::vector<T> fine_of(const Volume<T>& fine, const Vec3i& factor, const Vec3i& voxel) {
  std::vector<T> values;
  for (std::int64_t z = 0; z < factor.z; ++z)
    for (std::int64_t y = 0; y < factor.y; ++y)
      for (std::int64_t x = 0; x < factor.x; ++x)
        if (const Vec3i p = voxel * factor + Vec3i(x, y, z); fine.box().contains(p)) values.push_back(fine.at(p));
  return values;
}

template <class T, class Check>
void for_all(const Volume<T>& fine, const Vec3i& factor, Volume<T>& out,
             void (*halve)(const VolumeView<const T>&, const Vec3i&, const VolumeView<T>&), const Check& check) {
  halve(fine.view(), factor, out.view());
  for (std::int64_t z = out.box().min.z; z < out.box().max.z; ++z)
    for (std::int64_t y = out.box().min.y; y < out.box().max.y; ++y)
      for (std::int64_t x = out.box().min.x; x < out.box().max.x; ++x)
        check(fine_of(fine, factor, {x, y, z}), out.at({x, y, z}));
}

const Vec3i kFactors[] = {{2, 2, 1}, {2, 2, 2}, {1, 1, 2}, {1, 1, 1}};

TEST(Pyramid, LabelsEqualACount) {
  Volume<Id> fine(Box3({3, 4, 5}, {24, 15, 12}));
  Rng rng(1);
  for (std::size_t i = 0; i < fine.count(); ++i) fine.data()[i] = rng.below(4) << 62;
  for (const Vec3i& f : kFactors) {
    Volume<Id> out(Box3(fine.box().min / f, (fine.box().max + f - Vec3i(1)) / f));
    for_all(fine, f, out, halve_labels, [](const std::vector<Id>& values, Id got) {
      std::map<Id, int> n;
      for (const Id v : values) ++n[v];
      for (const auto& [label, count] : n) {
        const bool better = count > n.at(got) || (count == n.at(got) && label != 0 && (got == 0 || label < got));
        EXPECT_FALSE(better) << label << " beats " << got;
      }
    });
  }
}

TEST(Pyramid, GreyIsTheRoundedMean) {
  Volume<std::uint8_t> fine(Box3({1, 0, 2}, {20, 9, 11}));
  Rng rng(2);
  for (std::size_t i = 0; i < fine.count(); ++i) fine.data()[i] = static_cast<std::uint8_t>(rng.below(256));
  for (const Vec3i& f : kFactors) {
    Volume<std::uint8_t> out(Box3(fine.box().min / f, (fine.box().max + f - Vec3i(1)) / f));
    for_all(fine, f, out, halve_grey, [](const std::vector<std::uint8_t>& values, std::uint8_t got) {
      double sum = 0;
      for (const auto v : values) sum += v;
      EXPECT_EQ(got, std::floor(sum / static_cast<double>(values.size()) + 0.5));
    });
  }
}

TEST(Pyramid, TiesByHand) {
  const Id labels[] = {0, 0, 5, 5, 7, 7, 3, 0};
  Volume<Id> fine(Box3::of_size({8, 1, 1})), out(Box3::of_size({4, 1, 1}));
  std::copy(std::begin(labels), std::end(labels), fine.data());
  halve_labels(std::as_const(fine).view(), {2, 1, 1}, out.view());
  EXPECT_EQ(out.at({0, 0, 0}), 0U);
  EXPECT_EQ(out.at({1, 0, 0}), 5U);
  EXPECT_EQ(out.at({3, 0, 0}), 3U) << "background comes last";
}

}  // namespace
}  // namespace syconn
