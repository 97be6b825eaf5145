// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/algo/mesh.h"
#include "syconn/core/mesh_pyramid.h"

namespace syconn {

struct MeshPyramidOptions {
  int bits = 16;                   ///< of a vertex coordinate within its cell
  double detail_nm = 40;           ///< what the mesh itself leaves out; level l is simplified to detail_nm · 2^l
  std::size_t small_faces = 2048;  ///< a level of at most that many faces is the last
  int max_levels = 8;
};

/// Simplifies level by level, cuts each at its cells' faces (and above level 0 at their middle planes) and rounds the
/// vertices to steps. Vertices of level 0 lie within half a step of the mesh's, new ones on its edges. Cuts of an edge
/// are the same in all faces and cells that share it, so a closed mesh shows no gaps. No levels for an empty mesh.
MeshPyramid make_mesh_pyramid(const Mesh& mesh, const MeshPyramidOptions& options = {});

}  // namespace syconn
