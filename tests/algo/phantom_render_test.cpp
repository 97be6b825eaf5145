// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/phantom/render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "syconn/core/chunk_grid.h"
#include "syconn/core/error.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

PhantomParams small_params(int level = 0, std::uint64_t seed = 3) {
  PhantomParams p = phantom_params();
  p.seed = seed, p.noise_level = level;
  p.box_nm = {1300, 1170, 1450};
  return p;
}

const PhantomModel& small_model(int level) {
  static std::map<int, PhantomModel> models;
  auto it = models.find(level);
  if (it == models.end()) it = models.emplace(level, make_phantom_model(small_params(level))).first;
  return it->second;
}

template <class T>
void expect_part(const Volume<T>& whole, const Volume<T>& part, const char* name) {
  const Box3 box = part.box();
  std::int64_t wrong = 0;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) wrong += whole.at({x, y, z}) != part.at({x, y, z});
  EXPECT_EQ(wrong, 0) << name << " in " << box;
}

void expect_chunked(const PhantomModel& m, const Vec3i& chunk) {
  const PhantomRenderer r(m);
  const Box3 box = phantom_box(m.params);
  PhantomVolumes whole, part;
  r.render(box, kPhantomAll, whole, 2);
  const ChunkGrid grid(box, chunk);
  for (std::int64_t i = 0; i < grid.count(); ++i) {
    r.render(grid.chunk_box(i), kPhantomAll, part);
    expect_part(whole.cell, part.cell, "cell"), expect_part(whole.sv, part.sv, "sv");
    expect_part(whole.sj, part.sj, "sj"), expect_part(whole.mi, part.mi, "mi"), expect_part(whole.vc, part.vc, "vc");
    expect_part(whole.sj_prob, part.sj_prob, "sj_prob"), expect_part(whole.mi_prob, part.mi_prob, "mi_prob");
    expect_part(whole.vc_prob, part.vc_prob, "vc_prob"), expect_part(whole.syn_type, part.syn_type, "syn_type");
    expect_part(whole.compartment, part.compartment, "compartment"), expect_part(whole.myelin, part.myelin, "myelin");
    expect_part(whole.raw, part.raw, "raw");
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(PhantomRender, EightChunksEqualOne) { expect_chunked(small_model(0), {66, 59, 30}); }
TEST(PhantomRender, AlignedChunksEqualOneWithNoise) { expect_chunked(small_model(1), {64, 64, 64}); }
TEST(PhantomRender, OddChunksEqualOneWithErosion) { expect_chunked(small_model(3), {57, 101, 33}); }

// The oracle: every tube asked at every voxel, written out from the definition. Without warp, cleft and corners the
// answer is exact but for voxels within float rounding of a wall.
TEST(PhantomRender, LabelsEqualBruteForce) {
  PhantomParams p = small_params();
  p.warp_nm = p.rough_nm = p.gap_nm = p.corner_nm = 0;
  const PhantomModel m = make_phantom_model(p);
  PhantomVolumes v;
  const Box3 box({40, 61, 10}, {75, 95, 30});
  PhantomRenderer(m).render(box, kPhantomCell | kPhantomCompartment, v);
  std::int64_t wrong = 0, cells = 0;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        const Vec3d q = (Vec3d(Vec3i(x, y, z)) + Vec3d(0.5)) * p.voxel_size_nm;
        double best = 1e18;
        const PhantomNode* winner = nullptr;
        for (const PhantomNode& n : m.nodes) {
          const PhantomNode& from = n.parent == kNone ? n : m.nodes[n.parent];
          const Vec3d a(from.position_nm), d = Vec3d(n.position_nm) - a;
          const double t = d.dot(d) > 1e-6 ? std::clamp((q - a).dot(d) / d.dot(d), 0.0, 1.0) : 0.0;
          const Vec3d off = q - a - d * t;
          const double r0 = static_cast<double>(n.start_radius_nm + n.myelin_nm),
                       r1 = static_cast<double>(n.radius_nm + n.myelin_nm);
          const double depth = std::sqrt(off.dot(off)) - (n.parent == kNone ? r1 : r0 + (r1 - r0) * t);
          if (depth < best) best = depth, winner = &n;
        }
        const double limit = winner->myelin_nm > 0 ? -static_cast<double>(winner->myelin_nm) : p.reach_nm;
        const Id id = best <= limit ? m.cells[winner->cell_idx].id : 0;
        wrong += id != v.cell.at({x, y, z});
        cells += id != 0;
      }
  EXPECT_GT(cells, box.voxels() / 2);
  EXPECT_LE(wrong, 3);
}

// With the warp, cleft and corners on, the point query and the renderer agree but for the renderer's interpolation of
// the warp between corners 8 voxels apart.
TEST(PhantomRender, PointQueryAgrees) {
  const PhantomModel& m = small_model(0);
  PhantomVolumes v;
  const Box3 box({40, 61, 30}, {72, 93, 46});
  PhantomRenderer(m).render(box, kPhantomCell, v);
  std::int64_t wrong = 0;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        const PhantomPoint p = phantom_locate(m, (Vec3d(Vec3i(x, y, z)) + Vec3d(0.5)) * m.params.voxel_size_nm);
        wrong += (p.inside ? m.cells[m.nodes[p.node].cell_idx].id : 0) != v.cell.at({x, y, z});
      }
  EXPECT_LE(wrong, box.voxels() / 50);
}

