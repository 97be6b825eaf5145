// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/simplify.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "simplify_topology.h"
#include "triangle_distance.h"

namespace syconn {
namespace {

using detail::kNoHalfEdge;
using detail::next_edge;
using detail::previous_edge;

constexpr std::uint32_t kEnd = 0xffffffffU;  // of a list of removed vertices
constexpr std::size_t kMaxValence = 24;
constexpr float kMinCosine = 0.25F;      // between a face's normals before and after a collapse
constexpr float kMinShape = 0.04F;       // 2 area / sum of squared edges; an equilateral triangle has 0.29
constexpr float kLengthWeight = 0.002F;  // short edges first where the surface is flat
/// Root mean square distances to the planes, in parts of the bound, up to which the sweeps go.
constexpr std::array kSweeps{0.03F, 0.08F, 0.15F, 0.25F, 0.4F, 0.6F, 0.9F, 1.3F, 2.0F, 2.0F};

/// Squared distances to a vertex's planes, weighted by area, relative to the vertex: x'Ax + 2b'x + c.
struct Quadric {
  float xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0;
  Vec3f b;
  float c = 0, weight = 0;

  void add_plane(const Vec3f& n, float w) {
    xx += w * n.x * n.x, xy += w * n.x * n.y, xz += w * n.x * n.z, yy += w * n.y * n.y, yz += w * n.y * n.z,
        zz += w * n.z * n.z, weight += w;
  }
  Vec3f times(const Vec3f& d) const {
    return {xx * d.x + xy * d.y + xz * d.z, xy * d.x + yy * d.y + yz * d.z, xz * d.x + yz * d.y + zz * d.z};
  }
  float at(const Vec3f& d) const { return std::max(0.0F, d.dot(times(d)) + 2 * b.dot(d) + c); }
  /// Adds q, whose origin lies at -d.
  void add_moved(const Quadric& q, const Vec3f& d) {
    c += q.at(d), b += q.b + q.times(d);
    xx += q.xx, xy += q.xy, xz += q.xz, yy += q.yy, yz += q.yz, zz += q.zz, weight += q.weight;
  }
};

struct Target {
  float cost;
  std::uint32_t edge;
};

}  // namespace

struct MeshSimplifier::Impl {
  SimplifyMesh* mesh = nullptr;
  SimplifyOptions options;
  float limit2 = 0;
  detail::HalfEdges edges;
  std::vector<Quadric> quadric;
  std::vector<float> next_cost;  ///< cheapest target not tried yet; -1: not known
  std::vector<float> tried;      ///< all targets below this cost were refused
  std::vector<std::uint32_t> stamp, head, next_point, active;
  std::uint32_t clock = 0;
  std::size_t in_use = 0, wanted = 0;
  // of the collapse under test
  struct NewFace {
    std::uint32_t face;
    Vec3f x, y;
  };
  struct Moved {
    std::uint32_t point, to;
  };
  std::vector<NewFace> fan;
  std::vector<Moved> moved;
  std::vector<Target> targets;

  const Vec3f& at(std::uint32_t v) const { return mesh->vertices_nm[v]; }
  bool may_go(std::uint32_t v) const { return edges.in_use(v) && edges.is_inner(v) && !mesh->locked[v]; }

