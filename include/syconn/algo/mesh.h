// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/core/vec3.h"

namespace syconn {

/// Triangle mesh in nm; layout of the store's field `mesh`. Faces run anticlockwise seen from outside.
struct Mesh {
  std::vector<Vec3f> vertices_nm;
  std::vector<std::uint32_t> faces;  ///< three vertex indices a face

  std::size_t n_faces() const { return faces.size() / 3; }
  bool empty() const { return faces.empty(); }
  friend bool operator==(const Mesh&, const Mesh&) = default;
};

struct MeshBounds {
  Vec3f min_nm, max_nm;
};

/// Sum of the triangles' areas.
double mesh_area_um2(const Mesh& mesh);
/// Enclosed volume by the divergence theorem: positive where faces are turned outwards.
double mesh_volume_um3(const Mesh& mesh);
/// Smallest box of the vertices; zeros for none.
MeshBounds mesh_bounds(const Mesh& mesh);
/// Directed edges without a counterpart of the opposite direction: 0 for a closed (watertight) mesh.
std::uint64_t boundary_edges(const Mesh& mesh);
/// Vertices at equal positions become one; unused vertices and faces with two equal corners go. The result is
/// canonical: vertices in raster order (z slowest), each face from its smallest vertex, faces in lexicographic order.
Mesh weld(const Mesh& mesh);

namespace detail {
/// Rotates each face so that its smallest vertex comes first, then sorts the faces.
void sort_faces(std::vector<std::uint32_t>& faces);
}  // namespace detail

}  // namespace syconn
