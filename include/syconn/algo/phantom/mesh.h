// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/algo/phantom/model.h"

namespace syconn {

/// Closed triangle mesh, faces turned outwards.
struct PhantomMesh {
  std::vector<Vec3f> vertices_nm;
  std::vector<std::array<std::uint32_t, 3>> faces;
  std::vector<std::uint32_t>
      vertex_node;  ///< nearest node of the model (its compartment is the vertex's truth); empty for organelles
};

/// Surface of a whole cell from the vector model, neighbours ignored: marching cubes of the union of its tubes on a
/// `grid_nm` lattice. Tubes thinner than 0.87 grid_nm are drawn that thick, so the surface is one piece.
/// Throws Error{usage} for a bad index or grid. Time linear in the surface.
PhantomMesh phantom_mesh_cell(const PhantomModel& model, std::uint32_t cell_idx, double grid_nm = 100);
PhantomMesh phantom_mesh_mito(const PhantomModel& model, std::uint32_t mito_idx, double grid_nm = 80);
PhantomMesh phantom_mesh_cloud(const PhantomModel& model, std::uint32_t cloud_idx, double grid_nm = 80);
/// Closed disc of the junction.
PhantomMesh phantom_mesh_synapse(const PhantomModel& model, std::uint32_t synapse_idx);

/// Volume (signed, by the divergence theorem) and area of a closed mesh.
double phantom_mesh_volume_um3(const PhantomMesh& mesh);
double phantom_mesh_area_um2(const PhantomMesh& mesh);
/// Centre of mass of what a closed mesh encloses; {} if that is nothing.
Vec3d phantom_mesh_centroid_nm(const PhantomMesh& mesh);

}  // namespace syconn
