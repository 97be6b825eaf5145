// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "support/stage_run.h"
#include "syconn/algo/edt.h"
#include "syconn/algo/mesh.h"
#include "syconn/algo/morphology.h"
#include "syconn/algo/watershed.h"
#include "syconn/core/rng.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/volume_reader.h"

namespace syconn {
namespace {

constexpr Vec3d kVoxelNm{10, 10, 25};
constexpr std::uint64_t kMinSeed = 50, kMinObj = 500;

void ball(Volume<std::uint8_t>& map, const Vec3i& centre, double radius_nm) {
  const Box3 box = map.box();
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        const Vec3d d = Vec3d(Vec3i{x, y, z} - centre) * kVoxelNm;
        if (d.dot(d) < radius_nm * radius_nm) map.at({x, y, z}) = 200;
      }
}

/// Single balls (over chunk borders too), a pair that touches, thin plates without seeds, specks, a large chain.
Volume<std::uint8_t> organelles(bool touching) {
  Volume<std::uint8_t> map(Box3::of_size({150, 140, 70}));
  ball(map, {30, 30, 20}, 180), ball(map, {64, 100, 32}, 200), ball(map, {120, 30, 63}, 220);
  ball(map, {148, 138, 2}, 200);
  for (std::int64_t y = 60; y < 85; ++y)
    for (std::int64_t x = 2; x < 40; ++x)
      for (std::int64_t z = 50; z < 53; ++z) map.at({x, y, z}) = 130;  // no seed survives
  map.at({100, 5, 5}) = 255;
  if (!touching) return map;
  ball(map, {100, 100, 20}, 190), ball(map, {137, 100, 20}, 190);
  for (std::int64_t y = 5; y < 110; ++y)  // an arm without seeds, longer than a chunk
    for (std::int64_t x = 74; x < 79; ++x)
      for (std::int64_t z = 57; z < 60; ++z) map.at({x, y, z}) = 150;
  for (int i = 0; i < 5; ++i) ball(map, {10 + 33 * i, 120, 58}, 170);
  return map;
}

/// The definition in one pass over the whole volume.
Volume<Id> expected(const Volume<std::uint8_t>& map, double max_radius_nm) {
  const Box3 box = map.box();
  Volume<std::uint8_t> mask(box), seeds;
  for (std::size_t i = 0; i < map.count(); ++i) mask.data()[i] = map.data()[i] > 0.428571429 * 255;
  Morphology morphology;
  using enum MorphologyOp;
  morphology.apply(std::vector{opening, closing}, 2, mask.view());
  seeds = mask;
  morphology.apply(std::vector{erosion, erosion, erosion}, 2, seeds.view());
  Volume<std::uint32_t> part(box), seed(box), level(box), squared(box);
  const std::uint32_t n_parts = label_components(mask.view(), part.view()),
                      n_seeds = label_components(seeds.view(), seed.view());
  std::vector<std::uint64_t> seed_vx(n_seeds + 1), seeded(n_parts + 1);
  for (std::size_t i = 0; i < map.count(); ++i) ++seed_vx[seed.data()[i]];
  for (std::size_t i = 0; i < map.count(); ++i) {
    if (seed_vx[seed.data()[i]] < kMinSeed) seed.data()[i] = 0;
    if (seed.data()[i] != 0) seeded[part.data()[i]] = 1;
  }
  Volume<Id> ids(box);  // rank by first voxel: seeds and parts without one, met in raster order
  std::map<std::pair<bool, std::uint32_t>, std::uint32_t> rank;
  const Volume<std::uint32_t> seed_of = seed;
  for (std::size_t i = 0; i < map.count(); ++i) {
    const std::uint32_t s = seed_of.data()[i], p = part.data()[i];
    const bool is_seed = s != 0;
    if (!is_seed && (p == 0 || seeded[p] != 0)) continue;
    seed.data()[i] =
        rank.emplace(std::pair(is_seed, is_seed ? s : p), static_cast<std::uint32_t>(rank.size() + 1)).first->second;
  }
  const EdtScale scale = EdtScale::of(kVoxelNm, max_radius_nm);
  squared_edt(mask.view(), box, scale, squared.view());
  std::vector<std::uint64_t> size_vx(rank.size() + 1);
  for (std::uint32_t p = 1; p <= n_parts; ++p) {
    Volume<std::uint8_t> alone(box);
    Volume<std::uint32_t> labels = seed;
    for (std::size_t i = 0; i < map.count(); ++i) alone.data()[i] = part.data()[i] == p;
    const VolumeView<const std::uint32_t> distances = squared.view();
    levels_of_distances(distances, alone.view(), level.view());
    Watershed().run(level.view(), alone.view(), labels.view());
    for (std::size_t i = 0; i < map.count(); ++i)
      if (alone.data()[i] != 0) ids.data()[i] = labels.data()[i];
  }
  for (std::size_t i = 0; i < map.count(); ++i) ++size_vx[ids.data()[i]];
  for (std::size_t i = 0; i < map.count(); ++i)
    if (size_vx[ids.data()[i]] < kMinObj) ids.data()[i] = 0;
  return ids;
}

std::string config(const std::string& dataset, const std::string& execution, double max_radius_nm = 1000) {
  return "dataset: {name: t, voxel_size_nm: [10, 10, 25], " + dataset +
         ", volumes: {sv: {path: sv.h5, dataset: sv, kind: labels}, mi: {path: mi.h5, dataset: mi, kind: "
         "probability}}}\nstages: [watershed]\nwatershed: {types: {mi: {threshold: 0.428571429, min_seed_vx: 50, "
         "min_obj_vx: 500, morphology: [opening, closing, erosion, erosion, erosion], max_radius_nm: " +
         std::to_string(max_radius_nm) + ", mesh_factor_vx: [4, 4, 2]}}}\nexecution: {" + execution + "}\n";
}

void write_input(const Volume<std::uint8_t>& map, const fs::path& folder) {
  test::write_volume(folder / "mi.h5", "mi", map);
  test::write_volume(folder / "sv.h5", "sv", Volume<Id>(map.box(), 1));
}

Volume<Id> segmentation(const fs::path& run, const Box3& box) {
  return open_volume(run / "volumes/mi_seg.json", "mi_seg")->read_labels(box);
}

bool equal(const Volume<Id>& a, const Volume<Id>& b) { return std::equal(a.data(), a.data() + a.count(), b.data()); }

std::map<std::string, std::string> bytes_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  return files;
}

