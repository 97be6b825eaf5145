// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_maps.h"

#include <cmath>

#include "phantom_noise.h"
#include "syconn/core/chunk_grid.h"
#include "syconn/core/parallel.h"
#include "syconn/core/rng.h"

namespace syconn::phantom {
namespace {

std::vector<float> gaussian(double sigma_vx, std::int64_t reach) {
  std::vector<float> k;
  double sum = 0;
  for (std::int64_t i = -reach; i <= reach; ++i)
    sum += std::exp(-0.5 * static_cast<double>(i * i) / (sigma_vx * sigma_vx));
  for (std::int64_t i = -reach; i <= reach; ++i)
    k.push_back(static_cast<float>(std::exp(-0.5 * static_cast<double>(i * i) / (sigma_vx * sigma_vx)) / sum));
  return k;
}

// False detections: balls at hashed places of a 1 um lattice.
void add_blobs(const PhantomParams& p, int channel, double rate, Volume<std::uint8_t>& mask) {
  const Vec3d vs = p.voxel_size_nm, lo = Vec3d(mask.box().min) * vs - Vec3d(200.0),
              hi = Vec3d(mask.box().max) * vs + Vec3d(200.0);
  const auto cell = [](double v) { return static_cast<std::int64_t>(std::floor(v / 1000)); };
  for (std::int64_t z = cell(lo.z); z <= cell(hi.z); ++z)
    for (std::int64_t y = cell(lo.y); y <= cell(hi.y); ++y)
      for (std::int64_t x = cell(lo.x); x <= cell(hi.x); ++x) {
        Rng rng(lattice_hash(mix64(p.seed, 0xb10b + static_cast<std::uint64_t>(channel)), x, y, z));
        if (rng.uniform() >= rate) continue;
        const Vec3d c = (Vec3d(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)) +
                         Vec3d(rng.uniform(), rng.uniform(), rng.uniform())) *
                        1000.0;
        const double r = rng.uniform(40, 120);
        const Vec3i a(Vec3d(std::floor((c.x - r) / vs.x), std::floor((c.y - r) / vs.y), std::floor((c.z - r) / vs.z)));
        const Vec3i e(Vec3d(std::ceil((c.x + r) / vs.x), std::ceil((c.y + r) / vs.y), std::ceil((c.z + r) / vs.z)));
        const Box3 box = intersect(Box3(a, e), mask.box());
        for (std::int64_t vz = box.min.z; vz < box.max.z; ++vz)
          for (std::int64_t vy = box.min.y; vy < box.max.y; ++vy)
            for (std::int64_t vx = box.min.x; vx < box.max.x; ++vx) {
              const Vec3d d = (Vec3d(Vec3i(vx, vy, vz)) + Vec3d(0.5)) * vs - c;
              if (d.dot(d) <= r * r) mask.at({vx, vy, vz}) = 1;
            }
      }
}

// Quantiles of the standard normal, so that a voxel's noise is one hash and one look-up.
const std::vector<float>& normal_quantiles() {
  static const std::vector<float> table = [] {
    std::vector<float> t(4096);
    for (std::size_t i = 0; i < t.size(); ++i) {
      const double target = (static_cast<double>(i) + 0.5) / static_cast<double>(t.size());
      double lo = -5, hi = 5;
      for (int k = 0; k < 60; ++k) {
        const double mid = 0.5 * (lo + hi);
        (0.5 * std::erfc(-mid / std::sqrt(2.0)) < target ? lo : hi) = mid;
      }
      t[i] = static_cast<float>(lo);
    }
    return t;
  }();
  return table;
}

// One section of the blurred mask: along x and y for each source section in reach, then along z.
class SectionBlur {
 public:
  SectionBlur(const PhantomParams& p, double sigma) : reach(blur_reach(sigma, p.voxel_size_nm)) {
    kx = gaussian(sigma / p.voxel_size_nm.x, reach.x), ky = gaussian(sigma / p.voxel_size_nm.y, reach.y),
    kz = gaussian(sigma / p.voxel_size_nm.z, reach.z);
  }
  // In-plane blur of section z of `mask` over out's box; false where the section holds nothing near.
  bool in_plane(VolumeView<const std::uint8_t> mask, const Box3& out, std::int64_t z, std::vector<float>& plane) const {
    const Vec3i n = out.size();
    const std::int64_t rows = n.y + 2 * reach.y;
    std::vector<float> tmp(static_cast<std::size_t>(n.x * rows), 0.0F);
    std::vector<char> row_used(static_cast<std::size_t>(rows), 0);
    bool any = false;
    for (std::int64_t y = 0; y < rows; ++y) {
      const std::uint8_t* row =
          mask.row(out.min.y - reach.y + y - mask.origin.y, z - mask.origin.z) + (out.min.x - mask.origin.x);
      float* to = tmp.data() + y * n.x;
      for (std::int64_t x = -reach.x; x < n.x + reach.x; ++x) {
        if (!row[x]) continue;
        row_used[static_cast<std::size_t>(y)] = 1, any = true;
        const std::int64_t lo = std::max<std::int64_t>(0, x - reach.x), hi = std::min(n.x - 1, x + reach.x);
        for (std::int64_t t = lo; t <= hi; ++t) to[t] += kx[static_cast<std::size_t>(t - x + reach.x)];
      }
    }
    plane.assign(static_cast<std::size_t>(n.x * n.y), 0.0F);
    if (!any) return false;
    for (std::int64_t y = 0; y < n.y; ++y)
      for (std::int64_t k = 0; k <= 2 * reach.y; ++k) {
        if (!row_used[static_cast<std::size_t>(y + k)]) continue;
        const float w = ky[static_cast<std::size_t>(k)];
        const float* from = tmp.data() + (y + k) * n.x;
        float* to = plane.data() + y * n.x;
        for (std::int64_t x = 0; x < n.x; ++x) to[x] += w * from[x];
      }
    return true;
  }
  Vec3i reach;
  std::vector<float> kx, ky, kz;
};

void finish_section(const PhantomParams& p, int channel, double sigma, const std::vector<float>& sum,
                    VolumeView<std::uint8_t> out, std::int64_t z) {
  const auto& quantiles = normal_quantiles();
  const std::uint64_t key = mix64(p.seed, 0xadd);
  for (std::int64_t y = 0; y < out.size.y; ++y) {
    std::uint8_t* row = out.row(y, z);
    const float* from = sum.data() + y * out.size.x;
    for (std::int64_t x = 0; x < out.size.x; ++x) {
      const std::uint64_t h = lattice_hash(key, out.origin.x + x, out.origin.y + y, out.origin.z + z);
      const float noise = quantiles[(h >> (20 * channel)) & 4095] * static_cast<float>(sigma);
      const float v = (from[x] + noise) * 255 + 0.5F;
      row[x] = static_cast<std::uint8_t>(v < 0 ? 0.0F : v > 255 ? 255.0F : v);
    }
  }
}

}  // namespace

