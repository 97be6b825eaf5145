// SPDX-License-Identifier: GPL-3.0-or-later
// Astrocyte processes creep into the voids that neurites leave.
#include <algorithm>

#include "phantom_builder.h"

namespace syconn::phantom {
namespace {

constexpr double kThinNm = 46, kStepNm = 110;

Vec3d normalised(const Vec3d& v) {
  const double l = std::sqrt(v.dot(v));
  return l > 0 ? v / l : Vec3d(1, 0, 0);
}
double length(const Vec3d& v) { return std::sqrt(v.dot(v)); }

struct Void {
  Vec3d at;
  double depth;
};

// Lattice points (jittered) far from every surface, emptiest first.
std::vector<Void> find_voids(const Builder& b, double min_depth, std::uint64_t round) {
  std::vector<Void> out;
  constexpr double kPitch = 190;
  const Vec3d n = b.p.box_nm / kPitch;
  for (std::int64_t z = 0; z < static_cast<std::int64_t>(n.z); ++z)
    for (std::int64_t y = 0; y < static_cast<std::int64_t>(n.y); ++y)
      for (std::int64_t x = 0; x < static_cast<std::int64_t>(n.x); ++x) {
        Rng rng(b.p.seed, 0xa57 + round, static_cast<std::uint64_t>(z), static_cast<std::uint64_t>(y << 32 | x));
        const Vec3d q((static_cast<double>(x) + rng.uniform()) * kPitch,
                      (static_cast<double>(y) + rng.uniform()) * kPitch,
                      (static_cast<double>(z) + rng.uniform()) * kPitch);
        const double e = b.emptiness(q, 500);
        if (e > min_depth) out.push_back({q, e});
      }
  std::stable_sort(out.begin(), out.end(), [](const Void& a, const Void& c) { return a.depth > c.depth; });
  return out;
}

// Radius that fills the hole at q, within the margin's law.
double filling_radius(const Builder& b, const Vec3d& q, std::uint32_t cell, double extra) {
  const auto room = b.room(q, kThinNm, cell, 1e9, 500);
  return std::clamp(std::min(room.gap + kThinNm + extra, room.max_radius), kThinNm, 420.0);
}

std::uint32_t nearest_process(const Builder& b, const TubeGrid& own, const std::vector<std::uint32_t>& nodes,
                              const Vec3d& q, double range) {
  std::uint32_t best = kNone;
  double best_d = range;
  own.visit(q - Vec3d(range), q + Vec3d(range), [&](std::uint32_t k) {
    const double d = length(Vec3d(b.m.nodes[nodes[k]].position_nm) - q);
    if (d < best_d || (d == best_d && nodes[k] < best)) best_d = d, best = nodes[k];
  });
  return best;
}

// Steps from node `from` towards q; the places, or nothing where it gets stuck.
std::vector<Vec3d> creep(const Builder& b, std::uint32_t from, const Vec3d& goal, Rng& rng) {
  std::vector<Vec3d> way;
  Vec3d q(b.m.nodes[from].position_nm);
  const std::uint32_t cell = b.m.nodes[from].cell_idx;
  const int limit = 3 + static_cast<int>(1.7 * length(goal - q) / kStepNm);
  Vec3d last = normalised(goal - q);
  for (int k = 0; k < limit; ++k) {
    if (length(goal - q) < kStepNm) {
      if (!b.room(goal, kThinNm, cell, 1e9, kMarginNm).feasible) return {};
      way.push_back(goal);
      return way;
    }
    Vec3d best;
    double best_score = -1e9;
    for (int tries = 0; tries < 12; ++tries) {
      const Vec3d d = normalised(normalised(goal - q) + (tries ? rng.direction() * 0.9 : Vec3d()) + last * 0.2);
      if (!b.in_box(q + d * kStepNm)) continue;  // a loop outside would come back as a piece of its own
      const auto room = b.room(q + d * kStepNm, kThinNm, cell, 1e9, 120);
      if (!room.feasible || !b.room(q + d * (0.5 * kStepNm), kThinNm, cell, 1e9, kMarginNm).feasible) continue;
      const double score = d.dot(normalised(goal - q)) + room.gap / 100;
      if (score > best_score) best_score = score, best = d;
    }
    if (best_score < -1e8) return {};
    last = best;
    q += best * kStepNm;
    way.push_back(q);
  }
  return {};
}

}  // namespace

void fill_with_astrocytes(Builder& b) {
  const double volume = b.p.box_nm.product() * 1e-9;
  double budget_nm = 1000 * volume * b.p.astrocyte_um_per_um3;
  const int max_cells = 1 + static_cast<int>(volume / 900);
  TubeGrid own(Vec3d(-2500.0), b.p.box_nm + Vec3d(2500.0), 500);
  std::vector<std::uint32_t> nodes;
  const auto remember = [&](std::uint32_t node) {
    const Vec3f q = b.m.nodes[node].position_nm;
    own.insert(static_cast<std::uint32_t>(nodes.size()), q, q);
    nodes.push_back(node);
  };
  Rng rng(b.p.seed, 0xa5720);
  int cells = 0;
  for (std::uint64_t round = 0; round < 5; ++round) {
    const double min_depth = 0.8 * b.p.reach_nm;
    for (const Void& v : find_voids(b, min_depth, round)) {
      if (budget_nm <= 0) return;
      if (b.emptiness(v.at, 500) < min_depth) continue;  // filled meanwhile
      const std::uint32_t from = nearest_process(b, own, nodes, v.at, round < 2 ? 1300 : 2400);
      if (from == kNone) {
        if (cells >= max_cells) continue;
        const std::uint32_t cell = b.add_cell(PhantomType::astrocyte);
        const double r = filling_radius(b, v.at, cell, 0);
        remember(b.add_node(cell, kNone, v.at, r, r, kShaft));
        ++cells;
        continue;
      }
      const auto way = creep(b, from, v.at, rng);
      std::uint32_t at = from;
      const std::uint32_t cell = b.m.nodes[from].cell_idx;
      double r0 = kThinNm;
      for (const Vec3d& q : way) {
        const Vec3d mid = (q + Vec3d(b.m.nodes[at].position_nm)) * 0.5;
        const double r = std::min(filling_radius(b, q, cell, 15), filling_radius(b, mid, cell, 15));
        at = b.add_node(cell, at, q, r, r0, kShaft);
        remember(at);
        r0 = r;
        budget_nm -= kStepNm;
      }
    }
  }
}

}  // namespace syconn::phantom