/// Variation of information in bits over the voxels of either.
double variation_of_information(const Volume<Id>& a, const Volume<Id>& b) {
  std::map<std::pair<Id, Id>, double> both;
  std::map<Id, double> in_a, in_b;
  double n = 0;
  for (std::size_t i = 0; i < a.count(); ++i) {
    const Id x = a.data()[i], y = b.data()[i];
    if (x == 0 && y == 0) continue;
    ++both[{x, y}], ++in_a[x], ++in_b[y], ++n;
  }
  double bits = 0;
  for (const auto& [pair, c] : both)
    bits -= c / n * (std::log2(c / in_a[pair.first]) + std::log2(c / in_b[pair.second]));
  return bits;
}

TEST(WatershedStage, EqualsOnePassOverTheWholeVolume) {
  const test::TempFolder folder;
  const Volume<std::uint8_t> map = organelles(true);
  write_input(map, folder.path());
  const Volume<Id> want = expected(map, 1000);
  ASSERT_GT(std::set<Id>(want.data(), want.data() + want.count()).size(), 9U);
  test::run_stages(config("chunk_vx: [512, 512, 512]", "threads: 1"), folder.path(), "one");
  EXPECT_TRUE(equal(segmentation(folder / "one", map.box()), want));
  test::run_stages(config("chunk_vx: [64, 64, 64]", "threads: 2"), folder.path(), "many");
  EXPECT_TRUE(equal(segmentation(folder / "many", map.box()), want));
}

