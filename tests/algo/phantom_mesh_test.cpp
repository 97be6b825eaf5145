// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/phantom/mesh.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>

#include "syconn/core/error.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

const PhantomModel& sparse_model() {
  static const PhantomModel m = [] {
    PhantomParams p = phantom_params();
    p.dense = false, p.n_cells = 7, p.box_nm = {40000, 40000, 40000}, p.seed = 5;
    return make_phantom_model(p);
  }();
  return m;
}

// Every directed edge once and its opposite once: closed and oriented.
void expect_closed(const PhantomMesh& mesh) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> edges;
  for (const auto& f : mesh.faces)
    for (std::size_t k = 0; k < 3; ++k) ++edges[{f[k], f[(k + 1) % 3]}];
  std::int64_t open = 0;
  for (const auto& [e, n] : edges) {
    const auto it = edges.find({e.second, e.first});
    open += it == edges.end() || it->second != n;
  }
  EXPECT_EQ(open, 0) << mesh.faces.size() << " faces";
}

int pieces(const PhantomMesh& mesh) {
  UnionFind sets(static_cast<std::uint32_t>(mesh.vertices_nm.size()));
  for (const auto& f : mesh.faces) sets.unite(f[0], f[1]), sets.unite(f[1], f[2]);
  int n = 0;
  for (std::uint32_t i = 0; i < sets.size(); ++i) n += sets.find(i) == i;
  return n;
}

TEST(PhantomMesh, ABallHasTheVolumeAndAreaOfABall) {
  PhantomModel m;
  m.cells.push_back({});
  m.cells[0].n_nodes = 1;
  PhantomNode n;
  n.position_nm = {3000, 2500, 2750}, n.radius_nm = n.start_radius_nm = 1000;
  m.nodes.push_back(n);
  const PhantomMesh mesh = phantom_mesh_cell(m, 0, 70);
  expect_closed(mesh);
  EXPECT_NEAR(phantom_mesh_volume_um3(mesh), 4.18879, 0.05);
  EXPECT_NEAR(phantom_mesh_area_um2(mesh), 12.566, 0.25);
  const Vec3d off = phantom_mesh_centroid_nm(mesh) - Vec3d(3000, 2500, 2750);
  EXPECT_LT(off.dot(off), 25);
}

TEST(PhantomMesh, CellsAreClosedAndInOnePiece) {
  const PhantomModel& m = sparse_model();
  ASSERT_EQ(m.cells.size(), 7u);
  for (std::uint32_t c = 0; c < m.cells.size(); ++c) {
    const PhantomMesh mesh = phantom_mesh_cell(m, c, 150);
    ASSERT_GT(mesh.faces.size(), 100u);
    expect_closed(mesh);
    EXPECT_GT(phantom_mesh_volume_um3(mesh), 0);
    ASSERT_EQ(mesh.vertex_node.size(), mesh.vertices_nm.size());
    for (const std::uint32_t node : mesh.vertex_node) ASSERT_EQ(m.nodes[node].cell_idx, c);
    // inner voids where branches close a ring would count as pieces: allow the few there are
    EXPECT_LE(pieces(mesh), 3);
  }
}

TEST(PhantomMesh, OrganellesAndSynapsesAreClosed) {
  const PhantomModel& m = sparse_model();
  ASSERT_GT(m.mitos.size(), 10u);
  ASSERT_GT(m.clouds.size(), 10u);
  ASSERT_GT(m.synapses.size(), 10u);
  for (std::uint32_t k = 0; k < 10; ++k) {
    for (const PhantomMesh& mesh : {phantom_mesh_mito(m, k), phantom_mesh_cloud(m, k), phantom_mesh_synapse(m, k)}) {
      expect_closed(mesh);
      EXPECT_GT(phantom_mesh_volume_um3(mesh), 0);
    }
    const double r = static_cast<double>(m.synapses[k].radius_nm) / 1000;
    EXPECT_NEAR(phantom_mesh_area_um2(phantom_mesh_synapse(m, k)), 2 * std::numbers::pi * (r * r + r * 0.054), 0.06);
  }
}

TEST(PhantomMesh, BadRequests) {
  EXPECT_THROW(phantom_mesh_cell(sparse_model(), 1000, 100), Error);
  EXPECT_THROW(phantom_mesh_cell(sparse_model(), 0, 0), Error);
}

}  // namespace
}  // namespace syconn
