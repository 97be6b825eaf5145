// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/phantom/stats.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace syconn {
namespace {

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  const auto mid = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), mid, v.end());
  return *mid;
}
double ratio(double a, double b) { return b > 0 ? a / b : 0; }

template <class T>
double share_set(const Volume<T>& v) {
  std::int64_t n = 0;
  for (std::size_t i = 0; i < v.count(); ++i) n += v.data()[i] != 0;
  return ratio(static_cast<double>(n), static_cast<double>(v.count()));
}

bool inside(const Vec3d& q, const Vec3d& box) {
  return q.x >= 0 && q.y >= 0 && q.z >= 0 && q.x < box.x && q.y < box.y && q.z < box.z;
}

// Path lengths inside the box, um.
struct Lengths {
  double spiny = 0, axon = 0;
};
Lengths measure(const PhantomModel& m) {
  Lengths l;
  for (const auto& n : m.nodes) {
    if (n.parent == kNone || !inside(Vec3d(n.position_nm), m.params.box_nm)) continue;
    const Vec3d d(n.position_nm - m.nodes[n.parent].position_nm);
    const double um = std::sqrt(d.dot(d)) / 1000;
    const auto& t = m.params.types[static_cast<std::size_t>(m.cells[n.cell_idx].type)];
    if (n.compartment == kShaft && t.spines_per_um > 0) l.spiny += um;
    const bool axon = n.compartment == kAxon || n.compartment == kBoutonEnPassant || n.compartment == kBoutonTerminal;
    if (axon && n.myelin_nm <= 0) l.axon += um;
  }
  return l;
}

void add_morphology(const PhantomModel& m, std::vector<PhantomStat>& out) {
  const Lengths l = measure(m);
  std::vector<double> necks, heads;
  double spines = 0, boutons = 0;
  for (const auto& s : m.spines) {
    const PhantomNode& h = m.nodes[s.head_node];
    if (!inside(Vec3d(h.position_nm), m.params.box_nm)) continue;
    ++spines, necks.push_back(static_cast<double>(s.neck_width_nm)),
        heads.push_back(2 * static_cast<double>(h.radius_nm));
  }
  for (const auto& b : m.boutons) boutons += inside(Vec3d(m.nodes[b.node].position_nm), m.params.box_nm);
  out.push_back({"spines per um of spiny dendrite", "1/um", ratio(spines, l.spiny), 0.5, 2, "0.5-2"});
  out.push_back({"spine neck width, median", "nm", median(necks), 80, 200, "80-200"});
  out.push_back({"spine head width, median", "nm", median(heads), 300, 800, "300-800"});
  out.push_back({"unmyelinated axon per bouton", "um", ratio(l.axon, boutons), 3, 6, "3-6"});
}

void add_synapses(const PhantomModel& m, std::vector<PhantomStat>& out) {
  std::vector<double> areas;
  double n = 0, head = 0, shaft = 0;
  for (const auto& s : m.synapses) {
    if (s.decoy || !inside(s.position_nm, m.params.box_nm)) continue;
    ++n, areas.push_back(static_cast<double>(s.area_um2));
    if (s.sign < 0 || s.post_cell == kNone) continue;
    (s.post_compartment == kSpineHead ? head : shaft) += 1;
  }
  out.push_back({"synapses", "1/um3", n / (m.params.box_nm.product() * 1e-9), 0.5, 1.5, "0.5-1.5"});
  out.push_back({"synapse mesh area, median", "um2", median(areas), 0.5, 1.5, "0.75-1.2"});
  out.push_back({"spine share of excitatory targets", "", ratio(head, head + shaft), 0.75, 0.90, "0.84 (1424 : 275)"});
}

}  // namespace

double boundary_fraction(VolumeView<const std::uint64_t> v) {
  std::int64_t n = 0;
  for (std::int64_t z = 0; z < v.size.z; ++z)
    for (std::int64_t y = 0; y < v.size.y; ++y)
      for (std::int64_t x = 0; x < v.size.x; ++x) {
        const std::uint64_t id = v(x, y, z);
        n += (x > 0 && v(x - 1, y, z) != id) || (x + 1 < v.size.x && v(x + 1, y, z) != id) ||
             (y > 0 && v(x, y - 1, z) != id) || (y + 1 < v.size.y && v(x, y + 1, z) != id) ||
             (z > 0 && v(x, y, z - 1) != id) || (z + 1 < v.size.z && v(x, y, z + 1) != id);
      }
  return ratio(static_cast<double>(n), static_cast<double>(v.size.product()));
}

double mean_run_x(VolumeView<const std::uint64_t> v) {
  std::int64_t ends = 0, voxels = 0;
  for (std::int64_t z = 0; z < v.size.z; ++z)
    for (std::int64_t y = 0; y < v.size.y; ++y)
      for (std::int64_t x = 0; x < v.size.x; ++x) {
        if (v(x, y, z) != 0) ++voxels;
        if (x > 0 && v(x - 1, y, z) != v(x, y, z)) ends += (v(x - 1, y, z) != 0) + (v(x, y, z) != 0);
      }
  return ratio(2 * static_cast<double>(voxels), static_cast<double>(ends));
}

namespace {

// Blocks spread over the box, so that one soma does not stand for all tissue; the whole box where it is small.
std::vector<Box3> default_regions(const Box3& all) {
  const Vec3i block(192, 192, 96);
  if (all.voxels() <= 8 * block.product()) return {all};
  std::vector<Box3> out;
  for (int k = 0; k < 8; ++k) {
    Vec3i lo;
    for (int a = 0; a < 3; ++a)
      lo[a] = all.min[a] + std::max<std::int64_t>(0, (all.size()[a] - block[a]) * ((k >> a) & 1 ? 5 : 1) / 6);
    out.push_back(intersect({lo, lo + block}, all));
  }
  return out;
}

}  // namespace

std::vector<PhantomStat> phantom_stats(const PhantomModel& model, const Box3& region, int threads) {
  const auto regions = region.empty() ? default_regions(phantom_box(model.params)) : std::vector<Box3>{region};
  const PhantomRenderer renderer(model);
  double voxels = 0, boundary = 0, background = 0, mito = 0, junction = 0, run_starts = 0;
  for (const Box3& box : regions) {
    PhantomVolumes v;
    renderer.render(box, kPhantomCell | kPhantomMi | kPhantomSj, v, threads);
    const auto cell = std::as_const(v.cell).view();
    const double n = static_cast<double>(box.voxels()), filled = n * share_set(v.cell);
    voxels += n, boundary += n * boundary_fraction(cell), background += n - filled;
    mito += n * share_set(v.mi), junction += n * share_set(v.sj), run_starts += ratio(filled, mean_run_x(cell));
  }
  std::vector<PhantomStat> out;
  out.push_back(
      {"voxels with a 6-neighbour of another id", "%", 100 * ratio(boundary, voxels), 8, 14, "11 (mouse cortex)"});
  out.push_back({"mean run along x", "voxels", ratio(voxels - background, run_starts), 60, 110, "82 (10 nm)"});
  out.push_back({"extracellular and unassigned", "%", 100 * ratio(background, voxels), 5, 15, "5-15"});
  out.push_back({"mitochondria", "% of volume", 100 * ratio(mito, voxels), 4, 8, "5.4 (fly nerve cord)"});
  out.push_back({"synaptic junctions", "% of volume", 100 * ratio(junction, voxels), 0.3, 2, "0.56 (fly nerve cord)"});
  add_synapses(model, out);
  add_morphology(model, out);
  return out;
}

}  // namespace syconn