  void prepare();
  void sweep(float below);
  bool try_vertex(std::uint32_t u, float below);
  bool allowed(std::uint32_t h);
  bool link_allows(std::uint32_t h);
  bool faces_allow(std::uint32_t h);
  bool covers_points(std::uint32_t h);
  bool place(std::uint32_t point, std::size_t first, const Vec3f& v);
  void collapse(std::uint32_t h);
  void compact();
};

void MeshSimplifier::Impl::prepare() {
  SimplifyMesh& m = *mesh;
  const std::size_t n = m.vertices_nm.size();
  if (m.locked.empty()) m.locked.assign(n, 0);
  if (m.face_of.empty()) m.face_of.assign(n, kNoFace);
  edges.build(m.faces, n);
  quadric.assign(n, {});
  for (std::size_t f = 0; f < m.faces.size(); f += 3) {
    const Vec3f a = at(m.faces[f]), nrm = cross(at(m.faces[f + 1]) - a, at(m.faces[f + 2]) - a);
    const float len = std::sqrt(nrm.dot(nrm));
    if (len <= 0) continue;
    for (std::size_t k = 0; k < 3; ++k) quadric[m.faces[f + k]].add_plane(nrm / len, len);
  }
  head.assign(m.faces.size() / 3, kEnd), next_point.assign(n, kEnd);
  stamp.assign(n, 0), clock = 0, tried.assign(n, 0.0F), next_cost.assign(n, -1.0F);
  active.clear(), in_use = 0;
  std::size_t carried = 0;
  for (std::uint32_t v = static_cast<std::uint32_t>(n); v-- > 0;)
    if (m.face_of[v] != kNoFace) next_point[v] = head[m.face_of[v]], head[m.face_of[v]] = v, ++carried;
  for (std::uint32_t v = 0; v < n; ++v) {
    if (!edges.in_use(v)) continue;
    ++in_use;
    if (may_go(v)) active.push_back(v);
    if (!m.candidate.empty() && !m.candidate[v]) next_cost[v] = INFINITY;
  }
  wanted =
      std::max<std::size_t>(4, static_cast<std::size_t>(static_cast<double>(in_use + carried) / options.reduction));
}

void MeshSimplifier::Impl::sweep(float below) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < active.size(); ++i) {
    const std::uint32_t u = active[i];
    if (!edges.in_use(u)) continue;
    if (in_use > wanted && next_cost[u] < below && try_vertex(u, below)) continue;
    active[kept++] = u;
  }
  active.resize(kept);
}

bool MeshSimplifier::Impl::try_vertex(std::uint32_t u, float below) {
  targets.clear();
  float rest = INFINITY;
  const Quadric& q = quadric[u];
  edges.for_each_out(u, [&](std::uint32_t h) {
    const Vec3f d = at(edges.target(h)) - at(u);
    const float cost = q.at(d) / q.weight + kLengthWeight * d.dot(d);
    if (cost < tried[u]) return;
    if (cost < below)
      targets.push_back({cost, h});
    else
      rest = std::min(rest, cost);
  });
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.cost != b.cost ? a.cost < b.cost : a.edge < b.edge; });
  for (const Target& t : targets)
    if (allowed(t.edge)) {
      collapse(t.edge);
      return true;
    }
  tried[u] = below, next_cost[u] = rest;
  return false;
}

bool MeshSimplifier::Impl::allowed(std::uint32_t h) { return link_allows(h) && faces_allow(h) && covers_points(h); }

// The neighbours that both ends have must be the two that the edge's faces have: then the collapse keeps a manifold.
bool MeshSimplifier::Impl::link_allows(std::uint32_t h) {
  const std::uint32_t g = edges.twin(h), u = edges.origin(h), v = edges.target(h), a = edges.apex(h), b = edges.apex(g);
  if (a == b || edges.is_torn(v)) return false;
  ++clock;
  std::size_t valence = 0;
  edges.for_each_out(v, [&](std::uint32_t e) { stamp[edges.target(e)] = stamp[edges.apex(e)] = clock, ++valence; });
  const bool no_new_locked = options.open_locked && mesh->locked[v];
  bool ok = true;
  edges.for_each_out(u, [&](std::uint32_t e) {
    const std::uint32_t x = edges.target(e);
    ++valence;
    if (x != v && x != a && x != b) ok &= stamp[x] != clock && !(no_new_locked && mesh->locked[x]);
  });
  return ok && valence <= kMaxValence + 4 && !edges.has_valence_3(previous_edge(h)) &&
         !edges.has_valence_3(previous_edge(g));
}

bool MeshSimplifier::Impl::faces_allow(std::uint32_t h) {
  const std::uint32_t u = edges.origin(h), dead0 = h / 3, dead1 = edges.twin(h) / 3;
  const Vec3f pu = at(u), pv = at(edges.target(h));
  fan.clear();
  bool ok = true;
  edges.for_each_out(u, [&](std::uint32_t e) {
    if (!ok || e / 3 == dead0 || e / 3 == dead1) return;
    const Vec3f x = at(edges.target(e)), y = at(edges.apex(e)), xy = y - x;
    const Vec3f old_n = cross(x - pu, y - pu), new_n = cross(x - pv, y - pv);
    const float old_len = std::sqrt(old_n.dot(old_n)), new_len = std::sqrt(new_n.dot(new_n));
    const float old_edges = (x - pu).dot(x - pu) + (y - pu).dot(y - pu) + xy.dot(xy);
    const float new_edges = (x - pv).dot(x - pv) + (y - pv).dot(y - pv) + xy.dot(xy);
    const float shape = new_len / new_edges, old_shape = old_len / old_edges;
    ok = new_len > 0 && old_n.dot(new_n) > kMinCosine * old_len * new_len && (shape > kMinShape || shape > old_shape);
    fan.push_back({e / 3, x, y});
  });
  return ok;
}

