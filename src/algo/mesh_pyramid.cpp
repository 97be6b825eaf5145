// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/mesh_pyramid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <unordered_map>

#include "syconn/algo/simplify.h"
#include "syconn/core/ids.h"

namespace syconn {
namespace {

using Polygon = std::vector<Vec3d>;

/// Where the edge crosses the plane `axis` = k. From the lexicographically smaller end, so that both faces of the edge
/// get the same bits.
Vec3d crossing(Vec3d a, Vec3d b, int axis, double k) {
  if (b.array() < a.array()) std::swap(a, b);
  Vec3d p = a + (b - a) * ((k - a[axis]) / (b[axis] - a[axis]));
  p[axis] = k;
  return p;
}

/// The parts of a convex polygon below and above a plane; a part without area is empty.
void split(const Polygon& polygon, int axis, double k, Polygon& below, Polygon& above) {
  below.clear(), above.clear();
  bool any_below = false, any_above = false;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Vec3d &p = polygon[i], &q = polygon[(i + 1) % polygon.size()];
    if (p[axis] <= k) below.push_back(p);
    if (p[axis] >= k) above.push_back(p);
    any_below |= p[axis]<k, any_above |= p[axis]> k;
    if ((p[axis] < k && q[axis] > k) || (p[axis] > k && q[axis] < k)) {
      const Vec3d cut = crossing(p, q, axis, k);
      below.push_back(cut), above.push_back(cut);
    }
  }
  if (!any_below && any_above) below.clear();
  if (!any_above) above.clear();
}

/// Cuts a polygon at all whole coordinates along the axes from `axis` on; use(polygon) gets the parts.
template <class Use>
void cut(Polygon polygon, int axis, const Use& use) {
  if (axis == 3) return use(polygon);
  double lowest = polygon[0][axis], highest = lowest;
  for (const Vec3d& p : polygon) lowest = std::min(lowest, p[axis]), highest = std::max(highest, p[axis]);
  Polygon below, above;
  for (double k = std::floor(lowest) + 1; k < highest; ++k) {
    split(polygon, axis, k, below, above);
    if (!below.empty()) cut(below, axis + 1, use);
    polygon = above;
  }
  cut(std::move(polygon), axis + 1, use);
}

std::uint64_t spread(std::uint64_t v) {  // two zero bits between its (up to 21) bits
  v = (v | v << 32) & 0x1f00000000ffffULL, v = (v | v << 16) & 0x1f0000ff0000ffULL;
  v = (v | v << 8) & 0x100f00f00f00f00fULL, v = (v | v << 4) & 0x10c30c30c30c30c3ULL;
  return (v | v << 2) & 0x1249249249249249ULL;
}
std::uint64_t z_curve(const Vec3i& p) {
  const auto of = [](std::int64_t v) { return spread(static_cast<std::uint64_t>(v)); };
  return of(p.x) | of(p.y) << 1 | of(p.z) << 2;
}

/// Collects the faces of one cell.
class FragmentBuilder {
 public:
  explicit FragmentBuilder(const Vec3i& position) { fragment_.position = position; }

  void add(const std::vector<std::array<std::uint32_t, 3>>& corners) {
    for (std::size_t i = 1; i + 1 < corners.size(); ++i) {
      const std::uint32_t a = index(corners[0]), b = index(corners[i]), c = index(corners[i + 1]);
      if (a != b && b != c && a != c) fragment_.faces.insert(fragment_.faces.end(), {a, b, c});
    }
  }
  /// Vertices that only faces without area had are left out.
  MeshFragment take() {
    std::vector<std::uint32_t> place(fragment_.steps.size() / 3, kNoFace), steps;
    for (std::uint32_t& v : fragment_.faces) {
      if (place[v] == kNoFace) {
        place[v] = static_cast<std::uint32_t>(steps.size() / 3);
        steps.insert(steps.end(), &fragment_.steps[3 * v], &fragment_.steps[3 * v] + 3);
      }
      v = place[v];
    }
    fragment_.steps = std::move(steps);
    return std::move(fragment_);
  }