TEST(PhantomRender, ModelIsAFunctionOfSeedAndParams) {
  const PhantomModel a = make_phantom_model(small_params()), b = make_phantom_model(small_params());
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    ASSERT_EQ(a.nodes[i].position_nm, b.nodes[i].position_nm);
    ASSERT_EQ(a.nodes[i].parent, b.nodes[i].parent);
  }
  ASSERT_EQ(a.synapses.size(), b.synapses.size());
  for (std::size_t i = 0; i < a.synapses.size(); ++i) ASSERT_EQ(a.synapses[i].position_nm, b.synapses[i].position_nm);
  PhantomVolumes va, vb, vc;
  const Box3 box({0, 0, 0}, {64, 64, 32});
  PhantomRenderer(a).render(box, kPhantomRaw | kPhantomSv, va, 1);
  PhantomRenderer(b).render(box, kPhantomRaw | kPhantomSv, vb, 2);
  EXPECT_TRUE(std::equal(va.raw.data(), va.raw.data() + va.raw.count(), vb.raw.data()));
  EXPECT_TRUE(std::equal(va.sv.data(), va.sv.data() + va.sv.count(), vb.sv.data()));
  const PhantomModel c = make_phantom_model(small_params(0, 4));
  PhantomRenderer(c).render(box, kPhantomRaw, vc);
  EXPECT_FALSE(std::equal(va.raw.data(), va.raw.data() + va.raw.count(), vc.raw.data()));
}

// Number of 6-connected components of each non-zero id.
std::map<Id, int> components(VolumeView<const std::uint64_t> v) {
  UnionFind sets(static_cast<std::uint32_t>(v.size.product()));
  const auto at = [&](std::int64_t x, std::int64_t y, std::int64_t z) {
    return static_cast<std::uint32_t>(x + v.size.x * (y + v.size.y * z));
  };
  for (std::int64_t z = 0; z < v.size.z; ++z)
    for (std::int64_t y = 0; y < v.size.y; ++y)
      for (std::int64_t x = 0; x < v.size.x; ++x) {
        const Id id = v(x, y, z);
        if (x > 0 && v(x - 1, y, z) == id) sets.unite(at(x - 1, y, z), at(x, y, z));
        if (y > 0 && v(x, y - 1, z) == id) sets.unite(at(x, y - 1, z), at(x, y, z));
        if (z > 0 && v(x, y, z - 1) == id) sets.unite(at(x, y, z - 1), at(x, y, z));
      }
  std::map<Id, int> n;
  for (std::uint32_t i = 0; i < sets.size(); ++i)
    if (v.data[i] != 0 && sets.find(i) == i) ++n[v.data[i]];
  return n;
}

TEST(PhantomRender, CellsAndSupervoxelsAreConnected) {
  for (const int level : {0, 1, 3}) {
    const PhantomModel& m = small_model(level);
    PhantomVolumes v;
    PhantomRenderer(m).render(phantom_box(m.params), kPhantomCell | kPhantomSv, v, 2);
    for (const auto& [id, n] : components(std::as_const(v.cell).view()))
      EXPECT_EQ(n, 1) << "cell " << id << " at level " << level;
    if (level == 3) continue;  // borders are eroded there, and wrong merges join what only touches
    for (const auto& [id, n] : components(std::as_const(v.sv).view()))
      EXPECT_EQ(n, 1) << "supervoxel " << id << " at level " << level;
  }
}

