// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/phantom/render.h"

#include <algorithm>
#include <utility>

#include "phantom_maps.h"
#include "phantom_raw.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

using phantom::Block;
using phantom::kBlockX;
using phantom::kBlockY;
using phantom::kBlockZ;

constexpr std::uint32_t kMaps = kPhantomSjProb | kPhantomMiProb | kPhantomVcProb;
constexpr float kCoreNm = 30;  ///< border erosion leaves this core around a centre line

// What one call draws into: results, and the haloed inputs of maps and erosion.
struct Canvas {
  Box3 box;    ///< asked for
  Box3 drawn;  ///< grown by the halo of maps and erosion
  std::uint32_t what = 0;
  PhantomVolumes* out = nullptr;
  bool noisy_maps = false, eroded = false;
  std::array<Volume<std::uint8_t>, 3> mask;  ///< sj, mi, vc over `drawn`
  Volume<std::uint64_t> labels;
  Volume<std::uint8_t> core;
};

Box3 drawn_box(const PhantomParams& p, const Box3& box, std::uint32_t what) {
  const PhantomNoise n = phantom_noise(p.noise_level);
  Vec3i halo;
  if (what & kMaps && p.noise_level > 0) halo = phantom::blur_reach(n.blur_sigma_nm, p.voxel_size_nm);
  if (what & kPhantomSv) halo = max(halo, Vec3i(n.erosion_vx));
  return box.grown(halo);
}

template <class T>
void allocate(Volume<T>& v, const Box3& box, bool wanted) {
  if (wanted) {
    v.reset(box);
  } else {
    v = Volume<T>();
  }
}

void prepare(Canvas& c, const PhantomParams& p) {
  PhantomVolumes& o = *c.out;
  const auto on = [&](PhantomVolume bit) { return (c.what & bit) != 0; };
  allocate(o.cell, c.box, on(kPhantomCell)), allocate(o.sv, c.box, on(kPhantomSv));
  allocate(o.sj, c.box, on(kPhantomSj)), allocate(o.mi, c.box, on(kPhantomMi)), allocate(o.vc, c.box, on(kPhantomVc));
  allocate(o.sj_prob, c.box, on(kPhantomSjProb)), allocate(o.mi_prob, c.box, on(kPhantomMiProb)),
      allocate(o.vc_prob, c.box, on(kPhantomVcProb));
  allocate(o.syn_type, c.box, on(kPhantomSynType)), allocate(o.compartment, c.box, on(kPhantomCompartment));
  allocate(o.myelin, c.box, on(kPhantomMyelin)), allocate(o.raw, c.box, on(kPhantomRaw));
  c.drawn = drawn_box(p, c.box, c.what);
  c.noisy_maps = p.noise_level > 0;
  c.eroded = on(kPhantomSv) && phantom_noise(p.noise_level).erosion_vx > 0;
  const std::array<PhantomVolume, 3> bits{kPhantomSjProb, kPhantomMiProb, kPhantomVcProb};
  for (std::size_t k = 0; k < 3; ++k) allocate(c.mask[k], c.drawn, c.noisy_maps && on(bits[k]));
  allocate(c.labels, c.drawn, c.eroded), allocate(c.core, c.drawn, c.eroded);
}

}  // namespace

struct PhantomRenderer::Impl {
  explicit Impl(const PhantomModel& model) : m(model), partition(model), painter(model) {}
  void draw(const Block& b, Canvas& c) const;
  void draw_labels(const Block& b, std::size_t j, const Vec3i& v, Canvas& c) const;
  void draw_halo(const Block& b, std::size_t j, const Vec3i& v, Canvas& c) const;
  const PhantomModel& m;
  phantom::BlockPartition partition;
  phantom::RawPainter painter;
};

