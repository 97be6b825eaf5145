// SPDX-License-Identifier: GPL-3.0-or-later
// Mitochondria along neurites and in somata, vesicle clouds in boutons.
#include <algorithm>
#include <numbers>

#include "phantom_builder.h"

namespace syconn::phantom {
namespace {

constexpr double kTouchingNm = 400;  // between the axes of two that touch, about their two radii

double length(const Vec3d& v) { return std::sqrt(v.dot(v)); }
Vec3d normalised(const Vec3d& v) {
  const double l = length(v);
  return l > 0 ? v / l : Vec3d(1, 0, 0);
}

bool near_box(const PhantomModel& m, const Vec3d& q, double margin) {
  return max(-q, q - m.params.box_nm).max_element() < margin;
}

void add_tube(std::vector<PhantomOrganelle>& objects, std::vector<PhantomTube>& tubes, const Vec3d& a, const Vec3d& b,
              double ra, double rb) {
  const auto object = static_cast<std::uint32_t>(objects.size() - 1);
  tubes.push_back({Vec3f(a), Vec3f(b), static_cast<float>(ra), static_cast<float>(rb), object});
}

// State of the walk along a tree: a run with or without a mitochondrion, and how much of it is left.
struct Run {
  double left_nm = 0;
  std::uint32_t object = kNone;  ///< kNone: a run without
  Vec3d offset;                  ///< of the organelle's axis from the neurite's, over the free radius
  double skip_nm = 0;            ///< until the mitochondrion's axis begins
};

class MitoWalk {
 public:
  explicit MitoWalk(PhantomModel& m) : m_(m), run_(m.nodes.size()), taken_(m.nodes.size(), 0) {}
  void run() {
    for (std::uint32_t c = 0; c < m_.cells.size(); ++c) walk(c);
    for (auto& p : pieces_) {  // tubes of an object become contiguous
      p.object.id = m_.mitos.size() + 1;
      p.object.first_tube = static_cast<std::uint32_t>(m_.mito_tubes.size());
      p.object.n_tubes = static_cast<std::uint32_t>(p.tubes.size());
      for (auto& t : p.tubes) t.object_idx = static_cast<std::uint32_t>(m_.mitos.size()), m_.mito_tubes.push_back(t);
      m_.mitos.push_back(p.object);
    }
  }

 private:
  struct Piece {
    PhantomOrganelle object;
    std::vector<PhantomTube> tubes;
  };

  void walk(std::uint32_t cell) {
    const PhantomCell& c = m_.cells[cell];
    Rng rng(m_.params.seed, 0x317, c.id);
    const PhantomTypeParams& t = m_.params.types[static_cast<std::size_t>(c.type)];
    for (std::uint32_t i = c.first_node; i < c.first_node + c.n_nodes; ++i) {
      const PhantomNode& n = m_.nodes[i];
      if (n.compartment == kSoma) soma(i, t, rng);
      if (n.parent == kNone || n.compartment == kSoma) {
        run_[i].left_nm = rng.uniform(0, 2000);
        continue;
      }
      if (n.compartment == kSpineHead || n.compartment == kSpineNeck) continue;
      step(i, t, rng);
    }
  }

  void begin_run(Run& r, std::uint32_t i, const PhantomTypeParams& t, Rng& rng) {
    const PhantomNode& n = m_.nodes[i];
    const bool dendrite = n.compartment == kShaft;
    const bool bouton = n.compartment == kBoutonEnPassant || n.compartment == kBoutonTerminal;
    const bool was_on = r.object != kNone;
    const double share = m_.params.mito_scale * (dendrite ? t.mito_dendrite
                                                 : bouton ? t.mito_axon
                                                          : 0.18 * t.mito_axon);
    const double on_nm = (dendrite ? 2200 : 900) * rng.log_normal(1, 0.45);
    const bool touching = was_on && dendrite && rng.uniform() < 0.12;
    r.offset = rng.direction();
    r.skip_nm = was_on ? kTouchingNm : 0;  // the rounded ends of the two touch
    const bool on = dendrite ? (!was_on || touching) && share > 0 : rng.uniform() < share;
    if (on) {
      r.left_nm = on_nm;
      r.object = static_cast<std::uint32_t>(pieces_.size());
      pieces_.push_back({});
      pieces_.back().object.cell_idx = n.cell_idx, pieces_.back().object.node = i;
    } else {
      r.object = kNone;
      r.left_nm =
          dendrite ? 2400 * (1 - std::min(0.95, share)) / std::max(0.05, std::min(0.95, share)) * rng.log_normal(1, 0.4)
          : bouton ? 500
                   : 350;
    }
  }

