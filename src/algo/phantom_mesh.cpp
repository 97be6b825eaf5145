// SPDX-License-Identifier: GPL-3.0-or-later
// Marching cubes of unions of tubes on a sparse lattice of blocks.
#include "syconn/algo/phantom/mesh.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <unordered_map>

#include "marching_cases.h"
#include "phantom_builder.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

using phantom::Tube;

constexpr std::int64_t kB = 8;  ///< lattice points along a block's edge
constexpr float kOutside = 1e6F;

// Field values on the lattice where tubes come near; everything else is outside.
class SparseField {
 public:
  struct Block {
    std::array<float, kB * kB * kB> value;
    std::array<std::uint32_t, kB * kB * kB> label;
  };
  static std::uint64_t key(const Vec3i& b) {
    const auto part = [](std::int64_t v) { return static_cast<std::uint64_t>(v + (1 << 20)) & 0x1fffff; };
    return part(b.z) << 42 | part(b.y) << 21 | part(b.x);
  }
  static Vec3i block_of(std::uint64_t k) {
    const auto part = [&](int s) { return static_cast<std::int64_t>((k >> s) & 0x1fffff) - (1 << 20); };
    return {part(0), part(21), part(42)};
  }
  void lower(const Vec3i& p, float v, std::uint32_t label) {
    const Vec3i b(floor_div(p.x, kB), floor_div(p.y, kB), floor_div(p.z, kB));
    const std::uint64_t k = key(b);
    if (k != last_key_ || !last_) {
      auto [it, fresh] = blocks_.try_emplace(k);
      if (fresh) it->second.value.fill(kOutside), it->second.label.fill(kNone);
      last_key_ = k, last_ = &it->second;
    }
    const std::size_t i = local(p, b);
    if (v < last_->value[i]) last_->value[i] = v, last_->label[i] = label;
  }
  const Block* find(const Vec3i& b) const {
    const auto it = blocks_.find(key(b));
    return it == blocks_.end() ? nullptr : &it->second;
  }
  std::vector<std::uint64_t> sorted_keys() const {
    std::vector<std::uint64_t> k;
    for (const auto& [key, block] : blocks_) k.push_back(key);
    std::sort(k.begin(), k.end());
    return k;
  }
  static std::size_t local(const Vec3i& p, const Vec3i& b) {
    return static_cast<std::size_t>((p.x - b.x * kB) + kB * ((p.y - b.y * kB) + kB * (p.z - b.z * kB)));
  }

 private:
  std::unordered_map<std::uint64_t, Block> blocks_;
  std::uint64_t last_key_ = 0;
  Block* last_ = nullptr;  // node-based map: stays valid
};

// Draws one tube: lattice points within `grid` of its surface or inside. Deep inside a fat ball is left to its shell.
void draw_tube(const Tube& tube, std::uint32_t label, double grid, SparseField& field) {
  const auto g = static_cast<float>(grid), thin = 0.87F * g;
  Tube t = tube;
  const float end = std::max(t.ra + t.dr, thin);
  t.ra = std::max(t.ra, thin), t.dr = end - t.ra;
  const Vec3f e = t.a + t.d, r(std::max(t.ra, end) + 1.8F * g);
  const Vec3f lo = min(t.a, e) - r, hi = max(t.a, e) + r;
  const auto down = [&](float v) { return static_cast<std::int64_t>(std::floor(v / g)); };
  for (std::int64_t z = down(lo.z); z <= down(hi.z) + 1; ++z)
    for (std::int64_t y = down(lo.y); y <= down(hi.y) + 1; ++y)
      for (std::int64_t x = down(lo.x); x <= down(hi.x) + 1; ++x) {
        const float depth = t.depth({static_cast<float>(x) * g, static_cast<float>(y) * g, static_cast<float>(z) * g});
        if (depth < 1.8F * g) field.lower({x, y, z}, depth, label);
      }
}

class Marcher {
 public:
  Marcher(const SparseField& field, double grid) : field_(field), grid_(grid) {}
  PhantomMesh run() {
    // cubes start in a block or in the layer before it; every cube with a value near is visited once
    std::vector<std::uint64_t> keys;
    for (const std::uint64_t k : field_.sorted_keys()) {
      const Vec3i b = SparseField::block_of(k);
      for (int n = 0; n < 8; ++n) keys.push_back(SparseField::key(b - Vec3i(n & 1, (n >> 1) & 1, n >> 2)));
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const std::uint64_t k : keys) block(SparseField::block_of(k));
    return std::move(mesh_);
  }

