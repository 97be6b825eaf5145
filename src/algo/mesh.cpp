// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/mesh.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace syconn {
namespace {

bool position_less(const Vec3f& a, const Vec3f& b) {
  return a.z != b.z ? a.z < b.z : a.y != b.y ? a.y < b.y : a.x < b.x;
}

// Area and volume start near the mesh: no digits lost far from the origin.
template <class F>
void for_each_face(const Mesh& mesh, F&& fn) {
  if (mesh.empty()) return;
  const Vec3d origin(mesh.vertices_nm[mesh.faces[0]]);
  for (std::size_t f = 0; f < mesh.faces.size(); f += 3)
    fn(Vec3d(mesh.vertices_nm[mesh.faces[f]]) - origin, Vec3d(mesh.vertices_nm[mesh.faces[f + 1]]) - origin,
       Vec3d(mesh.vertices_nm[mesh.faces[f + 2]]) - origin);
}

}  // namespace

double mesh_area_um2(const Mesh& mesh) {
  double sum = 0;
  for_each_face(mesh, [&](const Vec3d& a, const Vec3d& b, const Vec3d& c) {
    const Vec3d n = cross(b - a, c - a);
    sum += std::sqrt(n.dot(n));
  });
  return sum / 2e6;
}

double mesh_volume_um3(const Mesh& mesh) {
  double sum = 0;
  for_each_face(mesh, [&](const Vec3d& a, const Vec3d& b, const Vec3d& c) { sum += a.dot(cross(b, c)); });
  return sum / 6e9;
}

MeshBounds mesh_bounds(const Mesh& mesh) {
  if (mesh.vertices_nm.empty()) return {};
  MeshBounds b{mesh.vertices_nm[0], mesh.vertices_nm[0]};
  for (const Vec3f& v : mesh.vertices_nm) b.min_nm = min(b.min_nm, v), b.max_nm = max(b.max_nm, v);
  return b;
}

std::uint64_t boundary_edges(const Mesh& mesh) {
  // an edge as its two vertices, smaller first, and the direction in the last bit of the count's sign
  std::vector<std::pair<std::uint64_t, int>> edges;
  edges.reserve(mesh.faces.size());
  for (std::size_t f = 0; f < mesh.faces.size(); f += 3)
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint64_t a = mesh.faces[f + k], b = mesh.faces[f + (k + 1) % 3];
      edges.emplace_back(a < b ? a << 32 | b : b << 32 | a, a < b ? 1 : -1);
    }
  std::sort(edges.begin(), edges.end());
  std::uint64_t open = 0;
  for (std::size_t i = 0; i < edges.size();) {
    const std::uint64_t edge = edges[i].first;
    int sum = 0;
    for (; i < edges.size() && edges[i].first == edge; ++i) sum += edges[i].second;
    open += static_cast<std::uint64_t>(std::abs(sum));
  }
  return open;
}

namespace detail {

void sort_faces(std::vector<std::uint32_t>& faces) {
  std::vector<std::array<std::uint32_t, 3>> sorted(faces.size() / 3);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    std::copy_n(faces.begin() + static_cast<std::ptrdiff_t>(3 * i), 3, sorted[i].begin());
    std::rotate(sorted[i].begin(), std::min_element(sorted[i].begin(), sorted[i].end()), sorted[i].end());
  }
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    std::copy_n(sorted[i].begin(), 3, faces.begin() + static_cast<std::ptrdiff_t>(3 * i));
}

}  // namespace detail

Mesh weld(const Mesh& mesh) {
  constexpr std::uint32_t kUnused = 0xffffffffU;
  std::vector<std::uint32_t> order(mesh.vertices_nm.size()), new_index(order.size(), kUnused);
  std::iota(order.begin(), order.end(), 0U);
  std::vector<bool> used(order.size());
  for (const std::uint32_t v : mesh.faces) used[v] = true;
  std::erase_if(order, [&](std::uint32_t v) { return !used[v]; });
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return position_less(mesh.vertices_nm[a], mesh.vertices_nm[b]); });
  Mesh out;
  for (const std::uint32_t v : order) {
    const Vec3f& p = mesh.vertices_nm[v];
    if (out.vertices_nm.empty() || !(out.vertices_nm.back() == p)) out.vertices_nm.push_back(p);
    new_index[v] = static_cast<std::uint32_t>(out.vertices_nm.size() - 1);
  }
  for (std::size_t f = 0; f < mesh.faces.size(); f += 3) {
    const std::uint32_t a = new_index[mesh.faces[f]], b = new_index[mesh.faces[f + 1]],
                        c = new_index[mesh.faces[f + 2]];
    if (a != b && b != c && c != a) out.faces.insert(out.faces.end(), {a, b, c});
  }
  detail::sort_faces(out.faces);
  return out;
}

}  // namespace syconn
