// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/object_properties.h"

#include <gtest/gtest.h>

#include <map>

#include "algo/label_patterns.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

using Voxels = std::vector<Vec3i>;

std::map<Id, Voxels> voxels_by_id(VolumeView<const Id> labels) {
  std::map<Id, Voxels> out;
  for (std::int64_t z = 0; z < labels.size.z; ++z)
    for (std::int64_t y = 0; y < labels.size.y; ++y)
      for (std::int64_t x = 0; x < labels.size.x; ++x)
        if (const Id id = labels(x, y, z)) out[id].push_back(labels.origin + Vec3i{x, y, z});
  return out;
}

/// Of the voxels `of` (raster order) the nearest to the centroid of `all`: d = sum units² (n v - sum)², exactly.
Vec3i nearest(const Voxels& of, const Voxels& all, const Vec3i& units) {
  Vec3i sum;
  for (const Vec3i& v : all) sum += v;
  const auto n = static_cast<std::int64_t>(all.size());
  std::size_t best = 0;
  __int128 best_d = -1;
  for (std::size_t i = 0; i < of.size(); ++i) {
    __int128 d = 0;
    for (int a = 0; a < 3; ++a) {
      const __int128 e = static_cast<__int128>(units[a]) * (static_cast<__int128>(n) * of[i][a] - sum[a]);
      d += e * e;
    }
    if (best_d < 0 || d < best_d) best = i, best_d = d;
  }
  return of[best];
}

Vec3i rep_by_definition(const Voxels& voxels, const Vec3i& units) {
  std::map<std::array<std::int64_t, 3>, Voxels> tiles;
  for (const Vec3i& v : voxels) tiles[(v / kRepTile).array()].push_back(v);
  Voxels candidates;
  for (const auto& [key, in_tile] : tiles) candidates.push_back(nearest(in_tile, in_tile, units));
  std::sort(candidates.begin(), candidates.end(), [](const Vec3i& a, const Vec3i& b) { return raster_less(a, b); });
  return nearest(candidates, voxels, units);
}

std::vector<syconn::Run> runs_of(VolumeView<const Id> labels, Id id) {
  Volume<std::uint8_t> mask(labels.box());
  for (std::int64_t z = 0, i = 0; z < labels.size.z; ++z)
    for (std::int64_t y = 0; y < labels.size.y; ++y)
      for (std::int64_t x = 0; x < labels.size.x; ++x, ++i) mask.data()[i] = labels(x, y, z) == id;
  return runs_of_mask(mask.view());
}

void expect_matches_definition(const Volume<Id>& labels, const Vec3d& voxel_size_nm) {
  const Vec3i units = distance_units(voxel_size_nm);
  VolumeProperties properties(units);
  const auto records = properties.run(labels.view());
  const auto truth = voxels_by_id(labels.view());
  ASSERT_EQ(records.size(), truth.size());
  auto want = truth.begin();
  for (const ObjectRecord& r : records) {
    const auto& [id, voxels] = *want++;
    ASSERT_EQ(r.id, id);
    EXPECT_EQ(r.size_vx, voxels.size());
    Box3 box;
    Vec3d centre;
    for (const Vec3i& v : voxels) {
      box = unite(box, {v, v + Vec3i(1)});
      for (int a = 0; a < 3; ++a) centre[a] += (static_cast<double>(v[a]) + 0.5) * voxel_size_nm[a];
    }
    EXPECT_EQ(r.bbox, box);
    for (int a = 0; a < 3; ++a)
      EXPECT_NEAR(centroid_nm(r, voxel_size_nm)[a], centre[a] / static_cast<double>(voxels.size()), 1e-6);
    EXPECT_EQ(rep_vx(r, units), rep_by_definition(voxels, units)) << id;
    EXPECT_TRUE(record_of_runs(id, runs_of(labels.view(), id), units) == r);
  }
}

TEST(DistanceUnits, AreExactAndReduced) {
  EXPECT_EQ(distance_units({10, 10, 25}), (Vec3i{2, 2, 5}));
  EXPECT_EQ(distance_units({4.6, 4.6, 50}), (Vec3i{23, 23, 250}));
  EXPECT_EQ(distance_units({0.001, 1, 2}), (Vec3i{1, 1000, 2000}));
  EXPECT_THROW(distance_units({0, 1, 1}), Error);
  EXPECT_THROW(distance_units({1, 1, -3}), Error);
  EXPECT_THROW(distance_units({1, 1, 2e9}), Error);
}