TEST(PhantomRender, IdsOfVolumesAreInTheTables) {
  const PhantomModel& m = small_model(2);
  PhantomVolumes v;
  PhantomRenderer(m).render(phantom_box(m.params), kPhantomAll, v, 2);
  std::set<Id> cells, svs;
  for (const auto& c : m.cells) cells.insert(c.id);
  for (const auto& s : m.supervoxels) svs.insert(s.label);
  for (std::size_t i = 0; i < v.cell.count(); ++i) {
    const Id c = v.cell.data()[i], s = v.sv.data()[i];
    ASSERT_TRUE(c == 0 || cells.count(c));
    ASSERT_TRUE(s == 0 || svs.count(s));
    ASSERT_LE(v.sj.data()[i], m.synapses.size());
    ASSERT_LE(v.mi.data()[i], m.mitos.size());
    ASSERT_LE(v.vc.data()[i], m.clouds.size());
    ASSERT_EQ(c == 0, v.compartment.data()[i] == kUnknown);
    if (v.mi.data()[i]) {
      ASSERT_EQ(m.cells[m.mitos[v.mi.data()[i] - 1].cell_idx].id, c);
    }
    if (v.sj.data()[i]) {
      ASSERT_EQ(v.syn_type.data()[i], m.synapses[v.sj.data()[i] - 1].sign > 0 ? 1 : 2);
    }
  }
}

TEST(PhantomRender, JunctionsTouchBothPartners) {
  PhantomParams p = small_params();
  p.box_nm = {3000, 3000, 3000};
  const PhantomModel m = make_phantom_model(p);
  PhantomVolumes v;
  const Box3 box = phantom_box(p);
  PhantomRenderer(m).render(box, kPhantomCell | kPhantomSj, v, 2);
  std::map<Id, std::array<std::int64_t, 3>> seen;  // pre, post, other voxels of each junction
  for (std::size_t i = 0; i < v.sj.count(); ++i) {
    const Id s = v.sj.data()[i], c = v.cell.data()[i];
    if (s == 0 || c == 0) continue;
    const PhantomSynapse& y = m.synapses[s - 1];
    ++seen[s][c == m.cells[y.pre_cell].id ? 0 : c == m.cells[y.post_cell].id ? 1 : 2];
  }
  int checked = 0;
  for (const PhantomSynapse& y : m.synapses) {
    const Vec3d room = min(y.position_nm, p.box_nm - y.position_nm);
    if (room.min_element() < 100) continue;
    const auto n = seen[y.id];
    EXPECT_GT(n[0], 20) << "pre voxels of synapse " << y.id;
    EXPECT_GT(n[1], 20) << "post voxels of synapse " << y.id;
    EXPECT_EQ(n[2], 0);
    ++checked;
  }
  EXPECT_GT(checked, 5);
}

TEST(PhantomRender, NoiseLevelsFollowTheTable) {
  const std::array<double, 4> blur{0, 15, 30, 50}, sigma{0, 0.08, 0.15, 0.25}, blobs{0, 0.2, 0.5, 1},
      drop{0, 0, 0.05, 0.1}, plane{0, 20000, 10000, 5000}, merge{0, 0, 0.002, 0.01};
  for (int k = 0; k < 4; ++k) {
    const PhantomNoise n = phantom_noise(k);
    const auto i = static_cast<std::size_t>(k);
    EXPECT_EQ(n.blur_sigma_nm, blur[i]);
    EXPECT_EQ(n.additive_sigma, sigma[i]);
    EXPECT_EQ(n.blobs_per_um3, blobs[i]);
    EXPECT_EQ(n.drop_share, drop[i]);
    EXPECT_EQ(n.split_plane_nm, plane[i]);
    EXPECT_EQ(n.merge_share, merge[i]);
    EXPECT_EQ(n.erosion_vx, std::max(0, k - 1));
    EXPECT_EQ(n.split_neck_nm, k ? 100 : 0);
  }
  EXPECT_THROW(phantom_noise(4), Error);
}

