// SPDX-License-Identifier: GPL-3.0-or-later
// Whole cells: soma, dendrite trees, axon trees.
#include <algorithm>
#include <deque>

#include "phantom_builder.h"

namespace syconn::phantom {
namespace {

constexpr double kTau = 6.283185307179586;

Vec3d normalised(const Vec3d& v) {
  const double l = std::sqrt(v.dot(v));
  return l > 0 ? v / l : Vec3d(1, 0, 0);
}

// k-th of n directions spread evenly over the sphere, jittered.
Vec3d spread_direction(int k, int n, double phase, Rng& rng) {
  const double z = 1 - 2 * (k + 0.5) / n, r = std::sqrt(1 - z * z), a = phase + kTau * 0.618034 * k;
  return normalised(Vec3d(r * std::cos(a), r * std::sin(a), z) +
                    Vec3d(rng.normal(), rng.normal(), rng.normal()) * 0.18);
}

// A daughter's direction: `angle` off the parent's, at a random or opposite azimuth.
Vec3d tilt(const Vec3d& dir, double angle, double azimuth) {
  const Vec3d u = normalised(cross(dir, std::abs(dir.z) < 0.9 ? Vec3d(0, 0, 1) : Vec3d(1, 0, 0))), v = cross(dir, u);
  return dir * std::cos(angle) + (u * std::cos(azimuth) + v * std::sin(azimuth)) * std::sin(angle);
}

struct Tip {
  std::uint32_t node;
  Vec3d direction;
  double remaining_nm, radius_nm, path_nm;
};

Vec3d direction_of(const Builder& b, const std::vector<std::uint32_t>& path) {
  const PhantomNode& n = b.m.nodes[path.back()];
  const Vec3f from = b.m.nodes[path.size() > 2 ? path[path.size() - 3] : n.parent].position_nm;
  return normalised(Vec3d(n.position_nm - from));
}

void branch(std::deque<Tip>& tips, const Tip& end, double radius_factor, double angle, Rng& rng) {
  const double azimuth = rng.uniform(0, kTau);
  for (int side = 0; side < 2; ++side) {
    Tip t = end;
    t.direction = tilt(end.direction, angle * rng.uniform(0.6, 1.3), azimuth + side * kTau / 2);
    t.radius_nm *= radius_factor;
    tips.push_back(t);
  }
}

void grow_dendrite_tree(Builder& b, std::uint32_t cell, std::uint32_t stem, const Vec3d& dir, double length_nm,
                        double radius_nm, Rng& rng) {
  const PhantomTypeParams& t = b.type_of(cell);
  std::deque<Tip> tips{{stem, dir, length_nm, radius_nm, 0}};
  while (!tips.empty()) {
    const Tip tip = tips.front();
    tips.pop_front();
    const double section = std::min(tip.remaining_nm, 1000 * t.dendrite_branch_um * rng.uniform(0.4, 1.6));
    const double r1 = std::max(t.dendrite_tip_radius_nm,
                               tip.radius_nm - (tip.radius_nm - t.dendrite_tip_radius_nm) * section / tip.remaining_nm);
    GrowSpec s{cell,
               tip.node,
               tip.direction,
               section,
               std::clamp(0.8 * tip.radius_nm, 180.0, 500.0),
               tip.radius_nm,
               r1,
               kShaft,
               t.wobble * 0.6,
               {},
               0};
    const auto path = grow_path(b, s, rng);
    const double left = tip.remaining_nm - section;
    if (path.empty() || left < 4000 || b.outside_nm(Vec3d(b.m.nodes[path.back()].position_nm)) > 0) continue;
    branch(tips, {path.back(), direction_of(b, path), left, std::max(r1, t.dendrite_tip_radius_nm), 0}, 0.8, 0.6, rng);
  }
}

// A bouton where the axon forks and goes on is none that ends it.
void name_passed_boutons(Builder& b, std::size_t first_node, std::size_t first_bouton) {
  for (std::size_t i = first_node; i < b.m.nodes.size(); ++i) {
    PhantomNode& parent = b.m.nodes[b.m.nodes[i].parent];
    if (parent.compartment == kBoutonTerminal) parent.compartment = kBoutonEnPassant;
  }
  for (std::size_t k = first_bouton; k < b.m.boutons.size(); ++k)
    b.m.boutons[k].terminal = b.m.nodes[b.m.boutons[k].node].compartment == kBoutonTerminal;
}

void grow_axon_tree(Builder& b, std::uint32_t cell, std::uint32_t stem, const Vec3d& dir, double length_nm,
                    double initial_nm, Rng& rng) {
  const PhantomTypeParams& t = b.type_of(cell);
  const double r = t.axon_radius_nm * rng.log_normal(1, 0.12);
  const double step = b.p.dense ? 200 : 300;
  std::deque<Tip> tips{{stem, dir, length_nm, r, 0}};
  double budget = length_nm;
  const std::size_t first_node = b.m.nodes.size(), first_bouton = b.m.boutons.size();
  while (!tips.empty() && budget > 0) {
    const Tip tip = tips.front();
    tips.pop_front();
    const bool initial = tip.path_nm < initial_nm;
    const double section =
        std::min(budget, initial ? initial_nm : std::max(4000.0, 1000 * t.axon_branch_um * rng.uniform(0.3, 1.7)));
    GrowSpec s{cell, tip.node, tip.direction, section, step, r, r, kAxon, t.wobble, {}, 0};
    const auto path = grow_path(b, s, rng);
    if (path.empty()) continue;
    const double grown = step * static_cast<double>(path.size());
    budget -= grown;
    const bool out = b.outside_nm(Vec3d(b.m.nodes[path.back()].position_nm)) > 0;
    const bool last = out || budget <= 0 || grown < section * 0.9;
    if (initial) {
      myelinate(b, cell, path, rng);
    } else {
      place_boutons(b, cell, path, !out && rng.uniform() < t.terminal_share, rng);
    }
    if (!last)
      branch(tips, {path.back(), direction_of(b, path), 1, r, tip.path_nm + grown}, 1, initial ? 0.35 : 0.7, rng);
  }
  name_passed_boutons(b, first_node, first_bouton);
}

// A stem that leaves the soma: its first tube starts at the centre and lies inside.
std::uint32_t add_stem(Builder& b, std::uint32_t cell, std::uint32_t soma, const Vec3d& dir, double radius,
                       PhantomCompartment c) {
  const PhantomCell& k = b.m.cells[cell];
  return b.add_node(cell, soma, k.soma_nm + dir * (k.soma_radius_nm + 0.4 * radius), radius, radius * 1.5, c);
}

void grow_cell(Builder& b, PhantomType type, const Vec3d& centre, std::uint64_t key) {
  Rng rng(b.p.seed, 0x50a, key);
  const PhantomTypeParams& t = b.p.types[static_cast<std::size_t>(type)];
  const std::uint32_t cell = b.add_cell(type);
  PhantomCell& c = b.m.cells[cell];
  c.has_soma = true, c.soma_nm = centre;
  c.soma_radius_nm =
      t.soma_radius_nm * rng.log_normal(1, 0.08) * (b.p.dense ? std::min(1.0, b.p.box_nm.min_element() / 16800) : 1.0);
  const std::uint32_t soma = b.add_node(cell, kNone, centre, c.soma_radius_nm, c.soma_radius_nm, kSoma);
  const int n = std::max(1, t.n_dendrites + static_cast<int>(rng.below(3)) - 1);
  const double phase = rng.uniform(0, kTau);
  for (int k = 0; k < n + 1; ++k) {
    const Vec3d dir = spread_direction(k, n + 1, phase, rng);
    if (k == n) {
      if (t.axon_length_um <= 0) break;
      const std::uint32_t stem = add_stem(b, cell, soma, dir, 1.3 * t.axon_radius_nm, kAxon);
      grow_axon_tree(b, cell, stem, dir, 1000 * t.axon_length_um * rng.log_normal(1, 0.15), 25000, rng);
    } else {
      const double r = t.dendrite_radius_nm * rng.log_normal(1, 0.15);
      const std::uint32_t stem = add_stem(b, cell, soma, dir, r, kShaft);
      grow_dendrite_tree(b, cell, stem, dir, 1000 * t.dendrite_length_um * rng.log_normal(1, 0.15), r, rng);
    }
  }
}

// An axon that enters through a random point of a random face.
void grow_afferent(Builder& b, PhantomType type, std::uint64_t key) {
  Rng rng(b.p.seed, 0xaff, key);
  const PhantomTypeParams& t = b.p.types[static_cast<std::size_t>(type)];
  const std::uint32_t cell = b.add_cell(type);
  const int axis = static_cast<int>(rng.below(3));
  const bool far = rng.below(2) != 0;
  Vec3d q(rng.uniform(0.1, 0.9) * b.p.box_nm.x, rng.uniform(0.1, 0.9) * b.p.box_nm.y,
          rng.uniform(0.1, 0.9) * b.p.box_nm.z),
      dir;
  q[axis] = far ? b.p.box_nm[axis] - 100 : 100.0;
  dir[axis] = far ? -1 : 1;
  const std::uint32_t root = b.add_node(cell, kNone, q, t.axon_radius_nm, t.axon_radius_nm, kAxon);
  grow_axon_tree(b, cell, root, dir, 1000 * t.axon_length_um * rng.log_normal(1, 0.2), 12000, rng);
}

std::vector<PhantomType> draw_types(const Builder& b, int n, Rng& rng) {
  double sum = 0;
  for (const auto& t : b.p.types) sum += t.cell_share;
  std::vector<PhantomType> out;
  for (int i = 0; i < n; ++i) {  // stratified, so that small numbers hold every type
    double u = (i + rng.uniform()) / n * sum;
    int k = 0;
    while (k + 1 < kPhantomTypes && u >= b.p.types[static_cast<std::size_t>(k)].cell_share)
      u -= b.p.types[static_cast<std::size_t>(k++)].cell_share;
    out.push_back(static_cast<PhantomType>(k));
  }
  return out;
}

// A centre with room for a soma; far from the faces where the box allows.
Vec3d soma_place(const Builder& b, double radius, Rng& rng) {
  Vec3d best;
  double best_room = -1e18;
  for (int tries = 0; tries < 60; ++tries) {
    const Vec3d q(rng.uniform() * b.p.box_nm.x, rng.uniform() * b.p.box_nm.y, rng.uniform() * b.p.box_nm.z);
    const auto room = b.room(q, radius, kNone, 0, 1500);
    const double inside = std::min(-b.outside_nm(q), 2 * radius);
    const double score = (room.feasible ? 0 : -1e9) + std::min(room.gap, 500.0) + (b.p.dense ? 0.2 : 0.5) * inside;
    if (score > best_room) best_room = score, best = q;
  }
  return best;
}

int dense_somata(const PhantomParams& p) {
  if (p.n_somata >= 0) return p.n_somata;
  const int n = static_cast<int>(p.box_nm.product() * 1e-12 * p.soma_per_1000um3 + 0.5);
  return p.box_nm.min_element() >= 9000 ? std::max(1, n) : n;
}

}  // namespace

void place_whole_cells(Builder& b) {
  Rng rng(b.p.seed, 0xce11);
  const int n = b.p.dense ? dense_somata(b.p) : b.p.n_cells;
  const auto types = draw_types(b, n, rng);
  for (int i = 0; i < n; ++i) {
    PhantomType type = types[static_cast<std::size_t>(i)];
    const bool afferent = b.p.types[static_cast<std::size_t>(type)].soma_radius_nm <= 0;
    if (afferent && b.p.dense) type = PhantomType::spiny_exc;  // dense boxes get their afferents as passing axons
    if (afferent && !b.p.dense) {
      grow_afferent(b, type, static_cast<std::uint64_t>(i));
    } else {
      grow_cell(b, type, soma_place(b, b.p.types[static_cast<std::size_t>(type)].soma_radius_nm, rng),
                static_cast<std::uint64_t>(i));
    }
  }
}

}  // namespace syconn::phantom
