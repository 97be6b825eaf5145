// SPDX-License-Identifier: GPL-3.0-or-later
// Synapses where boutons meet spines, shafts and somata; decoy contacts.
#include <algorithm>
#include <limits>
#include <map>
#include <numbers>

#include "phantom_builder.h"
#include "phantom_local.h"

namespace syconn::phantom {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr int kRays = 64;

Vec3d normalised(const Vec3d& v) {
  const double l = std::sqrt(v.dot(v));
  return l > 0 ? v / l : Vec3d(1, 0, 0);
}

Vec3d fibonacci(int k, int n, double phase) {
  const double z = 1 - 2 * (k + 0.5) / n, r = std::sqrt(1 - z * z), a = phase + 2 * kPi * 0.618034 * k;
  return {r * std::cos(a), r * std::sin(a), z};
}

// Junctions of one cell pair that are closer are one synapse by the method's rule of agglomeration.
constexpr double kApartNm = 250;

// What the rays from one place hit: one entry a partner structure (a spine head, or a cell's shafts, necks or soma).
struct Contact {
  std::uint32_t cell = kNone, node = kNone, head = kNone;
  PhantomCompartment compartment = kUnknown;
  int hits = 0;
  Vec3d direction;
  double distance = 0;
};
struct Surroundings {
  Vec3d centre;
  std::vector<Contact> contacts;
};

// Share of the disc over which the two cells really touch.
double touching_share(const LocalPartition& local, const PhantomSynapse& y) {
  const Vec3d u = normalised(cross(y.normal, std::abs(y.normal.z) < 0.9 ? Vec3d(0, 0, 1) : Vec3d(1, 0, 0))),
              v = cross(y.normal, u);
  constexpr int kSamples = 40;
  const double r = static_cast<double>(y.radius_nm), depth = 0.5 * r + 60;
  int good = 0;
  for (int k = 0; k < kSamples; ++k) {
    const double rho = r * std::sqrt((k + 0.5) / kSamples), a = 2.399963 * k;
    const Vec3d q = y.position_nm + (u * std::cos(a) + v * std::sin(a)) * rho;
    bool touches = false;
    for (double s = -depth; s <= depth && !touches; s += 20) {
      const PhantomPoint p = local.at(q + y.normal * s);
      touches =
          p.node != kNone && local.pair(p, y.pre_cell, y.post_cell) && p.other_depth_nm - p.depth_nm < kJunctionNm;
    }
    good += touches;
  }
  return static_cast<double>(good) / kSamples;
}

class Placer {
 public:
  explicit Placer(PhantomModel& m) : m_(m), head_of_(m.nodes.size(), kNone) {
    for (std::uint32_t s = 0; s < m.spines.size(); ++s) head_of_[m.spines[s].head_node] = s;
    used_head_.assign(m.spines.size(), 0);
    boutons_of_.resize(m.cells.size());
    for (const PhantomBouton& b : m.boutons) boutons_of_[b.cell_idx].push_back(b.node);
  }
  void run();

 private:
  Surroundings look(std::uint32_t node, Rng& rng) const;
  bool add(std::uint32_t pre_node, const Surroundings& s, const Contact& c, double area, int sign, bool decoy);
  bool apart(const PhantomSynapse& y) const;
  void excitatory(std::uint32_t bouton, Rng& rng);
  void inhibitory(std::uint32_t bouton, Rng& rng);
  void shaft_targets(Rng& rng);
  void decoys(Rng& rng);
  bool clear(std::uint32_t cell, const Vec3d& at, double clearance_nm) const;
  bool decoy_at(std::uint32_t node, double clearance_nm, Rng& rng);
  bool dark_patch(std::uint32_t node, Rng& rng);
  void open_boutons(Rng& rng);
  void open_heads(Rng& rng);
  void open_shafts(Rng& rng);
  void add_open(std::uint32_t pre, std::uint32_t post, const Vec3d& at, const Vec3d& normal, double area, int sign);
  void drop();
  const PhantomTypeParams& type_of(std::uint32_t cell) const {
    return m_.params.types[static_cast<std::size_t>(m_.cells[cell].type)];
  }
  double draw_area(const PhantomTypeParams& t, Rng& rng) const { return t.synapse_area_um2 * rng.log_normal(1, 0.5); }
  double outside(const Vec3d& q) const { return max(-q, q - m_.params.box_nm).max_element(); }

