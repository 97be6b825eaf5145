// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>

#include "syconn/algo/mesh.h"
#include "syconn/algo/runs.h"

namespace syconn {

enum class MeshMethod : std::uint8_t { marching_cubes = 0, poisson = 1 };

struct SynapseMeshParams {
  bool poisson = true;
  std::uint64_t min_poisson_vx = 100;  ///< smaller objects: marching cubes
  double smoothing_voxels = 3;         ///< sigma of the mask's Gaussian, in smallest voxel edges, isotropic in nm
  double grid_nm = 20;                 ///< points are averaged in a grid, made coarser until there are
  std::size_t max_points = 500;        ///< at most so many
  int outlier_neighbours = 20;         ///< a point whose mean distance to so many neighbours exceeds the mean by
  double outlier_deviations = 2;       ///< so many standard deviations is dropped
  double max_stretch = 8;              ///< thin objects are stretched by at most this factor (below)
};

struct SynapseMesh {
  Mesh mesh;
  MeshMethod method = MeshMethod::marching_cubes;
};

/// Closed surface of a synapse's voxels (canonical runs) in nm, within the runs' bounding box.
///
/// Screened Poisson reconstruction (Kazhdan & Hoppe 2013, CGAL's variant): points at the exposed faces of the surface
/// voxels (mask without its 3x3x3 erosion), normals from the gradient of the smoothed mask, grid down-sampling by side
/// of the sheet, outliers removed, indicator function, its zero surface by marching cubes. A junction is a sheet 50 to
/// 100 nm thin while 500 points lie up to 100 nm apart: the object is first stretched along its principal axes, so that
/// both sides are well apart, and the surface stretched back. Falls back to marching cubes of the voxels below
/// `min_poisson_vx`, above 2^26 voxels of box, and where Poisson fails: no solution, or an enclosed volume that differs
/// by more than a quarter from the voxels'.
/// Deterministic, and the same for a shifted object up to float rounding. Memory: 9 bytes a voxel of the padded box.
SynapseMesh synapse_mesh(std::span<const Run> runs, const Vec3d& voxel_size_nm, const SynapseMeshParams& params = {});

/// Marching cubes of a voxel set at full resolution, closed; in blocks of 128^3 voxels.
Mesh voxel_surface(std::span<const Run> runs, const Vec3d& voxel_size_nm);

}  // namespace syconn