 private:
  struct Hash {
    std::size_t operator()(const std::array<std::uint32_t, 3>& a) const { return mix64(mix64(a[0], a[1]), a[2]); }
  };
  std::uint32_t index(const std::array<std::uint32_t, 3>& corner) {
    const auto [at, is_new] = index_.emplace(corner, static_cast<std::uint32_t>(fragment_.steps.size() / 3));
    if (is_new) fragment_.steps.insert(fragment_.steps.end(), corner.begin(), corner.end());
    return at->second;
  }
  MeshFragment fragment_;
  std::unordered_map<std::array<std::uint32_t, 3>, std::uint32_t, Hash> index_;
};

using Fragments = std::map<std::uint64_t, MeshFragment>;  ///< by Z-curve

Fragments cut_level(const Mesh& mesh, const MeshPyramid& pyramid, int level, int bits) {
  const double grid_nm = std::ldexp(static_cast<double>(pyramid.chunk_nm), std::max(0, level - 1));
  const double cells = level == 0 ? 1 : 2, steps = std::ldexp(1.0, bits) - 1;  // cells: of the cut along an edge
  std::map<std::uint64_t, FragmentBuilder> builders;
  std::vector<std::array<std::uint32_t, 3>> corners;
  const auto use = [&](const Polygon& polygon) {
    Vec3d low = polygon[0], high = low;
    for (const Vec3d& p : polygon) low = min(low, p), high = max(high, p);
    Vec3i position;
    for (int axis = 0; axis < 3; ++axis)
      position[axis] = static_cast<std::int64_t>(std::floor((low[axis] + high[axis]) / 2 / cells));
    corners.clear();
    for (const Vec3d& p : polygon) {
      std::array<std::uint32_t, 3> corner;
      for (int axis = 0; axis < 3; ++axis) {
        // Halves go down, so that what lies on a middle plane is (2^bits - 1) / 2 in integers, as readers expect.
        const double step = std::ceil((p[axis] / cells - static_cast<double>(position[axis])) * steps - 0.5);
        corner[static_cast<std::size_t>(axis)] = static_cast<std::uint32_t>(std::clamp(step, 0.0, steps));
      }
      corners.push_back(corner);
    }
    builders.try_emplace(z_curve(position), position).first->second.add(corners);
  };
  const Vec3d origin(pyramid.origin_nm);
  for (std::size_t f = 0; f < mesh.faces.size(); f += 3) {
    Polygon triangle;
    for (std::size_t k = 0; k < 3; ++k)
      triangle.push_back((Vec3d(mesh.vertices_nm[mesh.faces[f + k]]) - origin) / grid_nm);
    cut(std::move(triangle), 0, use);
  }
  Fragments fragments;
  for (auto& [code, builder] : builders)
    if (MeshFragment fragment = builder.take(); !fragment.faces.empty()) fragments.emplace(code, std::move(fragment));
  return fragments;
}

/// The mesh itself, then as long as it pays simpler ones.
std::vector<Mesh> simpler_meshes(const Mesh& mesh, const MeshPyramidOptions& options) {
  std::vector<Mesh> meshes{mesh};
  while (meshes.back().n_faces() > options.small_faces && static_cast<int>(meshes.size()) < options.max_levels) {
    SimplifyOptions simpler;
    simpler.max_error_nm = std::ldexp(options.detail_nm, static_cast<int>(meshes.size()));
    Mesh next = simplify(meshes.back(), simpler);
    if (next.empty() || 4 * next.n_faces() > 3 * meshes.back().n_faces()) break;
    meshes.push_back(std::move(next));
  }
  return meshes;
}

}  // namespace

MeshPyramid make_mesh_pyramid(const Mesh& mesh, const MeshPyramidOptions& options) {
  MeshPyramid pyramid;
  if (mesh.empty()) return pyramid;
  const std::vector<Mesh> meshes = simpler_meshes(mesh, options);
  const MeshBounds bounds = mesh_bounds(mesh);
  const Vec3f extent = bounds.max_nm - bounds.min_nm;
  pyramid.origin_nm = bounds.min_nm;
  // One cell of the last level holds everything; a little larger, so that the rounded edge is not too small.
  const float cells = std::ldexp(1.0F, static_cast<int>(meshes.size()) - 1);
  pyramid.chunk_nm = std::max(extent.max_element() / cells * 1.00001F, 1.0F);
  Fragments finer;
  for (std::size_t level = 0; level < meshes.size(); ++level) {
    Fragments fragments = cut_level(meshes[level], pyramid, static_cast<int>(level), options.bits);
    for (const auto& [code, fragment] : finer)
      fragments.try_emplace(code >> 3, MeshFragment{fragment.position / Vec3i(2), {}, {}});
    MeshLevel out{static_cast<float>(std::ldexp(options.detail_nm, static_cast<int>(level))), {}};
    for (const auto& [code, fragment] : fragments) out.fragments.push_back(fragment);
    pyramid.levels.push_back(std::move(out));
    finer = std::move(fragments);
  }
  return pyramid;
}

}  // namespace syconn
