// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/core/vec3.h"

namespace syconn {

/// The part of a mesh in one cell of a grid; vertices in steps of (cell's edge) / (2^bits - 1) from its lower corner.
struct MeshFragment {
  Vec3i position;                    ///< cell of its level
  std::vector<std::uint32_t> steps;  ///< x, y, z of each vertex, 0 to 2^bits - 1
  std::vector<std::uint32_t> faces;  ///< three vertices each
};

struct MeshLevel {
  float scale_nm = 0;                   ///< size of the details it leaves out
  std::vector<MeshFragment> fragments;  ///< in Z-curve order (x fastest); empty ones above fragments of finer levels
};

/// A mesh at several levels of detail, the finest first; cells of level l are cubes of chunk_nm · 2^l from origin_nm.
/// No face of a level above 0 crosses the middle planes of its cell.
struct MeshPyramid {
  Vec3f origin_nm;
  float chunk_nm = 1;
  std::vector<MeshLevel> levels;
};

}  // namespace syconn
