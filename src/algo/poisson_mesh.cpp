// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/poisson_mesh.h"

#include <algorithm>
#include <cmath>

#include "surface_points.h"
#include "syconn/algo/marching.h"
#include "syconn/core/chunk_grid.h"

namespace syconn {
namespace {

constexpr std::int64_t kMaxBox = std::int64_t{1} << 26;    // voxels of a Poisson object's padded box
constexpr std::int64_t kMaxField = std::int64_t{1} << 22;  // points of the grid the field is read on
constexpr double kThinnest = 2;  // nm of spread; points on a line or in a plane have no inside
constexpr double kRim = 2;       // grid cells around the points

std::vector<Run> moved_to_zero(std::span<const Run> runs, const Vec3i& corner) {
  std::vector<Run> out(runs.begin(), runs.end());
  for (Run& r : out)
    r.x -= static_cast<std::int32_t>(corner.x), r.y -= static_cast<std::int32_t>(corner.y),
        r.z -= static_cast<std::int32_t>(corner.z);
  return out;
}

FieldGrid grid_around(const std::vector<OrientedPoint>& points, double cell) {
  Vec3d lo = points.front().position, hi = lo;
  for (const OrientedPoint& p : points) lo = min(lo, p.position), hi = max(hi, p.position);
  FieldGrid grid;
  grid.step = cell / 2;
  grid.origin = lo - Vec3d(kRim * grid.step);
  for (int axis = 0; axis < 3; ++axis)
    grid.size[axis] = static_cast<std::int64_t>(std::ceil((hi[axis] - lo[axis]) / grid.step + 2 * kRim)) + 1;
  return grid;
}

/// The field's zero surface: marching cubes with vertices where the field is zero along their edges. Outside the grid
/// is outside, so the surface is closed.
Mesh zero_surface(std::vector<float>& values, const FieldGrid& grid) {
  const Vec3i n = grid.size;
  const auto value = [&](const Vec3i& p) -> float& {
    return values[static_cast<std::size_t>(p.x + n.x * (p.y + n.y * p.z))];
  };
  for (std::int64_t z = 0; z < n.z; ++z)
    for (std::int64_t y = 0; y < n.y; ++y)
      for (std::int64_t x = 0; x < n.x; ++x)
        if (x == 0 || y == 0 || z == 0 || x == n.x - 1 || y == n.y - 1 || z == n.z - 1)
          value({x, y, z}) = std::max(value({x, y, z}), 1e-6F);
  std::vector<SurfaceCell> cells;
  for (std::int64_t z = 0; z + 1 < n.z; ++z)
    for (std::int64_t y = 0; y + 1 < n.y; ++y)
      for (std::int64_t x = 0; x + 1 < n.x; ++x) {
        int inside = 0;
        for (int c = 0; c < 8; ++c) inside |= (value({x + (c & 1), y + (c >> 1 & 1), z + (c >> 2)}) < 0) << c;
        if (inside != 0 && inside != 255) cells.emplace_back(Vec3i{x, y, z}, static_cast<std::uint8_t>(inside));
      }
  std::vector<VertexKey> keys;
  Mesh mesh;
  weld_cells(cells, keys, mesh.faces);
  for (const VertexKey key : keys) {
    const Vec3i doubled = doubled_coordinate(key);
    Vec3i a, b;
    for (int axis = 0; axis < 3; ++axis) a[axis] = doubled[axis] / 2, b[axis] = (doubled[axis] + 1) / 2;
    const double fa = value(a), fb = value(b), t = fa / (fa - fb);
    mesh.vertices_nm.push_back(Vec3f(grid.origin + (Vec3d(a) + (Vec3d(b) - Vec3d(a)) * t) * grid.step));
  }
  return mesh;
}

/// Poisson in the box's own frame (nm from its corner); an empty mesh where it fails.
Mesh poisson_surface(std::span<const Run> runs, const Box3& box, const Vec3d& voxel_size_nm,
                     const SynapseMeshParams& params) {
  const double sigma_nm = params.smoothing_voxels * voxel_size_nm.min_element();
  std::vector<OrientedPoint> points = surface_points(runs, box, voxel_size_nm, sigma_nm);
  if (points.size() < 8) return {};
  const Stretch stretch = stretch_of(points, params.max_stretch);
  if (stretch.thinnest_nm < kThinnest) return {};
  for (OrientedPoint& p : points) p = {Stretch::apply(stretch.forward, p.position), stretch.normal(p.normal)};
  double cell = params.grid_nm;
  points = down_sampled(points, params.max_points, cell);
  remove_outliers(points, params.outlier_neighbours, params.outlier_deviations);
  if (points.size() < 8) return {};
  for (OrientedPoint& p : points) p.position = p.position / cell;
  const FieldGrid grid = grid_around(points, 1);
  std::vector<float> values;
  if (grid.size.product() > kMaxField || !poisson_field(points, grid, values)) return {};
  Mesh mesh = zero_surface(values, grid);
  for (Vec3f& v : mesh.vertices_nm) v = Vec3f(Stretch::apply(stretch.back, Vec3d(v) * cell));
  if (stretch.back_determinant < 0)
    for (std::size_t f = 0; f < mesh.faces.size(); f += 3) std::swap(mesh.faces[f + 1], mesh.faces[f + 2]);
  return mesh;
}

bool plausible(const Mesh& mesh, double volume_um3) {
  const double ratio = mesh.empty() ? 0 : mesh_volume_um3(mesh) / volume_um3;
  return ratio > 0.75 && ratio < 1.25 && boundary_edges(mesh) == 0;
}

void place(Mesh& mesh, const Box3& box, const Vec3d& voxel_size_nm) {
  const Vec3d lo = Vec3d(box.min) * voxel_size_nm, size = Vec3d(box.size()) * voxel_size_nm;
  for (Vec3f& v : mesh.vertices_nm) v = Vec3f(lo + min(max(Vec3d(v), Vec3d()), size));
}

}  // namespace

Mesh voxel_surface(std::span<const Run> runs, const Vec3d& voxel_size_nm) {
  constexpr std::int64_t kBlock = 128;
  const Box3 box = bounding_box(runs);
  if (runs.empty()) return {};
  const std::vector<Run> local = moved_to_zero(runs, box.min);
  const MeshLattice lattice{Box3::of_size(box.size()), voxel_size_nm, {1, 1, 1}};
  std::vector<SurfaceCell> cells;
  LabelMarcher marcher;
  LabelSurfaces surfaces;
  const ChunkGrid blocks{lattice.box, Vec3i(kBlock)};
  for (std::int64_t i = 0; i < blocks.count(); ++i) {
    const Box3 write = blocks.chunk_box(i), read = lattice.read_box(write);
    std::vector<Run> here;
    clip_runs(local, read, here);
    if (here.empty()) continue;
    Volume<Id> labels(read);
    for_each_voxel(here, [&](const Vec3i& v) { labels.at(v) = 1; });
    marcher.run(labels.view(), write, lattice, surfaces);
    cells.insert(cells.end(), surfaces.cells.begin(), surfaces.cells.end());
  }
  Mesh mesh = mesh_of_cells(std::move(cells), lattice);
  place(mesh, box, voxel_size_nm);
  return mesh;
}

SynapseMesh synapse_mesh(std::span<const Run> runs, const Vec3d& voxel_size_nm, const SynapseMeshParams& params) {
  const Box3 box = bounding_box(runs);
  const std::uint64_t size_vx = voxel_count(runs);
  if (params.poisson && size_vx >= params.min_poisson_vx && box.grown(Vec3i(16)).voxels() <= kMaxBox) {
    SynapseMesh result{poisson_surface(runs, box, voxel_size_nm, params), MeshMethod::poisson};
    if (plausible(result.mesh, static_cast<double>(size_vx) * voxel_size_nm.product() * 1e-9)) {
      place(result.mesh, box, voxel_size_nm);
      return result;
    }
  }
  return {voxel_surface(runs, voxel_size_nm), MeshMethod::marching_cubes};
}

}  // namespace syconn