void PhantomRenderer::Impl::draw_labels(const Block& b, std::size_t j, const Vec3i& v, Canvas& c) const {
  PhantomVolumes& o = *c.out;
  const bool in = b.inside[j] != 0;
  const auto on = [&](std::uint32_t bits) { return (c.what & bits) != 0; };
  if (in) {
    const PhantomNode& n = m.nodes[b.node[j]];
    if (on(kPhantomCell)) o.cell.at(v) = m.cells[n.cell_idx].id;
    if (on(kPhantomSv) && !c.eroded) o.sv.at(v) = m.supervoxels[n.sv_idx].label;
    if (on(kPhantomCompartment)) o.compartment.at(v) = n.compartment;
    if (on(kPhantomMi) && b.mito[j] != kNone) o.mi.at(v) = m.mitos[b.mito[j]].id;
    if (on(kPhantomVc) && b.cloud[j] != kNone) o.vc.at(v) = m.clouds[b.cloud[j]].id;
  } else if (on(kPhantomCompartment)) {
    o.compartment.at(v) = kUnknown;
  }
  if (on(kPhantomMyelin) && b.node[j] != kNone && m.nodes[b.node[j]].myelin_nm > 0 && b.depth[j] <= 0)
    o.myelin.at(v) = 255;
  if (b.synapse[j] != kNone) {
    const PhantomSynapse& y = m.synapses[b.synapse[j]];
    if (on(kPhantomSj)) o.sj.at(v) = y.id;
    if (on(kPhantomSynType)) o.syn_type.at(v) = y.sign > 0 ? 1 : 2;
    if (on(kPhantomSjProb) && !c.noisy_maps && !y.dropped) o.sj_prob.at(v) = 255;
  }
  if (!c.noisy_maps) {
    if (on(kPhantomMiProb) && b.mito[j] != kNone) o.mi_prob.at(v) = 255;
    if (on(kPhantomVcProb) && b.cloud[j] != kNone) o.vc_prob.at(v) = 255;
  }
}

void PhantomRenderer::Impl::draw_halo(const Block& b, std::size_t j, const Vec3i& v, Canvas& c) const {
  if (c.mask[0].count() && b.synapse[j] != kNone && !m.synapses[b.synapse[j]].dropped) c.mask[0].at(v) = 1;
  if (c.mask[1].count() && b.mito[j] != kNone) c.mask[1].at(v) = 1;
  if (c.mask[2].count() && b.cloud[j] != kNone) c.mask[2].at(v) = 1;
  if (!c.eroded || !b.inside[j]) return;
  const std::uint32_t i = b.node[j];
  c.labels.at(v) = m.supervoxels[m.nodes[i].sv_idx].label;
  if (b.depth[j] < -1e5F) return;  // far from any wall
  phantom::Tube t = m.index->tubes[i];
  t.a = Vec3f(Vec3d(t.a) - b.base);
  const Vec3f q(b.qx[j], b.qy[j], b.qz[j]);
  c.core.at(v) = t.axis_distance(q, t.param(q)) <= kCoreNm;
}

void PhantomRenderer::Impl::draw(const Block& b, Canvas& c) const {
  const Box3 block(b.origin, b.origin + Vec3i(kBlockX, kBlockY, kBlockZ));
  const auto each = [&](const Box3& box, auto&& fn) {
    for (std::int64_t z = box.min.z; z < box.max.z; ++z)
      for (std::int64_t y = box.min.y; y < box.max.y; ++y)
        for (std::int64_t x = box.min.x; x < box.max.x; ++x)
          fn(Vec3i(x, y, z), static_cast<std::size_t>(Block::at(x - b.origin.x, y - b.origin.y, z - b.origin.z)));
  };
  each(intersect(block, c.box), [&](const Vec3i& v, std::size_t j) { draw_labels(b, j, v, c); });
  if (c.drawn != c.box) each(intersect(block, c.drawn), [&](const Vec3i& v, std::size_t j) { draw_halo(b, j, v, c); });
  if (!(c.what & kPhantomRaw)) return;
  for (std::int64_t z = std::max(block.min.z, c.box.min.z); z < std::min(block.max.z, c.box.max.z); ++z) {
    const Vec3i shift = painter.jitter(z);
    const Box3 section({c.box.min.x, c.box.min.y, z}, {c.box.max.x, c.box.max.y, z + 1});
    each(intersect(block, section.shifted(shift)),
         [&](const Vec3i& v, std::size_t j) { c.out->raw.at(v - shift) = painter.grey(b, j, v); });
  }
}

