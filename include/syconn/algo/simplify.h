// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

#include "syconn/algo/mesh.h"

/// Mesh simplification by half-edge collapses onto existing vertices, ordered by quadrics (Garland & Heckbert 1997),
/// under an explicit bound: each removed vertex is kept with a face and never lies farther than max_error_nm from it.
namespace syconn {

inline constexpr std::uint32_t kNoFace = 0xffffffffU;

struct SimplifyOptions {
  double max_error_nm = 40;
  double reduction = 50;  ///< stop at 1/reduction of the original vertices (so of the faces)
  /// The mesh goes on beyond its locked vertices: no new edge between two of them, since it could be there already.
  bool open_locked = false;
};

/// A mesh being simplified. Vertices keep their indices; those that no face uses are removed ones, each within
/// max_error_nm of the face `face_of` names.
struct SimplifyMesh {
  std::vector<Vec3f> vertices_nm;    ///< from an origin near the mesh
  std::vector<std::uint32_t> faces;  ///< three a face
  std::vector<std::uint8_t> locked;  ///< a vertex: must stay. Empty: none
  std::vector<std::uint32_t>
      face_of;  ///< a vertex: face that covers it if it was removed, else kNoFace. Empty: none removed
  std::vector<std::uint8_t> candidate;  ///< a vertex: to be tried at first. Empty: all
};

/// Simplifies in place; the order of vertices and faces decides the result, nothing else. Vertices on edges without
/// exactly one counterpart and vertices whose faces make no single fan stay (link condition elsewhere), so a closed
/// mesh stays closed and a manifold one manifold. No face turns by more than about 75 degrees in one step. Memory about
/// 45 bytes a face and 60 a vertex. The object's buffers are reused.
class MeshSimplifier {
 public:
  MeshSimplifier();
  ~MeshSimplifier();
  MeshSimplifier(const MeshSimplifier&) = delete;
  MeshSimplifier& operator=(const MeshSimplifier&) = delete;
  void run(SimplifyMesh& mesh, const SimplifyOptions& options);

 private:
  struct Impl;
  Impl* impl_;
};

/// A whole mesh in memory; canonical result (see weld).
Mesh simplify(const Mesh& mesh, const SimplifyOptions& options = {});

/// Largest and 99.9 % quantile of the distances of `points_nm` to the mesh's surface (exact, by a grid of its faces).
struct SurfaceDistance {
  double max_nm = 0, q999_nm = 0;
};
SurfaceDistance distance_to_surface(const std::vector<Vec3f>& points_nm, const Mesh& mesh);

}  // namespace syconn
