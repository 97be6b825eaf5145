// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/poisson_mesh.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "surface_points.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

using Runs = std::vector<Run>;  // within a test Run is something else
constexpr Vec3d kSizeNm{10, 10, 25};

template <class F>
std::vector<Run> voxelised(const Vec3d& half_nm, F&& inside, const Vec3i& corner = {100, 40, 7}) {
  Runs runs;
  const Vec3d n = half_nm * 2.0 / kSizeNm;
  for (std::int32_t z = 0; z <= n.z; ++z)
    for (std::int32_t y = 0; y <= n.y; ++y)
      for (std::int32_t x = 0; x <= n.x; ++x)
        if (inside(Vec3d{x + 0.5, y + 0.5, z + 0.5} * kSizeNm - half_nm))
          runs.push_back({x + static_cast<std::int32_t>(corner.x), y + static_cast<std::int32_t>(corner.y),
                          z + static_cast<std::int32_t>(corner.z), 1});
  sort_and_merge(runs);
  return runs;
}

std::vector<Run> ball(double radius_nm, const Vec3i& corner = {100, 40, 7}) {
  return voxelised(
      Vec3d(radius_nm + 30), [=](const Vec3d& p) { return p.dot(p) < radius_nm * radius_nm; }, corner);
}

std::vector<Run> disc(double radius_nm, double thickness_nm, Vec3d normal) {
  normal = normal / std::sqrt(normal.dot(normal));
  return voxelised(Vec3d(radius_nm + 50), [=](const Vec3d& p) {
    const double h = p.dot(normal);
    return std::abs(h) < thickness_nm / 2 && p.dot(p) - h * h < radius_nm * radius_nm;
  });
}

double disc_area_um2(double r, double t) { return 2 * std::numbers::pi * r * (r + t) * 1e-6; }

void expect_sound(const SynapseMesh& m, const Runs& runs) {
  EXPECT_EQ(boundary_edges(m.mesh), 0U);
  EXPECT_GT(mesh_volume_um3(m.mesh), 0) << "faces outwards";
  const MeshBounds b = mesh_bounds(m.mesh);
  const Box3 box = bounding_box(runs);
  for (int k = 0; k < 3; ++k) {
    EXPECT_GE(b.min_nm[k], box.min[k] * kSizeNm[k] - 1e-2);
    EXPECT_LE(b.max_nm[k], box.max[k] * kSizeNm[k] + 1e-2);
  }
}

TEST(SynapseMesh, BallsHaveTheirArea) {
  for (const double r : {100.0, 200.0, 300.0}) {
    const Runs runs = ball(r);
    const SynapseMesh m = synapse_mesh(runs, kSizeNm);
    EXPECT_EQ(m.method, MeshMethod::poisson);
    expect_sound(m, runs);
    EXPECT_NEAR(mesh_area_um2(m.mesh) / (4e-6 * std::numbers::pi * r * r), 1, 0.04) << r;
  }
}

TEST(SynapseMesh, JunctionSheetsKeepTheirArea) {
  for (const Vec3d& normal : {Vec3d{0, 0, 1}, Vec3d{1, 0, 0}, Vec3d{0.6, 0.8, 0.2}, Vec3d{0, -0.7, -0.7}})
    for (const double t : {75.0, 110.0}) {
      const Runs runs = disc(300, t, normal);
      const SynapseMesh m = synapse_mesh(runs, kSizeNm);
      EXPECT_EQ(m.method, MeshMethod::poisson);
      expect_sound(m, runs);
      const double ratio = mesh_area_um2(m.mesh) / disc_area_um2(300, t);
      EXPECT_GT(ratio, 0.75) << t << normal;  // rims are rounded
      EXPECT_LT(ratio, 1.1) << t << normal;
    }
}

TEST(SynapseMesh, SameBytesWhateverCameBeforeAndOnAnyThread) {
  const Runs runs = disc(200, 80, {0.3, 0.5, 1}), other = ball(150);
  const Mesh want = synapse_mesh(runs, kSizeNm).mesh;
  std::vector<Mesh> got(4);
  parallel_for(4, 2, [&](std::int64_t i) {
    if (i % 2 == 0) synapse_mesh(other, kSizeNm);
    got[static_cast<std::size_t>(i)] = synapse_mesh(runs, kSizeNm).mesh;
  });
  for (const Mesh& m : got) EXPECT_TRUE(m == want);
}

TEST(SynapseMesh, ShiftedObjectsDifferByRoundingOnly) {
  const SynapseMesh a = synapse_mesh(ball(150), kSizeNm), b = synapse_mesh(ball(150, {1000, 4000, 700}), kSizeNm);
  EXPECT_NEAR(mesh_area_um2(a.mesh), mesh_area_um2(b.mesh), 1e-4);
}

TEST(SynapseMesh, SmallOnesAndThinOnesAreMarchingCubes) {
  const Runs one{{5, 6, 7, 1}}, line{{5, 6, 7, 400}}, empty;
  for (const auto& runs : {one, line}) {
    const SynapseMesh m = synapse_mesh(runs, kSizeNm);
    expect_sound(m, runs);
    EXPECT_FALSE(m.mesh.empty());
  }
  EXPECT_EQ(synapse_mesh(one, kSizeNm).method, MeshMethod::marching_cubes);
  EXPECT_TRUE(synapse_mesh(empty, kSizeNm).mesh.empty());
  SynapseMeshParams marching;
  marching.poisson = false;
  EXPECT_EQ(synapse_mesh(ball(100), kSizeNm, marching).method, MeshMethod::marching_cubes);
}

TEST(SynapseMesh, TwoPartsFarApartAreTwoClosedSurfaces) {
  Runs runs = ball(120);
  for (const auto& r : ball(120, {140, 40, 7})) runs.push_back(r);
  sort_and_merge(runs);
  expect_sound(synapse_mesh(runs, kSizeNm), runs);
}

TEST(SurfacePoints, OutliersGo) {
  std::vector<OrientedPoint> points;
  for (int i = 0; i < 100; ++i) points.push_back({Vec3d(i % 10, i / 10, 0), Vec3d(0, 0, 1)});
  points.push_back({Vec3d(50, 50, 0), Vec3d(0, 0, 1)});
  remove_outliers(points, 20, 2.0);
  EXPECT_LE(points.size(), 100U);
  for (const OrientedPoint& p : points) EXPECT_LT(p.position.x, 10);
}

/// A plate on the voxel grid: its points are full of ties, which CGAL settles by addresses.
TEST(SynapseMesh, SameWhateverTheHeapHolds) {
  const Runs runs = voxelised(
      {110, 90, 60}, [](const Vec3d& p) { return std::abs(p.x) < 90 && std::abs(p.y) < 70 && std::abs(p.z) < 40; });
  const Mesh expected = synapse_mesh(runs, kSizeNm).mesh;
  std::vector<std::vector<std::vector<char>>> litter(16);
  parallel_for(16, 2, [&](std::int64_t i) {
    auto& mine = litter[static_cast<std::size_t>(i)];
    for (std::int64_t k = 0; k < 200; ++k) mine.emplace_back(17 + (k * 7919 + i * 104729) % 5000);
    for (std::size_t k = static_cast<std::size_t>(i) % 3; k < mine.size(); k += 3) mine[k] = {};
    const Mesh mesh = synapse_mesh(runs, kSizeNm).mesh;
    EXPECT_TRUE(mesh.faces == expected.faces && mesh.vertices_nm == expected.vertices_nm) << i;
  });
}

}  // namespace
}  // namespace syconn