  void step(std::uint32_t i, const PhantomTypeParams& t, Rng& rng) {
    const PhantomNode& n = m_.nodes[i];
    Run r = run_[n.parent];
    if (taken_[n.parent]++) r = {rng.uniform(500, 2500), kNone, {}, 0};  // a mitochondrion goes on in one branch only
    if (r.left_nm <= 0) begin_run(r, i, t, rng);
    const Vec3d a(m_.nodes[n.parent].position_nm), b(n.position_nm);
    const double step_nm = length(b - a), begin = step_nm > 0 ? std::min(1.0, r.skip_nm / step_nm) : 1;
    r.left_nm -= step_nm, r.skip_nm = std::max(0.0, r.skip_nm - step_nm);
    run_[i] = r;
    if (begin >= 1) return;
    if (r.object == kNone || !near_box(m_, b, 600)) return;
    const auto tube = [&](double radius, double& rm) {
      const double room = radius + 25;  // walls lie a little outside the nominal surface
      rm = std::clamp(t.mito_radius * room, std::min(80.0, room - 24), 260.0);
      return std::max(0.0, room - rm - 45) * 0.6;
    };
    double ra, rb;
    const double oa = tube(static_cast<double>(n.start_radius_nm), ra), ob = tube(static_cast<double>(n.radius_nm), rb);
    auto& piece = pieces_[r.object];
    piece.tubes.push_back({Vec3f(a + (b - a) * begin + r.offset * oa), Vec3f(b + r.offset * ob), static_cast<float>(ra),
                           static_cast<float>(rb), 0});
  }

  void soma(std::uint32_t i, const PhantomTypeParams& t, Rng& rng) {
    const PhantomNode& n = m_.nodes[i];
    const double r = static_cast<double>(n.radius_nm);
    const int count = static_cast<int>(m_.params.mito_scale * 0.055 * 4.19 * r * r * r * 0.66 / 2.2e8);
    for (int k = 0; k < count; ++k) {
      const Vec3d dir = rng.direction(), along = normalised(cross(dir, rng.direction()));
      const Vec3d mid = Vec3d(n.position_nm) + dir * (r * rng.uniform(0.74, 0.9));
      const double half = 400 * rng.log_normal(1, 0.4), rm = 210 * t.mito_radius / 0.42 * rng.log_normal(1, 0.12);
      if (!near_box(m_, mid, 1000)) continue;
      pieces_.push_back({});
      auto& p = pieces_.back();
      p.object.cell_idx = n.cell_idx, p.object.node = i;
      p.tubes.push_back(
          {Vec3f(mid - along * half), Vec3f(mid + along * half), static_cast<float>(rm), static_cast<float>(rm), 0});
    }
  }