PhantomRenderer::PhantomRenderer(const PhantomModel& model) : impl_(std::make_unique<Impl>(model)) {}
PhantomRenderer::~PhantomRenderer() = default;

void PhantomRenderer::render(const Box3& box, std::uint32_t what, PhantomVolumes& out, int threads) const {
  Canvas c;
  c.box = box, c.what = what, c.out = &out;
  prepare(c, impl_->m.params);
  if (box.empty()) return;
  const Box3 wanted = what & kPhantomRaw ? unite(c.drawn, box.grown({1, 1, 0})) : c.drawn;
  const Vec3i lo(floor_div(wanted.min.x, kBlockX), floor_div(wanted.min.y, kBlockY), floor_div(wanted.min.z, kBlockZ));
  const Vec3i hi(ceil_div(wanted.max.x, kBlockX), ceil_div(wanted.max.y, kBlockY), ceil_div(wanted.max.z, kBlockZ));
  const Vec3i n = hi - lo;
  parallel_for(n.y * n.z, threads, [&](std::int64_t row) {
    thread_local Block block;
    for (std::int64_t x = 0; x < n.x; ++x) {
      const Vec3i origin((lo.x + x) * kBlockX, (lo.y + row % n.y) * kBlockY, (lo.z + row / n.y) * kBlockZ);
      impl_->partition.compute(origin, wanted, block);
      impl_->draw(block, c);
    }
  });
  const std::array<Volume<std::uint8_t>*, 3> maps{&out.sj_prob, &out.mi_prob, &out.vc_prob};
  for (int k = 0; k < 3; ++k) {
    auto& mask = c.mask[static_cast<std::size_t>(k)];
    if (mask.count()) phantom::make_map(impl_->m.params, k, mask, maps[static_cast<std::size_t>(k)]->view(), threads);
  }
  if (c.eroded)
    phantom::erode_labels(std::as_const(c.labels).view(), std::as_const(c.core).view(),
                          phantom_noise(impl_->m.params.noise_level).erosion_vx, phantom_box(impl_->m.params),
                          out.sv.view());
}

std::uint64_t phantom_memory_bytes(const PhantomParams& params, const Vec3i& chunk_vx, std::uint32_t what,
                                   int threads) {
  const auto bits = [&](std::uint32_t mask) { return static_cast<std::uint64_t>(__builtin_popcount(what & mask)); };
  const std::uint32_t ids = kPhantomCell | kPhantomSv | kPhantomSj | kPhantomMi | kPhantomVc;
  const auto voxels = static_cast<std::uint64_t>(chunk_vx.product());
  const auto drawn = static_cast<std::uint64_t>(drawn_box(params, Box3::of_size(chunk_vx), what).voxels());
  std::uint64_t bytes = voxels * (8 * bits(ids) + bits(kPhantomAll & ~ids));
  if (params.noise_level > 0) {
    bytes += drawn * bits(kMaps);
    const Vec3i reach = phantom::blur_reach(phantom_noise(params.noise_level).blur_sigma_nm, params.voxel_size_nm);
    const auto plane = static_cast<std::uint64_t>((chunk_vx.x + 2 * reach.x) * (chunk_vx.y + 2 * reach.y));
    if (bits(kMaps))
      bytes += static_cast<std::uint64_t>(threads) * plane * 4 * static_cast<std::uint64_t>(2 * reach.z + 4);
  }
  if (what & kPhantomSv && phantom_noise(params.noise_level).erosion_vx > 0) bytes += drawn * 9;
  return bytes + static_cast<std::uint64_t>(threads) * (2U << 20) + (16U << 20);
}

}  // namespace syconn
