// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes of a real segmentation: enclosed volume, closedness and the error of simplification.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "mesh_steps.h"
#include "support/temp_folder.h"
#include "syconn/algo/simplify.h"
#include "syconn/io/volume_reader.h"

namespace syconn {
namespace {

constexpr std::uint64_t kLarge = 5000;  // down-sampled voxels

class MeshesOfPinky40 : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* set = std::getenv("SYCONN_DATA_DIR");
    const fs::path data = set != nullptr ? fs::path(set) : fs::path(SYCONN_SOURCE_DIR) / ".." / "shared" / "data";
    file_ = data / "pinky40/seg.h5";
    if (!fs::exists(file_)) GTEST_SKIP() << "pinky40/seg.h5 is not in " << data;
  }
  Volume<Id> read(const Box3& box) const {
    const auto volume = open_volume(file_, "seg");
    return volume->read_labels(box.empty() ? volume->info().box() : box);
  }
  static Geometry geometry(const Volume<Id>& labels) {
    Geometry g;
    g.box = labels.box(), g.chunk_vx = {256, 256, 192}, g.voxel_size_nm = {16, 16, 40};
    return g;
  }
  static std::map<Id, std::uint64_t> sampled(const Volume<Id>& labels, const Vec3i& factor) {
    std::map<Id, std::uint64_t> count;
    const Vec3i size = labels.box().size();
    for (std::int64_t z = 0; z < size.z; z += factor.z)
      for (std::int64_t y = 0; y < size.y; y += factor.y)
        for (std::int64_t x = 0; x < size.x; x += factor.x) ++count[labels.view()(x, y, z)];
    count.erase(kBackground);
    return count;
  }
  static std::vector<MarchedChunk> march(const Volume<Id>& labels, const Geometry& g, const MeshGrid& grid,
                                         const test::TempFolder& folder) {
    std::vector<MarchedChunk> chunks;
    for (std::int64_t i = 0; i < g.grid().count(); ++i) {
      const Box3 write = g.grid().chunk_box(i);
      chunks.push_back({folder / ("march" + std::to_string(i)), write});
      RecordFileWriter out(chunks.back().file, mesh_slices(write, grid), 0);
      march_into(out, labels.view().sub(mesh_read_box(write, g.box, grid.lattice.factor)), write, write, grid);
      out.close();
    }
    return chunks;
  }
  fs::path file_;
};

TEST_F(MeshesOfPinky40, EncloseTheVolumeOfTheirVoxels) {
  const Volume<Id> labels = read({});
  const Geometry g = geometry(labels);
  const MeshGrid grid(g, {});
  const test::TempFolder folder;
  const LabelSurfaces surfaces = marched_surfaces(march(labels, g, grid, folder), grid);
  const auto count = sampled(labels, grid.lattice.factor);
  ASSERT_EQ(surfaces.ids.size(), count.size());
  const double voxel_um3 = 16e-3 * 16e-3 * 40e-3 * static_cast<double>(grid.lattice.factor.product());
  std::vector<double> large, small;
  for (std::size_t k = 0; k < surfaces.ids.size(); ++k) {
    const Mesh mesh = mesh_of_cells({surfaces.of(k).begin(), surfaces.of(k).end()}, grid.lattice);
    ASSERT_EQ(boundary_edges(mesh), 0U) << surfaces.ids[k];
    const std::uint64_t n = count.at(surfaces.ids[k]);
    const double bias = mesh_volume_um3(mesh) / (static_cast<double>(n) * voxel_um3) - 1;
    (n >= kLarge ? large : small).push_back(bias);
  }
  std::sort(large.begin(), large.end()), std::sort(small.begin(), small.end());
  std::printf(
      "volume before simplification: %zu objects of >= %llu samples: median %+.2f %%, from %+.2f to %+.2f %%; "
      "%zu smaller ones: median %+.1f %%\n",
      large.size(), static_cast<unsigned long long>(kLarge), 100 * large[large.size() / 2], 100 * large.front(),
      100 * large.back(), small.size(), 100 * small[small.size() / 2]);
  EXPECT_LE(std::abs(large[large.size() / 2]), 0.03);
  EXPECT_LE(std::max(-large.front(), large.back()), 0.06);
}

TEST_F(MeshesOfPinky40, SimplifiedWithinFortyNanometres) {
  const Volume<Id> labels = read({{0, 0, 0}, {256, 256, 96}});
  const Geometry g = geometry(labels);
  const MeshGrid grid(g, {});
  const test::TempFolder folder;
  const auto chunks = march(labels, g, grid, folder);
  const auto block_file = [&](std::int64_t i) { return folder / ("block" + std::to_string(i)); };
  for (std::int64_t i = 0; i < grid.blocks().count(); ++i) simplify_block(chunks, i, grid, block_file(i));
  std::vector<fs::path> files;
  for (std::int64_t i = 0; i < grid.shifted().count(); ++i) {
    files.push_back(folder / ("shifted" + std::to_string(i)));
    simplify_shifted_block(block_file, i, grid, 1, files.back());
  }
  const MeshReader reader(files, 0, grid.lattice, folder.path());
  const LabelSurfaces before = marched_surfaces(chunks, grid);
  ASSERT_EQ(reader.ids(), before.ids);
  double worst_nm = 0;
  std::size_t faces = 0, faces_before = 0;
  for (std::size_t k = 0; k < before.ids.size(); ++k) {
    const Mesh full = mesh_of_cells({before.of(k).begin(), before.of(k).end()}, grid.lattice);
    const Mesh mesh = reader.mesh(before.ids[k]);
    ASSERT_EQ(boundary_edges(mesh), 0U) << before.ids[k];
    worst_nm = std::max(worst_nm, distance_to_surface(full.vertices_nm, mesh).max_nm);
    faces += mesh.n_faces(), faces_before += full.n_faces();
  }
  std::printf("simplified: %zu of %zu faces; the farthest of the original vertices lies %.2f nm from the surface\n",
              faces, faces_before, worst_nm);
  EXPECT_LE(worst_nm, 40.01);
  EXPECT_LT(faces, faces_before / 5);
}

}  // namespace
}  // namespace syconn
