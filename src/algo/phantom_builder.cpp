// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_builder.h"

#include <algorithm>

namespace syconn::phantom {

Builder::Builder(const PhantomParams& params) : p(params) {
  m.params = params;
  const Vec3d margin(2500.0);
  grid = TubeGrid(-margin, p.box_nm + margin, 400);
  reserve_grid = TubeGrid(-margin, p.box_nm + margin, 400);
}

std::uint32_t Builder::add_cell(PhantomType type) {
  PhantomCell c;
  c.type = type;
  m.cells.push_back(c);
  return static_cast<std::uint32_t>(m.cells.size() - 1);
}

std::uint32_t Builder::add_node(std::uint32_t cell, std::uint32_t parent, const Vec3d& pos, double radius,
                                double start_radius, PhantomCompartment c) {
  PhantomNode n;
  n.position_nm = Vec3f(pos);
  n.radius_nm = static_cast<float>(radius);
  n.start_radius_nm = static_cast<float>(start_radius);
  n.parent = parent;
  n.cell_idx = cell;
  n.compartment = c;
  m.nodes.push_back(n);
  const auto i = static_cast<std::uint32_t>(m.nodes.size() - 1);
  tubes.push_back(node_tube(m, i));
  grid.insert(i, tubes.back());
  return i;
}

void Builder::set_radius(std::uint32_t node, double radius, double start_radius, double myelin) {
  PhantomNode& n = m.nodes[node];
  const bool grows = radius + myelin > static_cast<double>(n.radius_nm) ||
                     start_radius + myelin > static_cast<double>(n.start_radius_nm);
  n.radius_nm = static_cast<float>(radius);
  n.start_radius_nm = static_cast<float>(start_radius);
  n.myelin_nm = static_cast<float>(myelin);
  tubes[node] = node_tube(m, node);
  if (grows) grid.insert(node, tubes[node]);
}

void Builder::reserve(const Vec3d& centre, double radius) {
  reserves.push_back(Tube::of(Vec3f(centre), Vec3f(centre), static_cast<float>(radius), static_cast<float>(radius)));
  reserve_grid.insert(static_cast<std::uint32_t>(reserves.size() - 1), reserves.back());
}

double Builder::outside_nm(const Vec3d& q) const { return max(-q, q - p.box_nm).max_element(); }
bool Builder::in_box(const Vec3d& q, double margin) const { return outside_nm(q) < -margin; }

Builder::Room Builder::room(const Vec3d& q, double r, std::uint32_t cell, double ignore_nm, double cap) const {
  Room out;
  out.gap = cap;
  const Vec3f f(q);
  const Vec3d range(std::max(r + cap, ignore_nm * 0));
  const auto ignore = static_cast<float>(ignore_nm);
  grid.visit(q - range, q + range, [&](std::uint32_t i) {
    const Tube& t = tubes[i];
    const bool own = m.nodes[i].cell_idx == cell;
    const float s = t.param(f);
    const float d = t.axis_distance(f, s), rt = t.radius_at(s);
    if (own && d < ignore + rt) return;
    const double dist = static_cast<double>(d), rj = static_cast<double>(rt);
    out.gap = std::min(out.gap, dist - rj - r);
    out.max_radius = std::min(out.max_radius, dist + rj - kMarginNm);
    if (dist < std::abs(r - rj) + kMarginNm) out.feasible = false;
  });
  reserve_grid.visit(q - range, q + range, [&](std::uint32_t i) {
    const double d = static_cast<double>(reserves[i].depth(f));
    if (d < r) out.feasible = false;
    out.gap = std::min(out.gap, d - r);
  });
  return out;
}

double Builder::emptiness(const Vec3d& q, double cap) const {
  double best = cap;
  const Vec3f f(q);
  grid.visit(q - Vec3d(cap), q + Vec3d(cap),
             [&](std::uint32_t i) { best = std::min(best, static_cast<double>(tubes[i].depth(f))); });
  return best;
}

namespace {

Vec3d normalised(const Vec3d& v) {
  const double l = std::sqrt(v.dot(v));
  return l > 0 ? v / l : Vec3d(1, 0, 0);
}

// Straight out through the nearest face.
Vec3d outward(const Builder& b, const Vec3d& q) {
  Vec3d n;
  double far = -1e18;
  for (int a = 0; a < 3; ++a)
    for (int side = 0; side < 2; ++side) {
      const double beyond = side ? q[a] - b.p.box_nm[a] : -q[a];
      if (beyond > far) far = beyond, n = Vec3d(), n[a] = side ? 1 : -1;
    }
  return n;
}

struct Choice {
  bool found = false;
  Vec3d direction;
};

// Points between the ends, near enough together that no axis slips through.
bool way_is_free(const Builder& b, const Vec3d& q, const Vec3d& d, double step, double r, std::uint32_t cell,
                 double ignore) {
  const int n = static_cast<int>(std::ceil(step / 70));
  for (int k = 1; k < n; ++k)
    if (!b.room(q + d * (step * k / n), r, cell, ignore, kMarginNm).feasible) return false;
  return true;
}

Choice choose_direction(const Builder& b, const GrowSpec& s, const Vec3d& q, const Vec3d& dir, double r, Rng& rng) {
  Choice best;
  double best_score = -1e9;
  for (int tries = 0; tries < 34; ++tries) {
    if (tries == 10 && best.found) break;  // wide search only where the narrow one found nothing
    const double sigma = tries == 0 ? 0 : tries < 10 ? s.wobble : 0.9;
    const Vec3d d =
        normalised(dir + Vec3d(rng.normal(), rng.normal(), rng.normal()) * sigma + s.target * (s.target_weight * 0.3));
    const Vec3d end = q + d * s.step_nm;
    const double ignore = 2.5 * s.step_nm + r;
    const auto here = b.room(end, r, s.cell, ignore);
    if (!here.feasible || !way_is_free(b, q, d, s.step_nm, r, s.cell, ignore)) continue;
    const auto ahead = b.room(end + d * (1.5 * s.step_nm), r, s.cell, ignore, 150);
    const double score = 0.9 * d.dot(dir) + s.target_weight * d.dot(s.target) + std::min(here.gap, 90.0) / 130 +
                         std::min(ahead.gap, 60.0) / 350 + (ahead.feasible ? 0.25 : 0);
    if (score > best_score) best_score = score, best = {true, d};
  }
  return best;
}

}  // namespace

std::vector<std::uint32_t> grow_path(Builder& b, const GrowSpec& s, Rng& rng) {
  std::vector<std::uint32_t> path;
  std::uint32_t from = s.from;
  Vec3d q(b.m.nodes[from].position_nm), dir = normalised(s.direction);
  const auto steps = static_cast<int>(std::max(1.0, std::round(s.length_nm / s.step_nm)));
  for (int k = 0; k < steps; ++k) {
    const double r0 = s.radius_nm + (s.end_radius_nm - s.radius_nm) * k / steps;
    const double r1 = s.radius_nm + (s.end_radius_nm - s.radius_nm) * (k + 1) / steps;
    const double out = b.outside_nm(q);
    if (out > r1 + 500) break;
    if (out > 0) {
      dir = outward(b, q);
    } else {
      // axons of whole cells turn back before the faces, so that arbors stay in the box
      GrowSpec local = s;
      if (!b.p.dense && s.compartment == kAxon && out > -15000)
        local.target = -outward(b, q), local.target_weight = 0.6 + out / 25000;
      // in free space nothing bends a path but this
      if (!b.p.dense) dir = normalised(dir + Vec3d(rng.normal(), rng.normal(), rng.normal()) * (0.5 * s.wobble));
      const Choice c = choose_direction(b, local, q, dir, r1, rng);
      if (!c.found) break;
      dir = c.direction;
    }
    q += dir * s.step_nm;
    from = b.add_node(s.cell, from, q, r1, r0, s.compartment);
    path.push_back(from);
  }
  return path;
}

}  // namespace syconn::phantom