Vec3i blur_reach(double sigma_nm, const Vec3d& vs) {
  if (sigma_nm <= 0) return {};
  return {static_cast<std::int64_t>(std::ceil(3 * sigma_nm / vs.x)),
          static_cast<std::int64_t>(std::ceil(3 * sigma_nm / vs.y)),
          static_cast<std::int64_t>(std::ceil(3 * sigma_nm / vs.z))};
}

void make_map(const PhantomParams& p, int channel, Volume<std::uint8_t>& mask, VolumeView<std::uint8_t> out,
              int threads) {
  const PhantomNoise noise = phantom_noise(p.noise_level);
  if (noise.blobs_per_um3 > 0) add_blobs(p, channel, noise.blobs_per_um3, mask);
  const SectionBlur blur(p, noise.blur_sigma_nm);
  const VolumeView<const std::uint8_t> view = static_cast<const Volume<std::uint8_t>&>(mask).view();
  const std::int64_t slab = 16;
  parallel_for(ceil_div(out.size.z, slab), threads, [&](std::int64_t part) {
    // a ring of in-plane blurred sections
    const std::int64_t z0 = part * slab, z1 = std::min(out.size.z, z0 + slab), ring = 2 * blur.reach.z + 1;
    std::vector<std::vector<float>> planes(static_cast<std::size_t>(ring));
    std::vector<char> used(static_cast<std::size_t>(ring), 0);
    const auto load = [&](std::int64_t z) {
      const auto k = static_cast<std::size_t>((z + ring) % ring);
      used[k] = blur.in_plane(view, out.box(), out.origin.z + z, planes[k]);
    };
    for (std::int64_t z = z0 - blur.reach.z; z < z0 + blur.reach.z; ++z) load(z);
    std::vector<float> sum(static_cast<std::size_t>(out.size.x * out.size.y));
    for (std::int64_t z = z0; z < z1; ++z) {
      load(z + blur.reach.z);
      std::fill(sum.begin(), sum.end(), 0.0F);
      for (std::int64_t k = -blur.reach.z; k <= blur.reach.z; ++k) {
        const auto slot = static_cast<std::size_t>((z + k + ring) % ring);
        if (!used[slot]) continue;
        const float w = blur.kz[static_cast<std::size_t>(k + blur.reach.z)];
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += w * planes[slot][i];
      }
      finish_section(p, channel, noise.additive_sigma, sum, out, z);
    }
  });
}

void erode_labels(VolumeView<const std::uint64_t> labels, VolumeView<const std::uint8_t> core, int radius,
                  const Box3& dataset, VolumeView<std::uint64_t> out) {
  const Box3 box = out.box();
  const auto differs = [&](const Vec3i& v, std::uint64_t id) {
    for (std::int64_t dz = -radius; dz <= radius; ++dz)
      for (std::int64_t dy = -radius; dy <= radius; ++dy)
        for (std::int64_t dx = -radius; dx <= radius; ++dx) {
          const Vec3i w = v + Vec3i(dx, dy, dz);
          if (std::abs(dx) + std::abs(dy) + std::abs(dz) <= radius && dataset.contains(w) && labels.at(w) != id)
            return true;
        }
    return false;
  };
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
        const Vec3i v(x, y, z);
        const std::uint64_t id = labels.at(v);
        out.at(v) = id != 0 && !core.at(v) && differs(v, id) ? 0 : id;
      }
}

}  // namespace syconn::phantom
