// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/agglomeration.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

using Fragments = std::vector<std::vector<Run>>;

std::vector<SynapseParts> run(const Fragments& fragments, const Vec3d& voxel_nm, double gap_nm = 250) {
  std::vector<std::span<const Run>> spans(fragments.begin(), fragments.end());
  return agglomerate(spans, voxel_nm, gap_nm);
}

struct Point {
  Vec3i at;
  std::uint32_t fragment;
};

double squared(const Vec3i& a, const Vec3i& b, const Vec3d& step) {
  const Vec3d d = Vec3d(a - b) * step;
  return d.dot(d);
}

/// The definition, voxel by voxel.
std::vector<SynapseParts> brute_force(const Fragments& fragments, const Vec3d& voxel_nm, double gap_nm) {
  std::vector<Point> points;
  for (std::uint32_t f = 0; f < fragments.size(); ++f)
    for_each_voxel(fragments[f], [&](const Vec3i& v) { points.push_back({v, f}); });
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return raster_less(a.at, b.at); });
  const auto n = static_cast<std::uint32_t>(points.size());
  UnionFind parts(n);
  for (std::uint32_t i = 0; i < n; ++i)
    for (std::uint32_t j = 0; j < i; ++j)
      if (points[i].fragment == points[j].fragment && squared(points[i].at, points[j].at, Vec3d(1)) <= 4)
        parts.unite(i, j);
  UnionFind groups = parts;
  for (std::uint32_t i = 0; i < n; ++i)
    for (std::uint32_t j = 0; j < i; ++j)
      if (points[i].fragment != points[j].fragment &&
          squared(points[i].at, points[j].at, voxel_nm) <= gap_nm * gap_nm + 1e-6)
        groups.unite(i, j);
  std::map<std::uint32_t, std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<Run>>> sorted;
  for (std::uint32_t i = 0; i < n; ++i)
    sorted[groups.find(i)][{points[i].fragment, parts.find(i)}].push_back(
        {static_cast<std::int32_t>(points[i].at.x), static_cast<std::int32_t>(points[i].at.y),
         static_cast<std::int32_t>(points[i].at.z), 1});
  std::vector<SynapseParts> out;
  for (auto& [root, members] : sorted) {
    out.emplace_back();
    for (auto& [key, runs] : members) {
      sort_and_merge(runs);
      out.back().push_back({key.first, runs});
    }
  }
  return out;
}

/// Disjoint random fragments: short runs in a box.
Fragments random_fragments(std::uint64_t seed, std::uint32_t n_fragments, const Vec3i& box) {
  Rng rng(seed);
  std::map<std::array<std::int64_t, 3>, std::uint32_t> owner;
  for (int k = 0; k < 14; ++k) {
    Vec3i v(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(box.x))),
            static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(box.y))),
            static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(box.z))));
    const auto fragment = static_cast<std::uint32_t>(rng.below(n_fragments));
    for (std::uint64_t len = 1 + rng.below(5); len > 0; --len, ++v.x) owner.try_emplace({v.z, v.y, v.x}, fragment);
  }
  Fragments out(n_fragments);
  for (const auto& [v, fragment] : owner)
    out[fragment].push_back(
        {static_cast<std::int32_t>(v[2]), static_cast<std::int32_t>(v[1]), static_cast<std::int32_t>(v[0]), 1});
  for (auto& runs : out) sort_and_merge(runs);
  return out;
}

TEST(Agglomeration, NothingAndOneVoxel) {
  EXPECT_TRUE(run({}, {10, 10, 25}).empty());
  EXPECT_TRUE(run({{}, {}}, {10, 10, 25}).empty());
  const auto one = run({{}, {{5, 6, 7, 1}}}, {10, 10, 25});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0], (SynapseParts{{1, {{5, 6, 7, 1}}}}));
}

TEST(Agglomeration, EqualsTheDefinitionOnRandomFragments) {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const Vec3d voxel_nm = seed % 3 == 0 ? Vec3d(10, 10, 25) : seed % 3 == 1 ? Vec3d(4.6, 4.6, 50) : Vec3d(16, 8, 7.5);
    const Fragments fragments = random_fragments(seed, 1 + seed % 5, {40, 14, 8});
    for (const double gap_nm : {0.0, 40.0, 90.0})
      EXPECT_EQ(run(fragments, voxel_nm, gap_nm), brute_force(fragments, voxel_nm, gap_nm))
          << "seed " << seed << ", gap " << gap_nm;
  }
}

TEST(Agglomeration, DistancesCountToTheLastVoxel) {
  const Vec3d voxel_nm(10, 10, 25);
  EXPECT_EQ(run({{{0, 0, 0, 3}}, {{27, 0, 0, 1}}}, voxel_nm).size(), 1U) << "25 voxels of 10 nm";
  EXPECT_EQ(run({{{0, 0, 0, 3}}, {{28, 0, 0, 1}}}, voxel_nm).size(), 2U);
  EXPECT_EQ(run({{{0, 0, 0, 1}}, {{0, 0, 10, 1}}}, voxel_nm).size(), 1U);
  EXPECT_EQ(run({{{0, 0, 0, 1}}, {{0, 0, 11, 1}}}, voxel_nm).size(), 2U);
  EXPECT_EQ(run({{{0, 0, 0, 1}, {2, 0, 0, 1}, {2, 0, 2, 1}}}, voxel_nm).size(), 1U) << "2 voxels, also in z";
  EXPECT_EQ(run({{{0, 0, 0, 1}, {3, 0, 0, 1}}}, voxel_nm).size(), 2U) << "one fragment never joins by the gap";
  EXPECT_EQ(run({{{0, 0, 0, 1}, {3, 0, 0, 1}}, {{0, 1, 0, 1}}}, voxel_nm).size(), 1U) << "but through another one";
}

TEST(Agglomeration, RefusesWhatItCannotCompare) {
  EXPECT_THROW(run({{{0, 0, 0, 1}}}, {10, 10, 0}), Error);
  EXPECT_THROW(run({{{0, 0, 0, 1}}}, {10, 10, 25}, -1), Error);
  EXPECT_THROW(run({{{5, 0, 0, 1}, {1, 0, 0, 1}}}, {10, 10, 25}), Error);
}

}  // namespace
}  // namespace syconn
