// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_raw.h"

#include <algorithm>
#include <numbers>

#include "syconn/core/rng.h"

namespace syconn::phantom {
namespace {

constexpr std::int64_t kNx = 128, kNz = 64;

// Periodic box blur along one axis, in place.
void blur_axis(std::vector<float>& v, std::int64_t n, std::int64_t stride, std::int64_t radius) {
  if (radius < 1) return;
  std::vector<float> line(static_cast<std::size_t>(n));
  const auto total = static_cast<std::int64_t>(v.size());
  for (std::int64_t start = 0; start < total; ++start) {
    if (start / stride % n != 0) continue;
    for (std::int64_t i = 0; i < n; ++i) {
      float sum = 0;
      for (std::int64_t k = -radius; k <= radius; ++k)
        sum += v[static_cast<std::size_t>(start + ((i + k) % n + n) % n * stride)];
      line[static_cast<std::size_t>(i)] = sum;
    }
    for (std::int64_t i = 0; i < n; ++i)
      v[static_cast<std::size_t>(start + i * stride)] = line[static_cast<std::size_t>(i)];
  }
}

// Uniform in [0, 1) from a cell and a purpose.
double hash01(std::uint64_t a, std::uint64_t b) { return static_cast<double>(mix64(a, b) >> 11) * 0x1.0p-53; }

}  // namespace

NoiseTile::NoiseTile(std::uint64_t key, double sigma_nm, const Vec3d& voxel_nm)
    : values_(static_cast<std::size_t>(kNx * kNx * kNz)) {
  Rng rng(key);
  for (float& f : values_) f = static_cast<float>(rng.uniform() - 0.5);
  for (int pass = 0; pass < 2; ++pass) {
    const auto radius = [&](double vs) {
      return std::min<std::int64_t>(20, static_cast<std::int64_t>(1.2 * sigma_nm / vs + 0.5));
    };
    blur_axis(values_, kNx, 1, radius(voxel_nm.x));
    blur_axis(values_, kNx, kNx, radius(voxel_nm.y));
    blur_axis(values_, kNz, kNx * kNx, radius(voxel_nm.z));
  }
  double sum = 0;
  for (const float f : values_) sum += static_cast<double>(f) * static_cast<double>(f);
  const auto scale = static_cast<float>(1 / std::sqrt(sum / static_cast<double>(values_.size())));
  for (float& f : values_) f *= scale;
}

RawPainter::RawPainter(const PhantomModel& model)
    : m_(model),
      key_(mix64(model.params.seed, 0xe3)),
      fine_(key_ + 1, 9, model.params.voxel_size_nm),
      mid_(key_ + 2, 24, model.params.voxel_size_nm),
      coarse_(key_ + 3, 70, model.params.voxel_size_nm),
      exp_table_() {
  for (std::size_t i = 0; i < exp_table_.size(); ++i) exp_table_[i] = std::exp(-static_cast<float>(i) / 128);
}

Vec3i RawPainter::jitter(std::int64_t z) const {
  const std::uint64_t h = mix64(key_ + 4, static_cast<std::uint64_t>(z));
  const auto one = [](std::uint64_t b) -> std::int64_t { return b < 40 ? -1 : b < 216 ? 0 : 1; };
  return {one(h & 255), one((h >> 8) & 255), 0};
}

std::uint8_t RawPainter::grey(const Block& b, std::size_t j, const Vec3i& v) const {
  const std::uint64_t section = mix64(key_ + 5, static_cast<std::uint64_t>(v.z));
  const double bright = (hash01(section, 1) + hash01(section, 2) - 1) * 14,
               gain = 1 + (hash01(section, 3) - 0.5) * 0.12;
  const std::uint64_t h = lattice_hash(key_ + 6, v.x, v.y, v.z);
  const int shot = static_cast<int>(h & 255) + static_cast<int>((h >> 8) & 255) + static_cast<int>((h >> 16) & 255) +
                   static_cast<int>((h >> 24) & 255) - 510;
  const float value = (tissue(b, j, v) - 128) * static_cast<float>(gain) + 128 + static_cast<float>(bright) +
                      static_cast<float>(shot) * 0.062F + fine_(v) * 6;
  return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

float RawPainter::vesicles(const Vec3d& p) const {
  constexpr double kPitch = 44;
  const Vec3d c = p / kPitch;
  const auto x0 = static_cast<std::int64_t>(std::floor(c.x - 0.5)),
             y0 = static_cast<std::int64_t>(std::floor(c.y - 0.5)),
             z0 = static_cast<std::int64_t>(std::floor(c.z - 0.5));
  double best = 1e9;
  for (int k = 0; k < 8; ++k) {
    const std::int64_t x = x0 + (k & 1), y = y0 + ((k >> 1) & 1), z = z0 + (k >> 2);
    const std::uint64_t h = lattice_hash(key_ + 7, x, y, z);
    if ((h >> 60) < 3) continue;  // not every place is taken
    const auto j = [&](int s) { return static_cast<double>((h >> s) & 1023) / 1023 * 0.5 + 0.25; };
    const Vec3d d =
        (c - Vec3d(static_cast<double>(x) + j(0), static_cast<double>(y) + j(10), static_cast<double>(z) + j(20))) *
        kPitch;
    best = std::min(best, d.dot(d));
  }
  const auto r = static_cast<float>(std::sqrt(best));
  return -66 * gauss((r - 16) / 9) + 6 * gauss(r / 9);
}

float RawPainter::mitochondrion(const Block& b, std::size_t j, const Vec3i& v) const {
  const PhantomOrganelle& o = m_.mitos[b.mito[j]];
  const PhantomTube& t = m_.mito_tubes[o.first_tube];
  Vec3f along = t.b_nm - t.a_nm;
  const float l = std::sqrt(along.dot(along));
  along = l > 1 ? along / l : Vec3f(1, 0, 0);
  const float u = Vec3f(b.qx[j], b.qy[j], b.qz[j]).dot(along) + static_cast<float>(b.base.dot(Vec3d(along)));
  const float phase = 6.2831853F * u / 62 + 1.6F * coarse_(v) + 0.8F * mid_(v);
  const float crista = std::sin(phase) + 0.4F * mid_(v);
  const float inner = -38 * std::clamp(crista * 1.5F - 0.2F, -0.1F, 1.0F);
  const float rim = -62 * gauss((b.mito_depth[j] + 6) / 10) + 26 * gauss((b.mito_depth[j] + 20) / 8);
  return 124 + (b.mito_depth[j] < -26 ? inner : 0) + rim + 5 * mid_(v);
}

float RawPainter::soma(const Vec3f& q, std::uint32_t node, float depth, const Vec3i& v, float grey) const {
  const float r = m_.nodes[node].radius_nm, nucleus = depth + 0.36F * r + 90 * coarse_({v.x / 3, v.y / 3, v.z / 3});
  (void)q;
  const float envelope = -70 * gauss((nucleus + 14) / 11) - 60 * gauss((nucleus - 18) / 9);
  if (nucleus < 0) {
    const float chromatin = coarse_({v.x / 2, v.y / 2, v.z / 2}) + 0.5F * mid_(v);
    return 166 + (chromatin > 1.1F ? -26.0F : 0.0F) + 6 * chromatin + envelope;
  }
  const float er = coarse_(v);
  return grey - 44 * gauss(er / 0.2F) + envelope;
}

float RawPainter::cytoplasm(const Block& b, std::size_t j, const Vec3i& v) const {
  const PhantomNode& n = m_.nodes[b.node[j]];
  const PhantomCell& c = m_.cells[n.cell_idx];
  const bool axon = n.compartment == kAxon || n.compartment == kBoutonEnPassant || n.compartment == kBoutonTerminal;
  const std::uint64_t h = mix64(c.id);
  // each cell looks up its own part of the texture, which hides the tile's period
  const Vec3i s = v + Vec3i(static_cast<std::int64_t>(h & 127), static_cast<std::int64_t>((h >> 7) & 127),
                            static_cast<std::int64_t>((h >> 14) & 63));
  float grey = (c.type == PhantomType::astrocyte ? 196.0F
                : axon                           ? 172.0F
                                                 : 182.0F) +
               static_cast<float>((h >> 24) & 15) - 8;
  const float grain = mid_(s);
  grey += 9 * grain + 5 * coarse_(s);
  if (grain < -1.1F) grey += 16 * (grain + 1.1F);  // ribosomes and filaments: dark grains
  if (n.compartment == kSoma) return soma({}, b.node[j], b.depth[j], v, grey);
  const float patch = coarse_({s.x / 3 + 31, s.y / 3, s.z / 3});
  if (patch > 0.5F)
    grey -= 42 * gauss(coarse_(s) / 0.16F) * std::min(1.0F, (patch - 0.5F) * 3);  // endoplasmic reticulum
  if (n.compartment == kSpineHead) grey -= 8 + 5 * mid_(s);
  if (b.cloud[j] != kNone) grey += vesicles((Vec3d(v) + Vec3d(0.5)) * m_.params.voxel_size_nm) - 6;
  return grey;
}

float RawPainter::junction(const Block& b, std::size_t j) const {
  const PhantomSynapse& y = m_.synapses[b.synapse[j]];
  const bool post = m_.nodes[b.node[j]].cell_idx == y.post_cell;
  const float w = b.wall(j);
  if (y.sign > 0) return post ? -78 * gauss((w - 15) / 17) : -34 * gauss((w - 9) / 11);
  return -58 * gauss((w - 14) / 14);
}

float RawPainter::tissue(const Block& b, std::size_t j, const Vec3i& v) const {
  const std::uint32_t node = b.node[j];
  const auto reach = static_cast<float>(m_.params.reach_nm);
  const float lake_grey = 192 + 7 * mid_(v);
  if (node == kNone) return lake_grey;
  const float depth = b.depth[j], wall = b.wall(j), myelin = m_.nodes[node].myelin_nm;
  float grey = lake_grey;
  if (myelin > 0 && depth > 0) {
    grey = lake_grey;  // the sheath ends where the model says, its neighbours may not touch it
  } else if (myelin > 0 && depth > -myelin) {
    const float lamella = std::sin(6.2831853F * (depth + myelin + 3 * coarse_(v)) / 27);
    grey = 70 + 20 * lamella + 9 * mid_(v);
  } else if (b.inside[j] || depth <= reach) {
    grey = b.mito[j] != kNone ? mitochondrion(b, j, v) : cytoplasm(b, j, v);
    if (b.mito[j] == kNone && b.mito_depth[j] < 20) grey -= 44 * gauss((b.mito_depth[j] - 2) / 9);
  }
  // membranes: two dark sheets with the cleft between; at 10 nm they melt into one line
  const auto gap = static_cast<float>(0.5 * m_.params.gap_nm);
  float dark = 0;
  if (wall < 60) dark = std::max(dark, 108 * gauss((wall - gap - 2) / 12));
  if (depth > 0 && depth < reach + 40) dark = std::max(dark, 104 * gauss((reach - depth - 4) / 12));
  if (b.synapse[j] != kNone) dark = std::max(dark, -junction(b, j));
  return grey - dark * (1 + 0.06F * fine_(v));
}

}  // namespace syconn::phantom