// Finds a face of the new fan for a removed vertex; near its old face there is no need to look at all.
bool MeshSimplifier::Impl::place(std::uint32_t point, std::size_t first, const Vec3f& v) {
  const Vec3f& p = at(point);
  float best = detail::squared_distance(p, v, fan[first].x, fan[first].y);
  std::size_t to = first;
  if (best > 0.25F * limit2)
    for (std::size_t i = 0; i < fan.size(); ++i) {
      if (i == first) continue;
      const float d = detail::squared_distance(p, v, fan[i].x, fan[i].y);
      if (d < best) best = d, to = i;
    }
  moved.push_back({point, fan[to].face});
  return best <= limit2;
}

bool MeshSimplifier::Impl::covers_points(std::uint32_t h) {
  const std::uint32_t u = edges.origin(h);
  const Vec3f v = at(edges.target(h));
  moved.clear();
  if (!place(u, 0, v)) return false;
  for (const std::uint32_t dead : {h / 3, edges.twin(h) / 3})
    for (std::uint32_t p = head[dead]; p != kEnd; p = next_point[p])
      if (!place(p, dead == h / 3 ? 0 : fan.size() - 1, v)) return false;
  for (std::size_t i = 0; i < fan.size(); ++i)
    for (std::uint32_t p = head[fan[i].face]; p != kEnd; p = next_point[p])
      if (!place(p, i, v)) return false;
  return true;
}

void MeshSimplifier::Impl::collapse(std::uint32_t h) {
  const std::uint32_t u = edges.origin(h), v = edges.target(h);
  for (const std::uint32_t dead : {h / 3, edges.twin(h) / 3}) head[dead] = kEnd;
  for (const NewFace& f : fan) head[f.face] = kEnd;
  for (const Moved& m : moved) next_point[m.point] = head[m.to], head[m.to] = m.point;
  quadric[v].add_moved(quadric[u], at(v) - at(u));
  edges.collapse(h);
  --in_use;
  next_cost[v] = -1, tried[v] = 0;
  edges.for_each_out(v, [&](std::uint32_t e) {
    for (const std::uint32_t x : {edges.target(e), edges.apex(e)}) next_cost[x] = -1, tried[x] = 0;
  });
}

void MeshSimplifier::Impl::compact() {
  std::vector<std::uint32_t>& faces = mesh->faces;
  std::fill(mesh->face_of.begin(), mesh->face_of.end(), kNoFace);
  std::uint32_t kept = 0;
  for (std::uint32_t f = 0; f < head.size(); ++f) {
    if (!edges.alive(f)) continue;
    for (std::uint32_t p = head[f]; p != kEnd; p = next_point[p]) mesh->face_of[p] = kept;
    std::copy_n(faces.begin() + 3 * static_cast<std::ptrdiff_t>(f), 3,
                faces.begin() + 3 * static_cast<std::ptrdiff_t>(kept));
    ++kept;
  }
  faces.resize(3 * std::size_t{kept});
}

MeshSimplifier::MeshSimplifier() : impl_(new Impl) {}
MeshSimplifier::~MeshSimplifier() { delete impl_; }

void MeshSimplifier::run(SimplifyMesh& mesh, const SimplifyOptions& options) {
  Impl& s = *impl_;
  s.mesh = &mesh, s.options = options;
  const auto e = static_cast<float>(options.max_error_nm);
  s.limit2 = e * e;
  s.prepare();
  for (const float part : kSweeps) s.sweep(part * part * s.limit2);
  s.compact();
}

Mesh simplify(const Mesh& mesh, const SimplifyOptions& options) {
  SimplifyMesh work;
  Mesh out = weld(mesh);
  const Vec3f origin = mesh_bounds(out).min_nm;
  for (const Vec3f& v : out.vertices_nm) work.vertices_nm.push_back(v - origin);
  work.faces = std::move(out.faces);
  MeshSimplifier().run(work, options);
  out.faces = std::move(work.faces);
  return weld(out);
}

}  // namespace syconn
