// SPDX-License-Identifier: GPL-3.0-or-later
// Distances of points to a mesh's surface.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "syconn/algo/simplify.h"
#include "triangle_distance.h"

namespace syconn {
namespace {

// Faces by the grid cells that their bounding boxes touch.
class FaceGrid {
 public:
  explicit FaceGrid(const Mesh& mesh) : mesh_(mesh) {
    const MeshBounds b = mesh_bounds(mesh);
    origin_ = b.min_nm;
    // cells about as large as a face
    const double area = mesh_area_um2(mesh) * 1e6 / static_cast<double>(mesh.n_faces());
    edge_ = std::max(1.0F, static_cast<float>(2 * std::sqrt(area)));
    last_ = cell_of(b.max_nm);
    for (std::size_t f = 0; f < mesh.n_faces(); ++f) {
      const Vec3f &p = corner(f, 0), &q = corner(f, 1), &r = corner(f, 2);
      const Vec3i lo = cell_of(min(p, min(q, r))), hi = cell_of(max(p, max(q, r)));
      for (std::int64_t z = lo.z; z <= hi.z; ++z)
        for (std::int64_t y = lo.y; y <= hi.y; ++y)
          for (std::int64_t x = lo.x; x <= hi.x; ++x) cells_[key({x, y, z})].push_back(static_cast<std::uint32_t>(f));
    }
  }
  double distance(const Vec3f& p) const {
    const Vec3i at = cell_of(p);
    const std::int64_t reach = max(max(at, last_ - at), -at).max_element() + 1;
    float best = INFINITY;
    for (std::int64_t r = 0; r <= reach; ++r) {
      shell(p, at, r, best);
      const float seen = static_cast<float>(r) * edge_;  // everything nearer than this was visited
      if (best <= seen * seen) break;
    }
    return std::sqrt(static_cast<double>(best));
  }

 private:
  const Vec3f& corner(std::size_t f, std::size_t k) const { return mesh_.vertices_nm[mesh_.faces[3 * f + k]]; }
  Vec3i cell_of(const Vec3f& p) const {
    const auto part = [&](float v, float o) { return static_cast<std::int64_t>(std::floor((v - o) / edge_)); };
    return {part(p.x, origin_.x), part(p.y, origin_.y), part(p.z, origin_.z)};
  }
  static std::uint64_t key(const Vec3i& c) {
    return static_cast<std::uint64_t>(c.z) << 42 | static_cast<std::uint64_t>(c.y) << 21 |
           static_cast<std::uint64_t>(c.x);
  }
  void shell(const Vec3f& p, const Vec3i& at, std::int64_t r, float& best) const {
    const Vec3i lo = max(at - Vec3i(r), Vec3i(0)), hi = min(at + Vec3i(r), last_);
    for (std::int64_t z = lo.z; z <= hi.z; ++z)
      for (std::int64_t y = lo.y; y <= hi.y; ++y) {
        const bool side = std::abs(z - at.z) == r || std::abs(y - at.y) == r;
        for (std::int64_t x = lo.x; x <= hi.x; ++x) {
          if (!side && std::abs(x - at.x) != r) continue;
          const auto cell = cells_.find(key({x, y, z}));
          if (cell == cells_.end()) continue;
          for (const std::uint32_t f : cell->second)
            best = std::min(best, detail::squared_distance(p, corner(f, 0), corner(f, 1), corner(f, 2)));
        }
      }
  }
  const Mesh& mesh_;
  Vec3f origin_;
  float edge_ = 1;
  Vec3i last_;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> cells_;
};

}  // namespace

SurfaceDistance distance_to_surface(const std::vector<Vec3f>& points_nm, const Mesh& mesh) {
  if (points_nm.empty()) return {};
  if (mesh.empty()) return {INFINITY, INFINITY};
  const FaceGrid grid(mesh);
  std::vector<double> d;
  d.reserve(points_nm.size());
  for (const Vec3f& p : points_nm) d.push_back(grid.distance(p));
  std::sort(d.begin(), d.end());
  return {d.back(), d[(d.size() - 1) * 999 / 1000]};
}

}  // namespace syconn