TEST(ObjectProperties, MatchTheDefinition) {
  expect_matches_definition(patterns::voronoi(Box3::of_size({90, 40, 70}), 12, 0.2, 3, {1, 1, 2.5}), {10, 10, 25});
  expect_matches_definition(patterns::voronoi(Box3{{128, 64, 0}, {200, 101, 9}}, 15, 0.2, 4), {4.6, 4.6, 50});
  expect_matches_definition(patterns::voronoi(Box3{{70, 3, 1000}, {140, 33, 1030}}, 4, 0.2, 5), {7.123, 1.001, 999.9});
  expect_matches_definition(patterns::noise(Box3::of_size({66, 65, 5}), 7, 6), {1, 1, 1});
}

TEST(ObjectProperties, DegenerateVolumes) {
  VolumeProperties properties({1, 1, 1});
  EXPECT_TRUE(properties.run(Volume<Id>(Box3::of_size({5, 6, 7})).view()).empty());
  EXPECT_TRUE(properties.run(Volume<Id>(Box3{}).view()).empty());
  const auto one = properties.run(Volume<Id>(Box3{{63, 64, 65}, {64, 65, 66}}, ~Id{0}).view());
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].id, ~Id{0});
  EXPECT_EQ(rep_vx(one[0], {1, 1, 1}), (Vec3i{63, 64, 65}));
  EXPECT_THROW(properties.run(Volume<Id>(Box3{{-1, 0, 0}, {1, 1, 1}}, 1).view()), Error);
}

TEST(ObjectProperties, TiesGoToTheFirstVoxelInRasterOrder) {
  Volume<Id> labels(Box3::of_size({4, 3, 3}));
  for (const Vec3i& v :
       {Vec3i{0, 1, 1}, Vec3i{2, 1, 1}, Vec3i{1, 0, 1}, Vec3i{1, 2, 1}, Vec3i{1, 1, 2}, Vec3i{1, 1, 0}})
    labels.at(v) = 9;
  const auto records = VolumeProperties({1, 1, 1}).run(labels.view());
  EXPECT_EQ(rep_vx(records[0], {1, 1, 1}), (Vec3i{1, 1, 0}));
}

TEST(ObjectProperties, ChunksMergeToTheWholeInAnyOrder) {
  const Volume<Id> labels = patterns::voronoi(Box3{{20, 0, 60}, {200, 90, 140}}, 10, 0.1, 8);
  const Vec3i units{2, 2, 5};
  VolumeProperties properties(units);
  const auto whole = properties.run(labels.view());
  for (const Vec3i& chunk : {Vec3i{64, 64, 64}, Vec3i{128, 64, 192}}) {
    const ChunkGrid grid(labels.box(), chunk);
    std::vector<ObjectRecord> parts;
    for (std::int64_t i = grid.count() - 1; i >= 0; --i)
      for (const ObjectRecord& r : properties.run(labels.view().sub(grid.chunk_box(i)))) parts.push_back(r);
    EXPECT_TRUE(merge_records(parts) == whole);
  }
  ObjectRecord a = properties.run(labels.view().sub({{20, 0, 60}, {64, 64, 64}}))[0], b = a;
  b.candidates[0].x += 64;
  ObjectRecord ab = a, ba = b;
  merge(ab, b), merge(ba, a);
  EXPECT_TRUE(ab == ba);
}

TEST(ObjectProperties, LargeCoordinatesAndCountsStayExact) {
  ObjectRecord r;
  r.id = 1, r.size_vx = 1'000'000'000'001;
  r.bbox = {{0, 0, 0}, {900'000, 900'000, 900'000}};
  r.sum_vx = Vec3<std::uint64_t>(r.size_vx * 450'000 + 1);
  r.candidates = {{449'999, 450'000, 450'000}, {450'001, 450'000, 450'000}};
  EXPECT_EQ(rep_vx(r, {23, 23, 250}), (Vec3i{450'001, 450'000, 450'000}));
}

}  // namespace
}  // namespace syconn
