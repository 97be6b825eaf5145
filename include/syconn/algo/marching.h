// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "syconn/algo/mesh.h"
#include "syconn/core/ids.h"
#include "syconn/core/volume_view.h"

/// Marching cubes of label volumes (Lorensen & Cline 1987): each label against the rest, on a lattice of sample voxels.
namespace syconn {

/// Place of a mesh vertex: its doubled lattice coordinate (midpoint of a lattice edge: one component is odd),
/// z slowest. Keys sort in raster order.
using VertexKey = std::uint64_t;

/// The sample voxels: factor * i for every lattice index i with factor * i in `box`. Indices count from the dataset's
/// corner whatever the box. Lattice points outside are background, so meshes close at the box's border.
struct MeshLattice {
  Box3 box;  ///< the dataset, voxels, coordinates >= 0
  Vec3d voxel_size_nm;
  Vec3i factor{4, 4, 2};

  /// Lattice indices inside the box.
  Box3 points() const { return points_in(box); }
  Box3 points_in(const Box3& voxels) const;
  /// Cells (by their lower corner's index) that the chunk `write` owns: those whose lower corner's voxel it holds; the
  /// chunks at the box's lower border also have the cells just outside.
  Box3 cells_of(const Box3& write) const;
  /// Voxels whose labels cells_of(write) need: `write` and up to `factor` more at its upper sides.
  Box3 read_box(const Box3& write) const;
  /// Position of a vertex: sample voxels' centres are (v + 0.5) * voxel size.
  Vec3f position_nm(VertexKey key) const;
  /// Throws Error{config}: negative coordinates, a factor below 1, more than 524,286 lattice points along an axis.
  void check() const;
};

VertexKey vertex_key(const Vec3i& doubled);
Vec3i doubled_coordinate(VertexKey key);

/// A lattice cell through which an object's surface runs: the lower corner's index (19, 19, 18 bits, from -1) and which
/// of the eight corners (bit 0 of the corner: x, 1: y, 2: z) lie inside. The cell knows its triangles. Sorts in raster
/// order.
struct SurfaceCell {
  std::uint64_t packed = 0;

  SurfaceCell() = default;
  SurfaceCell(const Vec3i& at, std::uint8_t inside);
  Vec3i at() const;
  std::uint8_t inside() const { return static_cast<std::uint8_t>(packed); }
  friend auto operator<=>(const SurfaceCell&, const SurfaceCell&) = default;
};
static_assert(sizeof(SurfaceCell) == 8);

/// Surface cells by object: cells[offset[k] .. offset[k+1]) belong to ids[k]. Ids ascend, cells are in raster order.
struct LabelSurfaces {
  std::vector<Id> ids;
  std::vector<std::uint64_t> offset;
  std::vector<SurfaceCell> cells;

  std::span<const SurfaceCell> of(std::size_t k) const {
    return std::span(cells).subspan(offset[k], offset[k + 1] - offset[k]);
  }
};

/// Surfaces of all objects of a chunk: `labels` must hold lattice.read_box(write). Buffers are reused between calls.
/// Memory: 8 bytes a lattice point, 32 a surface cell and object.
class LabelMarcher {
 public:
  void run(VolumeView<const Id> labels, const Box3& write, const MeshLattice& lattice, LabelSurfaces& out);

 private:
  void sample(VolumeView<const Id> labels, const Box3& cells, const MeshLattice& lattice);
  void march_row(const Id* row, const Vec3i& first, std::int64_t n);
  void add(Id id, const Vec3i& at, std::uint8_t inside);
  std::uint32_t object_of(Id id);
  void group(LabelSurfaces& out);

  struct Hit {
    std::uint32_t object;
    SurfaceCell cell;
  };
  Vec3i size_;
  std::vector<Id> lattice_, ids_, keys_;
  std::vector<std::uint32_t> slots_;
  std::vector<Hit> hits_;
  Id last_id_ = 0;
  std::uint32_t last_object_ = 0;
};

/// Calls triangle(a, b, c) with the vertex keys of each of the cell's triangles, anticlockwise seen from outside.
template <class F>
void for_each_triangle(const SurfaceCell& cell, F&& triangle);

/// Joins the triangles of cells on their keys: `keys` in the order of first use, `faces` three indices a triangle.
/// Cells in canonical (sorted) order give canonical results.
void weld_cells(std::span<const SurfaceCell> cells, std::vector<VertexKey>& keys, std::vector<std::uint32_t>& faces);
/// The same for triangles given as three keys each.
void weld_keys(std::span<const VertexKey> corners, std::vector<VertexKey>& keys, std::vector<std::uint32_t>& faces);
/// The closed, unsimplified mesh of all of an object's cells, in canonical order.
Mesh mesh_of_cells(std::vector<SurfaceCell> cells, const MeshLattice& lattice);

namespace detail {
/// Triangles of the 256 cases as doubled coordinates in the cell (0..2 each).
struct MarchingCase {
  std::uint8_t n = 0;
  std::uint8_t corner[5][3][3] = {};
};
const MarchingCase& marching_case(std::uint8_t inside);
}  // namespace detail

template <class F>
void for_each_triangle(const SurfaceCell& cell, F&& triangle) {
  const detail::MarchingCase& c = detail::marching_case(cell.inside());
  const VertexKey base = vertex_key(2 * cell.at());
  const auto key = [&](const std::uint8_t(&p)[3]) {
    return base + (static_cast<VertexKey>(p[2]) << 42) + (static_cast<VertexKey>(p[1]) << 21) + p[0];
  };
  for (int t = 0; t < c.n; ++t) triangle(key(c.corner[t][0]), key(c.corner[t][1]), key(c.corner[t][2]));
}

}  // namespace syconn