 private:
  void block(const Vec3i& b) {
    std::array<const SparseField::Block*, 8> near;
    for (int n = 0; n < 8; ++n) near[static_cast<std::size_t>(n)] = field_.find(b + Vec3i(n & 1, (n >> 1) & 1, n >> 2));
    for (std::int64_t z = 0; z < kB; ++z)
      for (std::int64_t y = 0; y < kB; ++y)
        for (std::int64_t x = 0; x < kB; ++x) cube(near, b, {x, y, z});
  }

  void cube(const std::array<const SparseField::Block*, 8>& near, const Vec3i& b, const Vec3i& at) {
    std::array<float, 8> v;
    std::array<std::uint32_t, 8> label;
    int mask = 0;
    for (int c = 0; c < 8; ++c) {
      const Vec3i p = at + Vec3i(c & 1, (c >> 1) & 1, c >> 2);
      const SparseField::Block* block = near[static_cast<std::size_t>((p.x / kB) | (p.y / kB) << 1 | (p.z / kB) << 2)];
      const auto i = static_cast<std::size_t>(p.x % kB + kB * (p.y % kB + kB * (p.z % kB)));
      v[static_cast<std::size_t>(c)] = block ? block->value[i] : kOutside;
      label[static_cast<std::size_t>(c)] = block ? block->label[i] : kNone;
      if (v[static_cast<std::size_t>(c)] < 0) mask |= 1 << c;
    }
    if (mask == 0 || mask == 255) return;
    for (const auto& t : detail::marching_triangles(static_cast<std::uint8_t>(mask))) {
      std::array<std::uint32_t, 3> f;
      for (std::size_t k = 0; k < 3; ++k) f[k] = vertex(b * Vec3i(kB) + at, t[k], v, label);
      mesh_.faces.push_back(f);
    }
  }

  std::uint32_t vertex(const Vec3i& corner, int edge, const std::array<float, 8>& v,
                       const std::array<std::uint32_t, 8>& label) {
    const auto [a, c] = detail::kCellEdge[static_cast<std::size_t>(edge)];
    const Vec3i p = corner + Vec3i(a & 1, (a >> 1) & 1, a >> 2), q = corner + Vec3i(c & 1, (c >> 1) & 1, c >> 2);
    const std::uint64_t axis = edge < 4 ? 0 : edge < 8 ? 1 : 2;
    const auto [it, fresh] = known_.try_emplace(SparseField::key(p), std::array<std::uint32_t, 3>{kNone, kNone, kNone});
    std::uint32_t& id = it->second[axis];
    if (id != kNone) return id;
    id = static_cast<std::uint32_t>(mesh_.vertices_nm.size());
    const float va = v[static_cast<std::size_t>(a)], vc = v[static_cast<std::size_t>(c)];
    // kept off the lattice points, so that no triangle degenerates
    const float s = std::clamp(va / (va - vc), 0.02F, 0.98F);
    mesh_.vertices_nm.push_back(Vec3f((Vec3d(p) + (Vec3d(q) - Vec3d(p)) * static_cast<double>(s)) * grid_));
    mesh_.vertex_node.push_back(va < vc ? label[static_cast<std::size_t>(a)] : label[static_cast<std::size_t>(c)]);
    return id;
  }

  const SparseField& field_;
  double grid_;
  std::unordered_map<std::uint64_t, std::array<std::uint32_t, 3>> known_;
  PhantomMesh mesh_;
};

void check(bool ok, const char* what) {
  if (!ok) throw Error(Category::usage, std::string("phantom mesh: ") + what);
}

PhantomMesh organelle_mesh(const PhantomOrganelle& o, const std::vector<PhantomTube>& tubes, double grid) {
  check(grid >= 5, "grid_nm must be at least 5");
  SparseField field;
  for (std::uint32_t k = o.first_tube; k < o.first_tube + o.n_tubes; ++k)
    draw_tube(Tube::of(tubes[k].a_nm, tubes[k].b_nm, tubes[k].ra_nm, tubes[k].rb_nm), o.node, grid, field);
  PhantomMesh m = Marcher(field, grid).run();
  m.vertex_node.clear();
  return m;
}

}  // namespace

PhantomMesh phantom_mesh_cell(const PhantomModel& model, std::uint32_t cell_idx, double grid_nm) {
  check(cell_idx < model.cells.size(), "no such cell");
  check(grid_nm >= 5, "grid_nm must be at least 5");
  const PhantomCell& c = model.cells[cell_idx];
  SparseField field;
  for (std::uint32_t i = c.first_node; i < c.first_node + c.n_nodes; ++i) {
    const PhantomNode& n = model.nodes[i];
    const PhantomNode& p = n.parent == kNone ? n : model.nodes[n.parent];
    draw_tube(Tube::of(p.position_nm, n.position_nm, n.start_radius_nm, n.radius_nm), i, grid_nm, field);
  }
  return Marcher(field, grid_nm).run();
}