  PhantomModel& m_;
  std::vector<Run> run_;
  std::vector<std::uint32_t> taken_;  ///< children that a node's run has been handed to
  std::vector<Piece> pieces_;
};

void drop_empty(std::vector<PhantomOrganelle>& objects, std::vector<PhantomTube>& tubes) {
  std::vector<PhantomOrganelle> kept;
  for (auto o : objects) {
    if (o.n_tubes == 0) continue;
    o.id = kept.size() + 1;
    for (std::uint32_t t = o.first_tube; t < o.first_tube + o.n_tubes; ++t)
      tubes[t].object_idx = static_cast<std::uint32_t>(kept.size());
    kept.push_back(o);
  }
  objects = std::move(kept);
}

// A cloud at a node, pushed `toward` the membrane; two balls make it uneven.
void add_cloud(PhantomModel& m, std::uint32_t node, const Vec3d& toward, double radius, bool decoy, Rng& rng) {
  const PhantomNode& n = m.nodes[node];
  PhantomOrganelle o;
  o.id = m.clouds.size() + 1, o.cell_idx = n.cell_idx, o.node = node, o.decoy = decoy;
  o.first_tube = static_cast<std::uint32_t>(m.cloud_tubes.size()), o.n_tubes = 2;
  m.clouds.push_back(o);
  const Vec3d c = Vec3d(n.position_nm) + toward * (0.45 * radius);
  const Vec3d side = normalised(cross(toward, rng.direction())) * (0.45 * radius);
  add_tube(m.clouds, m.cloud_tubes, c - side, c + side, radius * 0.9, radius * 0.8);
  add_tube(m.clouds, m.cloud_tubes, c, c + toward * (0.5 * radius), radius * 0.85, radius * 0.5);
}

// No cloud reaches to `reach_nm` of the position: two that overlap would be one to anyone.
bool alone(const PhantomModel& m, const Vec3d& position, double reach_nm) {
  return std::none_of(m.cloud_tubes.begin(), m.cloud_tubes.end(), [&](const PhantomTube& t) {
    return length(Vec3d(t.a_nm) - position) < reach_nm + 1.5 * static_cast<double>(t.ra_nm);
  });
}

// Centres of the decoy contacts, by cell.
std::vector<std::vector<Vec3d>> dark_contacts(const PhantomModel& m) {
  std::vector<std::vector<Vec3d>> of_cell(m.cells.size());
  for (const PhantomSynapse& s : m.synapses)
    for (const std::uint32_t cell : {s.pre_cell, s.post_cell})
      if (s.decoy && cell != kNone) of_cell[cell].push_back(s.position_nm);
  return of_cell;
}

}  // namespace

void place_mitochondria(PhantomModel& m) {
  MitoWalk(m).run();
  drop_empty(m.mitos, m.mito_tubes);
}

void place_clouds(PhantomModel& m) {
  Rng rng(m.params.seed, 0xc10);
  std::vector<Vec3d> toward(m.nodes.size());
  std::vector<char> synaptic(m.nodes.size(), 0);
  std::size_t truth = 0;
  for (const auto& s : m.synapses) {
    if (s.decoy) continue;
    ++truth;
    if (s.pre_node == kNone) continue;
    synaptic[s.pre_node] = 1;
    toward[s.pre_node] += s.normal;
  }
  const auto fill = [&](const PhantomNode& n) {
    return m.params.types[static_cast<std::size_t>(m.cells[n.cell_idx].type)].vesicle_fill;
  };
  std::vector<std::uint32_t> silent;
  for (const auto& b : m.boutons) {
    const PhantomNode& n = m.nodes[b.node];
    if (!near_box(m, Vec3d(n.position_nm), 400)) continue;
    if (!synaptic[b.node]) {
      silent.push_back(b.node);
    } else {
      add_cloud(m, b.node, normalised(toward[b.node]), fill(n) * static_cast<double>(n.radius_nm), false, rng);
    }
  }
  auto want = static_cast<std::size_t>(0.5 * m.params.decoys_per_synapse * static_cast<double>(truth) + 0.5);
  for (std::size_t i = silent.size(); i > 1; --i) std::swap(silent[i - 1], silent[rng.below(i)]);
  for (std::size_t k = 0; k < silent.size() && want > 0; ++k, --want)
    add_cloud(m, silent[k], rng.direction(),
              fill(m.nodes[silent[k]]) * static_cast<double>(m.nodes[silent[k]].radius_nm), true, rng);
  const std::vector<std::vector<Vec3d>> dark = dark_contacts(m);
  for (int tries = 0; want > 0 && tries < 100000 && !m.nodes.empty(); ++tries) {
    const auto i = static_cast<std::uint32_t>(rng.below(m.nodes.size()));
    const PhantomNode& n = m.nodes[i];
    const double radius = std::max(130.0, 0.9 * static_cast<double>(n.radius_nm));
    if (n.compartment != kAxon || n.myelin_nm > 0 || !near_box(m, Vec3d(n.position_nm), -100)) continue;
    if (m.params.dense && !alone(m, Vec3d(n.position_nm), 2 * radius)) continue;
    const auto near = [&](const Vec3d& at) { return length(at - Vec3d(n.position_nm)) < kVesicleFreeNm + radius; };
    if (std::any_of(dark[n.cell_idx].begin(), dark[n.cell_idx].end(), near)) continue;
    add_cloud(m, i, rng.direction(), radius, true, rng);
    --want;
  }
}

}  // namespace syconn::phantom
