// SPDX-License-Identifier: GPL-3.0-or-later
// A known dependence of the synapses' sizes on the mitochondria, for tests of analyses.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "phantom_builder.h"
#include "syconn/core/error.h"

namespace syconn::phantom {
namespace {

constexpr int kSteps = 512;  ///< strengths that are tried

/// An output synapse on an axon.
struct Output {
  std::size_t synapse;
  double distance_nm;
  double by_distance = 0, by_chance = 0;  ///< 0 to 1
};

class MitoTubes {
 public:
  explicit MitoTubes(const PhantomModel& m) : of_cell_(m.cells.size()) {
    for (const PhantomOrganelle& o : m.mitos)
      for (std::uint32_t k = o.first_tube; k < o.first_tube + o.n_tubes; ++k) {
        const PhantomTube& t = m.mito_tubes[k];
        of_cell_[o.cell_idx].push_back(Tube::of(t.a_nm, t.b_nm, t.ra_nm, t.rb_nm));
      }
  }
  /// Infinite for a cell without.
  double nearest_nm(std::uint32_t cell, const Vec3d& at) const {
    float least = INFINITY;
    for (const Tube& t : of_cell_[cell]) least = std::min(least, t.depth(Vec3f(at)));
    return std::max(0.0, static_cast<double>(least));
  }

 private:
  std::vector<std::vector<Tube>> of_cell_;
};

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
}

/// The order of sizes, largest first, if distance counts for the share `weight` of it and chance for the rest.
std::vector<std::size_t> ranked(const std::vector<Output>& outputs, double weight) {
  std::vector<double> score;
  for (const Output& o : outputs) score.push_back(weight * o.by_distance + (1 - weight) * o.by_chance);
  std::vector<std::size_t> order(outputs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  return order;
}

/// Median distance of the smaller and of the larger half; the middle one of an odd number is a smaller one.
std::pair<double, double> halves(const std::vector<Output>& outputs, const std::vector<std::size_t>& order) {
  std::vector<double> smaller, larger;
  for (std::size_t k = 0; k < order.size(); ++k)
    (k < order.size() / 2 ? larger : smaller).push_back(outputs[order[k]].distance_nm);
  return {median(std::move(smaller)), median(std::move(larger))};
}

/// Of the strengths in question the one whose shift comes nearest to what is wanted.
std::vector<std::size_t> order_for(const std::vector<Output>& outputs, double shift_nm, PhantomType type) {
  std::vector<std::size_t> best;
  if (shift_nm == 0) return ranked(outputs, 0);
  double nearest = INFINITY, most = 0;
  for (int step = 0; step <= kSteps; ++step) {
    std::vector<std::size_t> order = ranked(outputs, static_cast<double>(step) / kSteps);
    const auto [smaller, larger] = halves(outputs, order);
    const double off = std::abs(smaller - larger - shift_nm);
    most = std::max(most, std::abs(smaller - larger));
    if (off < nearest) nearest = off, best = std::move(order);
  }
  if (std::abs(shift_nm) > most)
    throw Error(Category::config, "phantom: mito_shift_nm is beyond what the mitochondria of " +
                                      phantom_type_name(type) + " allow, " + std::to_string(std::llround(most)));
  return best;
}

/// Deals the sizes: the larger half of them in random order to the first half, the smaller to the second.
void deal_sizes(PhantomModel& m, const std::vector<Output>& outputs, const std::vector<std::size_t>& order, Rng& rng) {
  struct Size {
    float radius_nm, area_um2;
  };
  std::vector<Size> sizes;
  for (const Output& o : outputs) sizes.push_back({m.synapses[o.synapse].radius_nm, m.synapses[o.synapse].area_um2});
  std::stable_sort(sizes.begin(), sizes.end(), [](const Size& a, const Size& b) { return a.area_um2 > b.area_um2; });
  const std::size_t half = sizes.size() / 2;
  for (std::size_t i = half; i > 1; --i) std::swap(sizes[i - 1], sizes[rng.below(i)]);
  for (std::size_t i = sizes.size(); i > half + 1; --i) std::swap(sizes[i - 1], sizes[half + rng.below(i - half)]);
  for (std::size_t k = 0; k < order.size(); ++k) {
    PhantomSynapse& s = m.synapses[outputs[order[k]].synapse];
    s.radius_nm = sizes[k].radius_nm, s.area_um2 = sizes[k].area_um2;
  }
}

void rank_distances(std::vector<Output>& outputs, bool nearer_first, Rng& rng) {
  std::vector<std::size_t> order(outputs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return nearer_first ? outputs[a].distance_nm < outputs[b].distance_nm
                        : outputs[a].distance_nm > outputs[b].distance_nm;
  });
  for (std::size_t k = 0; k < order.size(); ++k)
    outputs[order[k]].by_distance = (static_cast<double>(k) + 0.5) / static_cast<double>(order.size());
  for (Output& o : outputs) o.by_chance = rng.uniform();
}

}  // namespace

void shift_large_synapses(PhantomModel& m) {
  const double shift_nm = m.params.mito_shift_nm.value_or(0);
  const MitoTubes mitos(m);
  std::array<std::vector<Output>, kPhantomTypes> of_type;
  for (std::size_t i = 0; i < m.synapses.size(); ++i) {
    const PhantomSynapse& s = m.synapses[i];
    if (s.decoy || s.pre_cell == kNone || s.pre_compartment < kAxon || s.pre_compartment > kBoutonTerminal) continue;
    const double nm = mitos.nearest_nm(s.pre_cell, s.position_nm);
    if (std::isfinite(nm)) of_type[static_cast<std::size_t>(m.cells[s.pre_cell].type)].push_back({i, nm});
  }
  for (std::size_t k = 0; k < kPhantomTypes; ++k) {
    std::vector<Output>& outputs = of_type[k];
    if (outputs.size() < 2) continue;
    const auto type = static_cast<PhantomType>(k);
    Rng rng(m.params.seed, 0x517f, k);
    rank_distances(outputs, shift_nm > 0, rng);
    const std::vector<std::size_t> order = order_for(outputs, shift_nm, type);
    deal_sizes(m, outputs, order, rng);
    const auto [smaller, larger] = halves(outputs, order);
    const auto last = std::max_element(
        order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2), order.end(), [&](std::size_t a, std::size_t b) {
          return m.synapses[outputs[a].synapse].area_um2 < m.synapses[outputs[b].synapse].area_um2;
        });
    m.mito_shift.push_back({type, static_cast<std::uint32_t>(outputs.size()),
                            m.synapses[outputs[*last].synapse].area_um2, smaller, larger});
  }
}

}  // namespace syconn::phantom
