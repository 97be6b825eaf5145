// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes through all steps on small blocks: closed, within the bound, the same for any chunks.
#include "mesh_steps.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/temp_folder.h"
#include "syconn/algo/simplify.h"

namespace syconn {
namespace {

constexpr std::uint32_t kShards = 2;

// Waves of four labels and background; ids beyond 2^32.
Volume<Id> waves(const Box3& box) {
  Volume<Id> labels(box);
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        const double v = std::sin(0.09 * static_cast<double>(x)) + std::sin(0.07 * static_cast<double>(y)) +
                         std::cos(0.12 * static_cast<double>(z));
        if (std::abs(v) < 1.6) labels.at({x, y, z}) = (Id{1} << 62) + static_cast<Id>(std::floor(v + 2));
      }
  return labels;
}

struct Result {
  std::vector<Id> ids;
  std::vector<Mesh> meshes, before;
};

Result run(const Volume<Id>& labels, const Vec3i& chunk, const Vec3i& block) {
  const test::TempFolder folder;
  Geometry g;
  g.box = labels.box(), g.chunk_vx = chunk, g.voxel_size_nm = {16, 16, 40};
  const MeshGrid grid(g, {}, block);
  std::vector<MarchedChunk> chunks;
  for (std::int64_t i = 0; i < g.grid().count(); ++i) {
    const Box3 write = g.grid().chunk_box(i);
    chunks.push_back({folder / ("march" + std::to_string(i)), write});
    RecordFileWriter out(chunks.back().file, mesh_slices(write, grid), 0);
    march_into(out, labels.view().sub(mesh_read_box(write, g.box, grid.lattice.factor)), write, write, grid);
    out.close();
  }
  const auto block_file = [&](std::int64_t i) { return folder / ("block" + std::to_string(i)); };
  for (std::int64_t i = 0; i < grid.blocks().count(); ++i) {
    std::vector<MarchedChunk> touching;
    for (const MarchedChunk& c : chunks)
      if (!intersect(c.write, grid.blocks().chunk_box(i)).empty()) touching.push_back(c);
    simplify_block(touching, i, grid, block_file(i));
  }
  std::vector<fs::path> files;
  for (std::int64_t i = 0; i < grid.shifted().count(); ++i) {
    files.push_back(folder / ("shifted" + std::to_string(i)));
    simplify_shifted_block(block_file, i, grid, kShards, files.back());
  }
  Result result;
  const LabelSurfaces before = marched_surfaces(chunks, grid);
  for (std::uint32_t s = 0; s < kShards; ++s) {
    const MeshReader reader(files, s, grid.lattice, folder.path(), s == 0 ? 100 : 1 << 20);
    for (const Id id : reader.ids()) {
      result.ids.push_back(id), result.meshes.push_back(reader.mesh(id));
      for (std::size_t k = 0; k < before.ids.size(); ++k)
        if (before.ids[k] == id)
          result.before.push_back(mesh_of_cells({before.of(k).begin(), before.of(k).end()}, grid.lattice));
    }
  }
  return result;
}

TEST(MeshSteps, ClosedWithinTheBoundAndTheSameForAnyChunks) {
  const Volume<Id> labels = waves({{3, 5, 1}, {141, 112, 61}});
  const Result one = run(labels, {512, 512, 512}, {64, 96, 32});
  ASSERT_EQ(one.ids.size(), one.before.size());
  ASSERT_GE(one.ids.size(), 3U);
  for (std::size_t k = 0; k < one.ids.size(); ++k) {
    EXPECT_EQ(boundary_edges(one.before[k]), 0U);
    EXPECT_EQ(boundary_edges(one.meshes[k]), 0U);
    EXPECT_LT(2 * one.meshes[k].n_faces(), one.before[k].n_faces());
    EXPECT_LE(distance_to_surface(one.before[k].vertices_nm, one.meshes[k]).max_nm, 40.01);
    EXPECT_NEAR(mesh_volume_um3(one.meshes[k]) / mesh_volume_um3(one.before[k]), 1, 0.05);
  }
  for (const Vec3i& chunk : {Vec3i{64, 64, 64}, Vec3i{128, 64, 192}}) {
    const Result many = run(labels, chunk, {64, 96, 32});
    EXPECT_EQ(many.ids, one.ids);
    EXPECT_TRUE(many.meshes == one.meshes);
  }
}

TEST(MeshSteps, OneVoxelAndNothing) {
  Volume<Id> labels(Box3::of_size({5, 1, 3}));
  EXPECT_TRUE(run(labels, {64, 64, 64}, {64, 64, 64}).ids.empty());
  labels.at({4, 0, 2}) = 9;
  const Result one = run(labels, {64, 64, 64}, {64, 64, 64});
  ASSERT_EQ(one.ids, std::vector<Id>{9});
  EXPECT_EQ(boundary_edges(one.meshes[0]), 0U);
  EXPECT_GT(mesh_volume_um3(one.meshes[0]), 0);
}

}  // namespace
}  // namespace syconn