TEST(WatershedStage, SameBytesForAnyChunksAndThreads) {
  const test::TempFolder folder;
  const Volume<std::uint8_t> map = organelles(false);
  write_input(map, folder.path());
  test::run_stages(config("chunk_vx: [512, 512, 512]", "threads: 1", 300), folder.path(), "a");
  test::run_stages(config("chunk_vx: [64, 64, 64]", "threads: 2", 300), folder.path(), "b");
  test::run_stages(config("chunk_vx: [128, 64, 192]", "threads: 2, job_order_seed: 7", 300), folder.path(), "c");
  const auto want = bytes_of(folder / "a/datasets");
  ASSERT_GE(want.size(), 3U);
  const Volume<Id> voxels = segmentation(folder / "a", map.box());
  for (const std::string run : {"b", "c"}) {
    EXPECT_EQ(bytes_of(folder / run / "datasets"), want) << run;
    EXPECT_TRUE(equal(segmentation(folder / run, map.box()), voxels)) << run;
  }
}

TEST(WatershedStage, TouchingObjectsBeyondTheHaloDifferLittle) {
  const test::TempFolder folder;
  const Volume<std::uint8_t> map = organelles(true);
  write_input(map, folder.path());
  // distances end at 60 nm: the halo is 6 voxels, so pieces lose sight of their seeds
  test::run_stages(config("chunk_vx: [512, 512, 512]", "threads: 1", 60), folder.path(), "a");
  test::run_stages(config("chunk_vx: [64, 64, 64]", "threads: 2", 60), folder.path(), "b");
  const Volume<Id> a = segmentation(folder / "a", map.box()), b = segmentation(folder / "b", map.box());
  for (std::size_t i = 0; i < a.count(); ++i) ASSERT_EQ(a.data()[i] == 0, b.data()[i] == 0);
  EXPECT_NE(read_file(folder / "a/work/watershed/resolve/logs/local.log").find(" 0 pieces"), std::string::npos);
  EXPECT_EQ(read_file(folder / "b/work/watershed/resolve/logs/local.log").find(" 0 pieces"), std::string::npos);
  RecordProperty("voi_bits", std::to_string(variation_of_information(a, b)));
  EXPECT_LE(variation_of_information(a, b), 0.01);
}

TEST(WatershedStage, ObjectsHaveThePropertiesOfTheirVoxels) {
  const test::TempFolder folder;
  const Volume<std::uint8_t> map = organelles(false);
  write_input(map, folder.path());
  test::run_stages(config("chunk_vx: [64, 64, 64]", "threads: 2"), folder.path());
  const Volume<Id> voxels = segmentation(folder / "run", map.box());
  std::map<Id, std::uint64_t> size_vx;
  for (std::size_t i = 0; i < voxels.count(); ++i) ++size_vx[voxels.data()[i]];
  size_vx.erase(kBackground);
  const auto mi = SegmentationDataset::open(folder / "run/datasets/mi.h5");
  ASSERT_EQ(mi.size(), size_vx.size());
  const auto size = mi.column<std::uint64_t>("size_vx");
  for (const auto& [id, n] : size_vx) {
    EXPECT_EQ(size(mi.at(id)), n);
    const auto xyz = mi.ragged<float>("mesh", "vertices_nm", id);
    Mesh mesh;
    for (std::size_t v = 0; v < xyz.size(); v += 3) mesh.vertices_nm.push_back({xyz[v], xyz[v + 1], xyz[v + 2]});
    mesh.faces = mi.ragged<std::uint32_t>("mesh", "faces", id);
    EXPECT_EQ(boundary_edges(mesh), 0U);
    const double volume_um3 = static_cast<double>(n) * 10 * 10 * 25 * 1e-9;
    EXPECT_NEAR(mesh_volume_um3(mesh), volume_um3, 0.4 * volume_um3);
  }
}

TEST(WatershedStage, NothingButBackground) {
  const test::TempFolder folder;
  write_input(Volume<std::uint8_t>(Box3::of_size({70, 5, 3})), folder.path());
  test::run_stages(config("chunk_vx: [64, 64, 64]", "threads: 1"), folder.path());
  EXPECT_EQ(SegmentationDataset::open(folder / "run/datasets/mi.h5").size(), 0U);
}

}  // namespace
}  // namespace syconn
