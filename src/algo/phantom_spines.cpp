// SPDX-License-Identifier: GPL-3.0-or-later
// Spines reach from spiny dendrites to boutons; in sparse boxes the rest of the wanted density ends freely.
#include <algorithm>
#include <numbers>

#include "phantom_builder.h"

namespace syconn::phantom {
namespace {

Vec3d normalised(const Vec3d& v) {
  const double l = std::sqrt(v.dot(v));
  return l > 0 ? v / l : Vec3d(1, 0, 0);
}
double length(const Vec3d& v) { return std::sqrt(v.dot(v)); }

struct SpinePlan {
  std::uint32_t shaft = kNone;
  Vec3d head, bend;
  double head_radius = 0, neck_radius = 0, score = -1e9;
};

// Room along the straight neck from a to b, outside the shaft.
bool neck_fits(const Builder& b, const Vec3d& from, const Vec3d& to, double skip, double r, std::uint32_t cell) {
  const Vec3d d = to - from;
  const double l = length(d);
  const int n = std::max(2, static_cast<int>(l / 45));
  for (int k = 0; k <= n; ++k)
    if (l * k / n > skip && !b.room(from + d * (static_cast<double>(k) / n), r, cell, 700, kMarginNm + 10).feasible)
      return false;
  return true;
}

// Spiny shaft nodes near q, nearest surface first, at most `n`.
std::vector<std::uint32_t> shafts_near(const Builder& b, const Vec3d& q, double range, const std::vector<int>& load,
                                       std::size_t n) {
  std::vector<std::pair<double, std::uint32_t>> near;
  const Vec3f f(q);
  b.grid.visit(q - Vec3d(range), q + Vec3d(range), [&](std::uint32_t i) {
    const PhantomNode& node = b.m.nodes[i];
    if (node.compartment != kShaft || node.parent == kNone || b.type_of(node.cell_idx).spines_per_um <= 0 ||
        load[i] >= 2)
      return;
    if (!b.in_box(Vec3d(node.position_nm), 50)) return;
    const Vec3d d = Vec3d(node.position_nm) - q;
    const double surface = length(d) - static_cast<double>(node.radius_nm);
    if (surface > 80 && surface < range) near.push_back({surface + 250 * load[i], i});
  });
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::uint32_t> out;
  for (std::size_t k = 0; k < near.size() && out.size() < n; ++k) out.push_back(near[k].second);
  return out;
}

// Best spine from `shaft` to a contact with the ball (centre, r): tries head places on the ball's near side.
void plan_spine(const Builder& b, std::uint32_t shaft, const Vec3d& centre, double r, Rng& rng, SpinePlan& best) {
  const PhantomNode& node = b.m.nodes[shaft];
  const PhantomTypeParams& t = b.type_of(node.cell_idx);
  const Vec3d base(node.position_nm);
  const double shrink = best.shaft == kNone ? rng.uniform(0.8, 1.0) : 1.0;  // smaller where nothing fitted yet
  const double head_r = std::clamp(0.5 * t.head_width_nm * rng.log_normal(1, 0.22), 160.0, 400.0) * shrink;
  const double neck_r = std::clamp(0.5 * t.neck_width_nm * rng.log_normal(1, 0.2), 43.0, 98.0);
  for (int tries = 0; tries < 22; ++tries) {
    const Vec3d dir = normalised(normalised(base - centre) + rng.direction() * (tries < 2 ? 0.2 : 0.8));
    const Vec3d head = centre + dir * (r + head_r - 0.95 * std::min(r, head_r));
    const double reach = length(head - base) - static_cast<double>(node.radius_nm);
    if (reach < head_r * 0.6 || !b.in_box(head, 100)) continue;
    const auto room = b.room(head, head_r, node.cell_idx, 0, 300);
    if (!room.feasible) continue;
    const double score = -reach / 600 + std::min(room.gap + 100, 120.0) / 200;
    if (score < best.score) continue;
    const Vec3d bend = base + (head - base) * 0.5 + rng.direction() * (0.12 * reach);
    const double skip = static_cast<double>(node.radius_nm) - 50;
    if (!neck_fits(b, base, bend, skip, neck_r, node.cell_idx) ||
        !neck_fits(b, bend, head, std::max(0.0, skip - length(bend - base)), neck_r, node.cell_idx))
      continue;
    best = {shaft, head, bend, head_r, neck_r, score};
  }
}

void build_spine(Builder& b, const SpinePlan& s) {
  const PhantomNode shaft = b.m.nodes[s.shaft];
  const Vec3d base(shaft.position_nm), axis = normalised(s.head - s.bend);
  const std::uint32_t cell = shaft.cell_idx;
  const double r = s.neck_radius;
  // the neck is two tubes or more, so that a cut can fall in its middle, outside the shaft
  const Vec3d exit = base + normalised(s.bend - base) *
                                std::min(static_cast<double>(shaft.radius_nm) + 30, 0.8 * length(s.bend - base));
  const std::uint32_t n0 = b.add_node(cell, s.shaft, exit, r, r, kSpineNeck);
  const std::uint32_t n1 = b.add_node(cell, n0, s.bend, r, r, kSpineNeck);
  const std::uint32_t n2 = b.add_node(cell, n1, s.head - axis * (0.45 * s.head_radius), r, r, kSpineNeck);
  const std::uint32_t h = b.add_node(cell, n2, s.head, s.head_radius, 0.75 * s.head_radius, kSpineHead);
  const double r0 = 0.75 * s.head_radius, r1 = s.head_radius, len = 0.45 * s.head_radius;
  // half ball in front, the frustum, and a half ball behind
  const double volume =
      std::numbers::pi * (len / 3 * (r0 * r0 + r0 * r1 + r1 * r1) + 2.0 / 3 * (r1 * r1 * r1 + r0 * r0 * r0));
  b.m.spines.push_back({cell, n0, n1, h, static_cast<float>(2 * r), static_cast<float>(volume * 1e-9)});
}

std::vector<std::uint32_t> shuffled(std::size_t n, Rng& rng) {
  std::vector<std::uint32_t> order(n);
  for (std::size_t i = 0; i < n; ++i) order[i] = static_cast<std::uint32_t>(i);
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

void spines_to_boutons(Builder& b, std::vector<int>& load, Rng& rng) {
  for (const std::uint32_t k : shuffled(b.m.boutons.size(), rng)) {
    const PhantomBouton bouton = b.m.boutons[k];
    const PhantomTypeParams& t = b.type_of(bouton.cell_idx);
    const double wish = rng.uniform();
    if (wish >= (t.sign > 0 ? 0.96 : t.spine_target)) continue;
    const int spines = t.sign > 0 && wish < 0.34 ? 2 : 1;
    const Vec3d centre(b.m.nodes[bouton.node].position_nm);
    const double r = static_cast<double>(b.m.nodes[bouton.node].radius_nm);
    if (!b.in_box(centre, 100)) continue;
    for (int j = 0; j < spines; ++j) {
      SpinePlan best;
      for (const std::uint32_t shaft : shafts_near(b, centre, r + 2200, load, 9))
        if (b.m.nodes[shaft].cell_idx != bouton.cell_idx) plan_spine(b, shaft, centre, r, rng, best);
      if (best.shaft == kNone) break;
      ++load[best.shaft];
      load.resize(b.m.nodes.size() + 4, 0);
      build_spine(b, best);
      const Vec3d d = normalised(best.head - centre);
      b.reserve(centre + d * (r - 0.47 * std::min(r, best.head_radius)), 160);
    }
  }
}

// Sparse boxes: spines whose bouton belongs to no modelled axon.
void free_spines(Builder& b, std::vector<int>& load, Rng& rng) {
  const auto n = static_cast<std::uint32_t>(b.m.nodes.size());
  std::vector<double> credit(b.m.cells.size(), 0);
  for (std::uint32_t i = 0; i < n; ++i) {
    const PhantomNode node = b.m.nodes[i];
    if (node.compartment != kShaft || node.parent == kNone || !b.in_box(Vec3d(node.position_nm), 1500)) continue;
    const PhantomTypeParams& t = b.type_of(node.cell_idx);
    const Vec3d axis = Vec3d(node.position_nm) - Vec3d(b.m.nodes[node.parent].position_nm);
    credit[node.cell_idx] += t.spines_per_um * length(axis) / 1000 - load[i];
    for (int tries = 0; credit[node.cell_idx] > rng.uniform(0.3, 1.2) && tries < 3; ++tries) {
      const Vec3d side = normalised(cross(axis, rng.direction()));
      const double len = t.neck_length_nm * rng.log_normal(1, 0.35);
      const Vec3d ball = Vec3d(node.position_nm) + side * (static_cast<double>(node.radius_nm) + len + 500);
      SpinePlan best;
      plan_spine(b, i, ball, 250, rng, best);
      if (best.shaft == kNone) continue;
      build_spine(b, best);
      credit[node.cell_idx] -= 1;
    }
  }
}

}  // namespace

void place_spines(Builder& b) {
  Rng rng(b.p.seed, 0x5b1e);
  std::vector<int> load(b.m.nodes.size() + 4, 0);
  spines_to_boutons(b, load, rng);
  if (!b.p.dense) free_spines(b, load, rng);
}

}  // namespace syconn::phantom