PhantomMesh phantom_mesh_mito(const PhantomModel& model, std::uint32_t mito_idx, double grid_nm) {
  check(mito_idx < model.mitos.size(), "no such mitochondrion");
  return organelle_mesh(model.mitos[mito_idx], model.mito_tubes, grid_nm);
}
PhantomMesh phantom_mesh_cloud(const PhantomModel& model, std::uint32_t cloud_idx, double grid_nm) {
  check(cloud_idx < model.clouds.size(), "no such vesicle cloud");
  return organelle_mesh(model.clouds[cloud_idx], model.cloud_tubes, grid_nm);
}

PhantomMesh phantom_mesh_synapse(const PhantomModel& model, std::uint32_t synapse_idx) {
  check(synapse_idx < model.synapses.size(), "no such synapse");
  constexpr std::uint32_t kRim = 20, kRings = 3;
  constexpr double kHalf = 0.5 * phantom::kJunctionNm;
  const PhantomSynapse& y = model.synapses[synapse_idx];
  const Vec3d n = y.normal, w = cross(n, std::abs(n.z) < 0.9 ? Vec3d(0, 0, 1) : Vec3d(1, 0, 0)),
              u = w / std::sqrt(w.dot(w)), v = cross(n, u);
  PhantomMesh m;
  const auto ring = [&](double rho, double along) {
    for (std::uint32_t k = 0; k < kRim; ++k) {
      const double a = 2 * std::numbers::pi * k / kRim;
      m.vertices_nm.push_back(Vec3f(y.position_nm + (u * std::cos(a) + v * std::sin(a)) * rho + n * along));
    }
  };
  const double r = static_cast<double>(y.radius_nm);
  m.vertices_nm.push_back(Vec3f(y.position_nm + n * kHalf));
  for (std::uint32_t k = 1; k <= kRings; ++k) ring(r * k / kRings, kHalf);
  for (std::uint32_t k = kRings; k >= 1; --k) ring(r * k / kRings, -kHalf);
  m.vertices_nm.push_back(Vec3f(y.position_nm - n * kHalf));
  const std::uint32_t rings = 2 * kRings, last = 1 + rings * kRim;
  for (std::uint32_t k = 0; k < kRim; ++k) {
    const std::uint32_t j = (k + 1) % kRim;
    m.faces.push_back({0, 1 + k, 1 + j});
    for (std::uint32_t s = 0; s + 1 < rings; ++s) {
      const std::uint32_t a = 1 + s * kRim, b = a + kRim;
      m.faces.push_back({a + k, b + k, b + j});
      m.faces.push_back({a + k, b + j, a + j});
    }
    m.faces.push_back({last, 1 + (rings - 1) * kRim + j, 1 + (rings - 1) * kRim + k});
  }
  return m;
}

double phantom_mesh_volume_um3(const PhantomMesh& m) {
  double sum = 0;
  if (m.vertices_nm.empty()) return 0;
  const Vec3d o(m.vertices_nm[0]);
  for (const auto& f : m.faces) {
    const Vec3d a = Vec3d(m.vertices_nm[f[0]]) - o, b = Vec3d(m.vertices_nm[f[1]]) - o,
                c = Vec3d(m.vertices_nm[f[2]]) - o;
    sum += a.dot(cross(b, c));
  }
  return sum / 6e9;
}

double phantom_mesh_area_um2(const PhantomMesh& m) {
  double sum = 0;
  for (const auto& f : m.faces) {
    const Vec3d a(m.vertices_nm[f[0]]), n = cross(Vec3d(m.vertices_nm[f[1]]) - a, Vec3d(m.vertices_nm[f[2]]) - a);
    sum += std::sqrt(n.dot(n));
  }
  return sum / 2e6;
}

Vec3d phantom_mesh_centroid_nm(const PhantomMesh& m) {
  if (m.vertices_nm.empty()) return {};
  const Vec3d o(m.vertices_nm[0]);  // sums start near the mesh: no digits lost far from the origin
  double volume = 0;
  Vec3d moment;
  for (const auto& f : m.faces) {
    const Vec3d a = Vec3d(m.vertices_nm[f[0]]) - o, b = Vec3d(m.vertices_nm[f[1]]) - o,
                c = Vec3d(m.vertices_nm[f[2]]) - o;
    const double v = a.dot(cross(b, c));
    volume += v, moment = moment + (a + b + c) * v;
  }
  return volume > 0 ? o + moment / (4 * volume) : Vec3d{};
}

}  // namespace syconn
