// SPDX-License-Identifier: GPL-3.0-or-later
// Dense boxes: pieces of dendrites and axons that pass through; boutons and myelin of any axon.
#include <algorithm>

#include "phantom_builder.h"

namespace syconn::phantom {
namespace {

double path_um(const Builder& b, const std::vector<std::uint32_t>& path) {
  double sum = 0;
  for (const std::uint32_t i : path) {
    const Vec3d q(b.m.nodes[i].position_nm);
    const Vec3d d = q - Vec3d(b.m.nodes[b.m.nodes[i].parent].position_nm);
    if (b.outside_nm(q) <= 0) sum += std::sqrt(d.dot(d)) / 1000;
  }
  return sum;
}

// The emptiest of some random points that has room for radius r.
bool find_seed(const Builder& b, double r, Rng& rng, Vec3d& seed) {
  double best = -1e9;
  for (int k = 0; k < 24; ++k) {
    const Vec3d q(rng.uniform() * b.p.box_nm.x, rng.uniform() * b.p.box_nm.y, rng.uniform() * b.p.box_nm.z);
    const auto room = b.room(q, r, kNone, 0, 900);
    if (room.feasible && room.gap > best) best = room.gap, seed = q;
  }
  return best > -1e8;
}

// Bundles: a slowly turning orientation of its own for each type, and a random part.
Vec3d fibre_direction(const Builder& b, PhantomType type, const Vec3d& q, Rng& rng) {
  const Vec3d field = value_noise3(mix64(b.p.seed, 0xf1b + static_cast<std::uint64_t>(type)), q, 6000);
  const Vec3d d = field * 1.2 + rng.direction() * 0.6;
  return d / std::max(1e-9, std::sqrt(d.dot(d)));
}

// One piece through `seed`, grown both ways until it leaves the box, is stuck or reaches half of `length_nm` a side.
double grow_passing(Builder& b, PhantomType type, double r, double step, double length_nm, PhantomCompartment c,
                    Rng& rng) {
  Vec3d seed;
  if (!find_seed(b, r, rng, seed)) return 0;
  const PhantomTypeParams& t = b.p.types[static_cast<std::size_t>(type)];
  const Vec3d dir = fibre_direction(b, type, seed, rng);
  const std::uint32_t cell = b.add_cell(type);
  const std::uint32_t root = b.add_node(cell, kNone, seed, r, r, c);
  const bool myelinated = c == kAxon && rng.uniform() < t.myelin_share * b.p.myelin_scale;
  double sum = 0;
  for (int side = 0; side < 2; ++side) {
    const double r1 = c == kAxon ? r : r * rng.uniform(0.75, 1.05);
    GrowSpec s{cell,
               root,
               side ? -dir : dir,
               length_nm / 2,
               step,
               r,
               r1,
               c,
               c == kAxon ? t.wobble : 0.6 * t.wobble,
               side ? -dir : dir,
               0.35};
    const auto path = grow_path(b, s, rng);
    sum += path_um(b, path);
    if (c != kAxon || path.empty()) continue;
    const bool ends_here = b.outside_nm(Vec3d(b.m.nodes[path.back()].position_nm)) <= 0;
    if (myelinated) {
      myelinate(b, cell, path, rng);
    } else {
      place_boutons(b, cell, path, ends_here, rng);
    }
  }
  return sum;
}

}  // namespace

void place_passing_dendrites(Builder& b) {
  const double volume = b.p.box_nm.product() * 1e-9;
  for (int k = 0; k < kPhantomTypes; ++k) {
    const PhantomTypeParams& t = b.p.types[static_cast<std::size_t>(k)];
    Rng rng(b.p.seed, 0xde4d, static_cast<std::uint64_t>(k));
    const double want = volume * b.p.dendrite_um_per_um3 * t.dense_dendrite_share;
    double have = 0;
    for (int tries = 0; have < want && tries < 20 + static_cast<int>(want); ++tries) {
      const double r = std::clamp(0.5 * t.dendrite_radius_nm * rng.log_normal(1, 0.25), t.dendrite_tip_radius_nm,
                                  0.9 * t.dendrite_radius_nm);
      if (want - have < 0.5 * std::cbrt(volume) && rng.uniform() > (want - have) / std::cbrt(volume)) break;
      have += grow_passing(b, static_cast<PhantomType>(k), r, std::clamp(0.7 * r, 180.0, 400.0), 80000, kShaft, rng);
    }
  }
}

void place_passing_axons(Builder& b) {
  const double volume = b.p.box_nm.product() * 1e-9;
  std::array<double, kPhantomTypes> have{};
  Rng rng(b.p.seed, 0xa804);
  double total = 0;
  const double want = volume * b.p.axon_um_per_um3;
  for (int tries = 0; total < want && tries < 200 + static_cast<int>(want); ++tries) {
    int pick = -1;  // the type that lags most behind its share
    double lag = -1e18;
    for (int k = 0; k < kPhantomTypes; ++k) {
      const double share = b.p.types[static_cast<std::size_t>(k)].dense_axon_share;
      const double behind = share * (total + 1) - have[static_cast<std::size_t>(k)];
      if (share > 0 && behind > lag) lag = behind, pick = k;
    }
    if (pick < 0) return;
    const PhantomTypeParams& t = b.p.types[static_cast<std::size_t>(pick)];
    const double grown = grow_passing(b, static_cast<PhantomType>(pick), t.axon_radius_nm * rng.log_normal(1, 0.15),
                                      200, 90000, kAxon, rng);
    have[static_cast<std::size_t>(pick)] += std::max(grown, 0.5);
    total += grown;
  }
}

void place_boutons(Builder& b, std::uint32_t cell, const std::vector<std::uint32_t>& path, bool terminal, Rng& rng) {
  const PhantomTypeParams& t = b.type_of(cell);
  const auto n = static_cast<int>(path.size());
  const double step = b.p.dense ? 200 : 300;
  const double spacing = 1000 * t.bouton_spacing_um / step;  // in nodes
  const auto swell = [&](int at, bool is_terminal) {
    const std::uint32_t node = path[static_cast<std::size_t>(at)];
    const Vec3d q(b.m.nodes[node].position_nm);
    const double axon = static_cast<double>(b.m.nodes[node].radius_nm);
    const double want = t.bouton_radius_nm * rng.log_normal(1, 0.2);
    const auto room = b.room(q, want, cell, 1500, 300);
    double r = std::min({want, room.max_radius, want + room.gap + 220});
    for (int side = -1; side <= 1; side += 2) {  // the flanks swell with it and need room as well
      if (at + side < 0 || at + side >= n) continue;
      const Vec3d flank(b.m.nodes[path[static_cast<std::size_t>(at + side)]].position_nm);
      for (int k = 1; k <= 3; ++k)
        r = std::min(r, b.room(q + (flank - q) * (k / 3.0), want, cell, 1500, 300).max_radius / (1 - 0.28 * k / 3.0));
      if (at + 2 * side < 0 || at + 2 * side >= n) continue;
      const Vec3d foot(b.m.nodes[path[static_cast<std::size_t>(at + 2 * side)]].position_nm);
      for (int k = 1; k <= 2; ++k)
        r = std::min(r,
                     std::max(1.4 * axon, b.room(flank + (foot - flank) * (k / 3.0), want, cell, 1500, 300).max_radius /
                                              (0.72 * (1 - k / 4.0))));
    }
    if (r < 1.35 * axon || r < 150) return;
    const auto radius = [&](int k) {
      return static_cast<double>(b.m.nodes[path[static_cast<std::size_t>(k)]].radius_nm);
    };
    for (int k = std::max(0, at - 1); k <= std::min(n - 1, at + 1); ++k) {
      const double rk = k == at ? r : std::max(radius(k), 0.72 * r);
      const double start = k == 0 ? static_cast<double>(b.m.nodes[path[0]].start_radius_nm) : radius(k - 1);
      b.set_radius(path[static_cast<std::size_t>(k)], rk, start);
    }
    const PhantomCompartment c = is_terminal ? kBoutonTerminal : kBoutonEnPassant;
    for (int k = at; k <= std::min(n - 1, at + 1); ++k) b.m.nodes[path[static_cast<std::size_t>(k)]].compartment = c;
    if (at + 2 < n) b.set_radius(path[static_cast<std::size_t>(at + 2)], radius(at + 2), radius(at + 1));
    b.m.boutons.push_back({cell, node, is_terminal});
  };
  double next = spacing * rng.uniform(0.2, 1.0);
  while (next + 2 < n) {
    int best = static_cast<int>(next);
    double best_room = -1e9;
    for (int k = std::max(1, best - 2); k <= std::min(n - 2, best + 2); ++k) {
      const Vec3d q(b.m.nodes[path[static_cast<std::size_t>(k)]].position_nm);
      if (!b.in_box(q, 150)) continue;
      const double room = b.room(q, t.bouton_radius_nm, cell, 1500, 300).max_radius;
      if (room > best_room) best_room = room, best = k;
    }
    if (best_room > 0) swell(best, false);
    next = best + std::max(7.0, spacing * rng.log_normal(1, 0.3));
  }
  if (terminal && n > 6 && next - spacing < n - 4) swell(n - 1, true);
}

void myelinate(Builder& b, std::uint32_t cell, const std::vector<std::uint32_t>& path, Rng& rng) {
  const PhantomTypeParams& t = b.type_of(cell);
  const bool whole = b.p.dense || rng.uniform() < t.myelin_share * b.p.myelin_scale;
  // a sheath thicker than the axon would close it: the cap of its last tube reaches into the bare axon
  const double wanted =
      std::min(t.myelin_nm * rng.log_normal(1, 0.15), 0.85 * static_cast<double>(b.m.nodes[path[0]].radius_nm));
  if (wanted < 20 || !whole) return;
  for (std::size_t k = 0; k < path.size(); ++k) {
    const PhantomNode& n = b.m.nodes[path[k]];
    const double r = static_cast<double>(n.radius_nm);
    const Vec3d to(n.position_nm), from(b.m.nodes[n.parent].position_nm);
    bool room = k % 100 != 99;  // a node of Ranvier
    for (int j = 0; j <= 3 && room; ++j)
      room = b.room(from + (to - from) * (j / 3.0), r + wanted, cell, 1500, 300).feasible;
    if (!room) continue;
    b.set_radius(path[k], r, static_cast<double>(n.start_radius_nm), wanted);
  }
}

}  // namespace syconn::phantom