TEST(PhantomRender, MapsCarryTheNoiseOfTheLevel) {
  const PhantomModel& clean = small_model(0);
  const PhantomModel& noisy = small_model(2);
  PhantomVolumes a, b;
  const Box3 box = phantom_box(clean.params);
  PhantomRenderer(clean).render(box, kPhantomMiProb | kPhantomMi, a);
  PhantomRenderer(noisy).render(box, kPhantomMiProb | kPhantomMi, b);
  double sum = 0, sq = 0, n = 0;
  for (std::size_t i = 0; i < a.mi.count(); ++i) {
    ASSERT_EQ(a.mi_prob.data()[i], a.mi.data()[i] ? 255 : 0);
    ASSERT_EQ(a.mi.data()[i], b.mi.data()[i]) << "truth must not depend on the level";
    if (b.mi_prob.data()[i] == 0 || b.mi_prob.data()[i] > 80 || a.mi.data()[i]) continue;
    const double v = b.mi_prob.data()[i] / 255.0;
    sum += v, sq += v * v, ++n;
  }
  // half-normal noise above zero: E[x^2] = sigma^2 far from any mitochondrion
  EXPECT_NEAR(std::sqrt(sq / n), 0.15, 0.025);
}

TEST(PhantomRender, MemoryCoversTheResults) {
  const PhantomParams p = small_params(3);
  const Vec3i chunk(64, 64, 32);
  EXPECT_GE(phantom_memory_bytes(p, chunk, kPhantomAll), 64u * 64 * 32 * (5 * 8 + 7));
  EXPECT_LT(phantom_memory_bytes(p, chunk, kPhantomRaw), phantom_memory_bytes(p, chunk, kPhantomAll));
}

struct MeanGrey {
  double sum = 0, n = 0;
  void add(double grey) { sum += grey, n += 1; }
  double value() const { return sum / n; }
};

// What the truth marks can be seen: both kinds of junctions are darker than the membrane beside them, on both sides of
// a symmetric one, and sheaths are dark as far as the map of myelin goes and no farther.
TEST(PhantomRender, TheMicrographShowsJunctionsAndSheaths) {
  PhantomParams p = phantom_params();
  p.seed = 7, p.box_nm = {4000, 4000, 2000}, p.myelin_scale = 4;
  const PhantomModel m = make_phantom_model(p);
  PhantomVolumes v;
  const Box3 box = phantom_box(p);
  PhantomRenderer(m).render(box, kPhantomRaw | kPhantomSj | kPhantomSynType | kPhantomMyelin, v, 2);
  MeanGrey membrane, symmetric, asymmetric, sheath, beyond;
  for (std::int64_t z = 0; z < box.max.z; z += 2)
    for (std::int64_t y = 0; y < box.max.y; y += 3)
      for (std::int64_t x = 0; x < box.max.x; x += 3) {
        const PhantomPoint q = phantom_locate(m, (Vec3d(Vec3i(x, y, z)) + Vec3d(0.5)) * p.voxel_size_nm);
        if (q.node == kNone) continue;
        const double wall = 0.5 * (q.other_depth_nm - q.depth_nm), grey = v.raw.at({x, y, z});
        const double myelin = static_cast<double>(m.nodes[q.node].myelin_nm);
        if (myelin > 0 && wall > 40 && q.depth_nm > -0.8 * myelin && q.depth_nm < -15) sheath.add(grey);
        if (myelin > 0 && wall > 40 && q.depth_nm > 15 && q.depth_nm < 80) beyond.add(grey);
        if (!q.inside || wall < 20 || wall > 26) continue;
        const std::uint8_t type = v.syn_type.at({x, y, z});
        (type == 0 ? membrane : type == 1 ? asymmetric : symmetric).add(grey);
      }
  ASSERT_GT(std::min({membrane.n, symmetric.n, asymmetric.n, sheath.n, beyond.n}), 30);
  EXPECT_LT(symmetric.value(), membrane.value() - 20);
  EXPECT_LT(asymmetric.value(), membrane.value() - 20);
  EXPECT_LT(sheath.value(), 100);
  EXPECT_GT(beyond.value(), 150);
}

TEST(PhantomRender, EmptyBoxAndBadParams) {
  PhantomVolumes v;
  PhantomRenderer(small_model(0)).render(Box3(), kPhantomAll, v);
  EXPECT_EQ(v.cell.count(), 0u);
  PhantomParams p = small_params();
  p.noise_level = 9;
  EXPECT_THROW(make_phantom_model(p), Error);
  p = small_params(), p.gap_nm = 50;
  EXPECT_THROW(make_phantom_model(p), Error);
  EXPECT_THROW(make_phantom_model(PhantomParams{}), Error);
}

}  // namespace
}  // namespace syconn