  PhantomModel& m_;
  std::vector<std::uint32_t> head_of_;
  std::vector<char> used_head_;
  std::vector<std::vector<std::uint32_t>> boutons_of_;                                   ///< their nodes, by cell
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::size_t>> of_pair_;  ///< synapses of two cells
  struct Pending {
    std::uint32_t bouton;
    Surroundings s;
    Contact c;
  };
  std::array<std::vector<Pending>, kPhantomTypes> shafts_;
  std::array<int, kPhantomTypes> on_spine_{};
  std::vector<char> served_;
};

Surroundings Placer::look(std::uint32_t node, Rng& rng) const {
  const PhantomNode& n = m_.nodes[node];
  const double r = static_cast<double>(n.radius_nm);
  Surroundings out{phantom_real_position(m_, Vec3d(n.position_nm)), {}};
  const LocalPartition local(m_, out.centre, r + 350);
  const double phase = rng.uniform(0, 2 * kPi);
  std::map<std::pair<std::uint32_t, std::uint32_t>, Contact> groups;
  for (int k = 0; k < kRays; ++k) {
    const Vec3d dir = fibonacci(k, kRays, phase);
    const WallHit hit = local.find_wall(out.centre, dir, n.cell_idx, 0.2 * r, r + 300);
    if (hit.node == kNone || outside(hit.position) > 0) continue;
    const PhantomNode& other = m_.nodes[hit.node];
    const std::uint32_t spine = head_of_[hit.node];
    const std::uint32_t part = spine != kNone ? 100 + spine : static_cast<std::uint32_t>(other.compartment);
    Contact& c = groups[{other.cell_idx, part}];
    if (c.hits++ == 0) c.cell = other.cell_idx, c.node = hit.node, c.head = spine, c.compartment = other.compartment;
    c.direction += dir;
    const Vec3d d = hit.position - out.centre;
    c.distance += std::sqrt(d.dot(d));
  }
  for (auto& [key, c] : groups) {
    c.direction = normalised(c.direction), c.distance /= c.hits;
    out.contacts.push_back(c);
  }
  return out;
}

// Far enough from the other junctions, decoys among them, of its cell pair.
bool Placer::apart(const PhantomSynapse& y) const {
  const auto found = of_pair_.find(std::minmax(y.pre_cell, y.post_cell));
  if (found == of_pair_.end()) return true;
  return std::all_of(found->second.begin(), found->second.end(), [&](std::size_t i) {
    const PhantomSynapse& other = m_.synapses[i];
    const Vec3d d = y.position_nm - other.position_nm;
    return std::sqrt(d.dot(d)) > static_cast<double>(y.radius_nm + other.radius_nm) + kApartNm;
  });
}

bool Placer::add(std::uint32_t pre_node, const Surroundings& s, const Contact& c, double area, int sign, bool decoy) {
  const std::uint32_t pre_cell = m_.nodes[pre_node].cell_idx;
  const double r = static_cast<double>(m_.nodes[pre_node].radius_nm);
  const LocalPartition local(m_, s.centre, r + 350);
  const WallHit hit = local.find_wall(s.centre, c.direction, pre_cell, 0.2 * r, r + 320);
  if (hit.node == kNone || m_.nodes[hit.node].cell_idx != c.cell || outside(hit.position) > -20) return false;
  const double patch = std::sqrt(4.0 * c.hits / kRays) * c.distance;  // radius of a disc as large as what the rays saw
  PhantomSynapse y;
  y.radius_nm = static_cast<float>(std::clamp(disc_radius_nm(area), 110.0, std::max(130.0, 1.3 * patch)));
  y.pre_cell = pre_cell, y.post_cell = c.cell, y.pre_node = pre_node, y.post_node = hit.node;
  y.position_nm = hit.position;
  y.normal = local.wall_normal(hit.position, pre_cell, c.cell);
  const double touching = touching_share(local, y);
  if (touching < 0.25 || !apart(y)) return false;
  y.area_um2 = static_cast<float>(disc_area_um2(static_cast<double>(y.radius_nm) * std::sqrt(touching)));
  y.sign = static_cast<std::int8_t>(sign);
  y.pre_compartment = m_.nodes[pre_node].compartment, y.post_compartment = m_.nodes[hit.node].compartment;
  y.decoy = decoy;
  const std::uint32_t spine = head_of_[hit.node];
  y.head_volume_um3 = spine != kNone ? m_.spines[spine].head_volume_um3 : std::numeric_limits<float>::quiet_NaN();
  of_pair_[std::minmax(y.pre_cell, y.post_cell)].push_back(m_.synapses.size());
  m_.synapses.push_back(y);
  return true;
}

void Placer::excitatory(std::uint32_t bouton, Rng& rng) {
  const PhantomBouton& b = m_.boutons[bouton];
  const PhantomTypeParams& t = type_of(b.cell_idx);
  const Surroundings s = look(b.node, rng);
  const auto k = static_cast<std::size_t>(m_.cells[b.cell_idx].type);
  const Contact* shaft = nullptr;
  for (const Contact& c : s.contacts) {
    if (c.head != kNone && c.hits >= 3 && !used_head_[c.head] && c.cell != b.cell_idx &&
        add(b.node, s, c, draw_area(t, rng), 1, false)) {
      used_head_[c.head] = 1;
      served_[bouton] = 1;
      ++on_spine_[k];
    }
    const bool dendrite =
        c.compartment == kShaft && m_.cells[c.cell].type != PhantomType::astrocyte && c.cell != b.cell_idx;
    if (dendrite && c.hits >= 4 && (!shaft || c.hits > shaft->hits)) shaft = &c;
  }
  if (shaft) shafts_[k].push_back({bouton, s, *shaft});
}

// Each excitatory type gets as many shaft synapses as its spine share leaves; boutons without a spine first.
void Placer::shaft_targets(Rng& rng) {
  for (std::size_t k = 0; k < kPhantomTypes; ++k) {
    const double share = m_.params.types[k].spine_target;
    if (share <= 0) continue;
    int want = static_cast<int>(on_spine_[k] * (1 - share) / share + 0.5);
    for (int pass = 0; pass < 2; ++pass)
      for (const Pending& p : shafts_[k]) {
        if (want <= 0) break;
        if ((pass == 0) != (served_[p.bouton] == 0)) continue;
        if (!add(m_.boutons[p.bouton].node, p.s, p.c, draw_area(m_.params.types[k], rng), 1, false)) continue;
        if (pass == 0) served_[p.bouton] = 1;
        --want;
      }
  }
}

void Placer::inhibitory(std::uint32_t bouton, Rng& rng) {
  const PhantomBouton& b = m_.boutons[bouton];
  const PhantomTypeParams& t = type_of(b.cell_idx);
  const Surroundings s = look(b.node, rng);
  std::vector<std::pair<double, const Contact*>> wanted;
  for (const Contact& c : s.contacts) {
    if (c.cell == b.cell_idx || m_.cells[c.cell].type == PhantomType::astrocyte || c.hits < 4) continue;
    const double taste = c.compartment == kShaft       ? 1
                         : c.compartment == kSoma      ? 1 + t.soma_target
                         : c.compartment == kSpineHead ? t.spine_target
                                                       : 0;
    const double score = taste * c.hits * rng.uniform(0.8, 1.2);
    if (score > 0) wanted.emplace_back(score, &c);
  }
  std::stable_sort(wanted.begin(), wanted.end(), [](const auto& x, const auto& y) { return x.first > y.first; });
  for (const auto& [score, c] : wanted) {
    if (!add(b.node, s, *c, draw_area(t, rng), t.sign, false)) continue;
    served_[bouton] = 1;
    if (c->head != kNone) used_head_[c->head] = 1;
    return;
  }
}

// No bouton of the cell, with vesicles or without, reaches to within the clearance.
bool Placer::clear(std::uint32_t cell, const Vec3d& at, double clearance_nm) const {
  return std::none_of(boutons_of_[cell].begin(), boutons_of_[cell].end(), [&](std::uint32_t node) {
    const Vec3d d = Vec3d(m_.nodes[node].position_nm) - at;
    return std::sqrt(d.dot(d)) < clearance_nm + static_cast<double>(m_.nodes[node].radius_nm);
  });
}

// No neighbours to find: a dark patch on the surface.
bool Placer::dark_patch(std::uint32_t node, Rng& rng) {
  const PhantomNode& n = m_.nodes[node];
  if (n.parent == kNone) return false;
  const Vec3d side = normalised(cross(Vec3d(n.position_nm - m_.nodes[n.parent].position_nm), rng.direction()));
  const std::size_t before = m_.synapses.size();
  add_open(node, kNone, Vec3d(n.position_nm) + side * static_cast<double>(n.radius_nm), side,
           0.55 * rng.log_normal(1, 0.4), rng.uniform() < 0.5 ? 1 : -1);
  if (m_.synapses.size() > before) m_.synapses.back().decoy = true;
  return m_.synapses.size() > before;
}

bool Placer::decoy_at(std::uint32_t node, double clearance_nm, Rng& rng) {
  const PhantomNode& n = m_.nodes[node];
  if (n.compartment == kSoma || n.compartment == kSpineHead || n.compartment == kBoutonEnPassant ||
      n.compartment == kBoutonTerminal || n.myelin_nm > 0 || outside(Vec3d(n.position_nm)) > -100)
    return false;
  // The contact lies a radius away; it is asked again where it is.
  if (!clear(n.cell_idx, Vec3d(n.position_nm), clearance_nm - static_cast<double>(n.radius_nm))) return false;
  if (!m_.params.dense) return dark_patch(node, rng);
  const Surroundings s = look(node, rng);
  std::vector<const Contact*> open;
  for (const Contact& c : s.contacts) {
    const Vec3d at = s.centre + c.direction * c.distance;
    if (c.cell != n.cell_idx && c.hits >= 4 && c.head == kNone && clear(n.cell_idx, at, clearance_nm) &&
        clear(c.cell, at, clearance_nm))
      open.push_back(&c);
  }
  if (open.empty()) return false;
  const Contact& c = *open[rng.below(open.size())];
  return add(node, s, c, 0.55 * rng.log_normal(1, 0.4), rng.uniform() < 0.5 ? 1 : -1, true);
}

// Where a box has too few places that are clear, nearer ones are taken: the number of decoys is specified.
void Placer::decoys(Rng& rng) {
  const double want = 0.5 * m_.params.decoys_per_synapse * static_cast<double>(m_.synapses.size());
  int left = static_cast<int>(want + 0.5);
  for (const double share : {1.0, 0.5, 0.0})
    for (int tries = 0; left > 0 && tries < 120 * static_cast<int>(want + 1); ++tries)
      if (decoy_at(static_cast<std::uint32_t>(rng.below(m_.nodes.size())), share * kVesicleFreeNm, rng)) --left;
}

void Placer::add_open(std::uint32_t pre, std::uint32_t post, const Vec3d& at, const Vec3d& normal, double area,
                      int sign) {
  if (outside(at) > -20) return;
  PhantomSynapse y;
  y.pre_node = pre, y.post_node = post;
  if (pre != kNone) y.pre_cell = m_.nodes[pre].cell_idx, y.pre_compartment = m_.nodes[pre].compartment;
  if (post != kNone) y.post_cell = m_.nodes[post].cell_idx, y.post_compartment = m_.nodes[post].compartment;
  y.position_nm = at, y.normal = normal;
  y.radius_nm = static_cast<float>(std::max(110.0, disc_radius_nm(area)));
  y.area_um2 = static_cast<float>(disc_area_um2(static_cast<double>(y.radius_nm)));
  y.sign = static_cast<std::int8_t>(sign);
  y.head_volume_um3 = std::numeric_limits<float>::quiet_NaN();
  if (post != kNone && head_of_[post] != kNone) y.head_volume_um3 = m_.spines[head_of_[post]].head_volume_um3;
  m_.synapses.push_back(y);
}

void Placer::open_boutons(Rng& rng) {
  for (std::uint32_t k = 0; k < m_.boutons.size(); ++k) {
    const PhantomBouton& b = m_.boutons[k];
    const PhantomTypeParams& t = type_of(b.cell_idx);
    if (served_[k] || t.sign == 0 || rng.uniform() < 0.06) continue;
    const PhantomNode& n = m_.nodes[b.node];
    Vec3d axis = n.parent == kNone ? Vec3d(1, 0, 0) : Vec3d(n.position_nm - m_.nodes[n.parent].position_nm);
    const Vec3d side = normalised(cross(normalised(axis), rng.direction()));
    add_open(b.node, kNone, Vec3d(n.position_nm) + side * static_cast<double>(n.radius_nm), side, draw_area(t, rng),
             t.sign);
    served_[k] = 1;
  }
}

void Placer::open_heads(Rng& rng) {
  for (std::uint32_t s = 0; s < m_.spines.size(); ++s) {
    if (used_head_[s]) continue;
    const PhantomNode& h = m_.nodes[m_.spines[s].head_node];
    const Vec3d out = normalised(Vec3d(h.position_nm - m_.nodes[h.parent].position_nm));
    const double area = 0.7 * rng.log_normal(1, 0.5);
    add_open(kNone, m_.spines[s].head_node, Vec3d(h.position_nm) + out * static_cast<double>(h.radius_nm), -out, area,
             1);
  }
}

// Input of dendrites from axons outside the model: dense on smooth dendrites, sparse on spiny ones, some on somata.
void Placer::open_shafts(Rng& rng) {
  for (std::uint32_t i = 0; i < m_.nodes.size(); ++i) {
    const PhantomNode& n = m_.nodes[i];
    if (n.compartment != kShaft || n.parent == kNone || m_.cells[n.cell_idx].type == PhantomType::astrocyte) continue;
    const Vec3d axis(n.position_nm - m_.nodes[n.parent].position_nm);
    const bool spiny = type_of(n.cell_idx).spines_per_um > 0;
    if (rng.uniform() >= (spiny ? 0.2 : 0.75) * std::sqrt(axis.dot(axis)) / 1000) continue;
    const Vec3d side = normalised(cross(normalised(axis), rng.direction()));
    const int sign = rng.uniform() < (spiny ? 0.35 : 0.7) ? 1 : -1;
    add_open(kNone, i, Vec3d(n.position_nm) + side * static_cast<double>(n.radius_nm), -side,
             0.75 * rng.log_normal(1, 0.5), sign);
  }
}

void Placer::drop() {
  const double share = phantom_noise(m_.params.noise_level).drop_share;
  for (std::size_t i = 0; i < m_.synapses.size(); ++i) {
    m_.synapses[i].id = i + 1;
    Rng rng(m_.params.seed, 0xd209, i);
    m_.synapses[i].dropped = !m_.synapses[i].decoy && rng.uniform() < share;
  }
}

void Placer::run() {
  Rng rng(m_.params.seed, 0x5e1f);
  served_.assign(m_.boutons.size(), 0);
  for (std::uint32_t k = 0; k < m_.boutons.size(); ++k) {
    if (outside(Vec3d(m_.nodes[m_.boutons[k].node].position_nm)) > -50) continue;
    const int sign = type_of(m_.boutons[k].cell_idx).sign;
    if (sign > 0) excitatory(k, rng);
    if (sign < 0) inhibitory(k, rng);
  }
  shaft_targets(rng);
  if (!m_.params.dense) open_boutons(rng), open_heads(rng), open_shafts(rng);
  decoys(rng);
  drop();
}

}  // namespace

double disc_area_um2(double r) { return (2 * kPi * r * r + 2 * kPi * r * kJunctionNm) * 1e-6; }
double disc_radius_nm(double area_um2) {
  return 0.5 * (-kJunctionNm + std::sqrt(kJunctionNm * kJunctionNm + 4 * area_um2 * 1e6 / (2 * kPi)));
}

void place_synapses(PhantomModel& m) { Placer(m).run(); }

}  // namespace syconn::phantom
