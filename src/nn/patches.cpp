// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/patches.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::size_t kMaxPlaces = 65536;

/// Columns of the map from patch to volume, without its shift.
using Matrix = std::array<Vec3d, 3>;

Matrix random_matrix(Rng& rng, const Augmentation& a, const Vec3i& patch, bool& exact) {
  Matrix m{Vec3d{1, 0, 0}, Vec3d{0, 1, 0}, Vec3d{0, 0, 1}};
  for (auto& column : m)
    if (rng.uniform() < a.flip) column = -column;
  const bool turn = rng.uniform() < a.flip;
  if (turn && patch.x == patch.y) std::swap(m[0], m[1]);
  const double warp = rng.uniform(), angle = rng.uniform(-std::numbers::pi, std::numbers::pi);
  const double scale = rng.uniform(0.9, 1.1);
  exact = warp >= a.warp;
  if (exact) return m;
  const double c = scale * std::cos(angle), s = scale * std::sin(angle);
  for (auto& column : m) column = {c * column.x - s * column.y, s * column.x + c * column.y, column.z};
  return m;
}

/// Linear interpolation; outside counts as 0.
float grey_at(const Volume<std::uint8_t>& raw, const Vec3d& p) {
  const Vec3i low(static_cast<std::int64_t>(std::floor(p.x)), static_cast<std::int64_t>(std::floor(p.y)),
                  static_cast<std::int64_t>(std::floor(p.z)));
  const Vec3d part = p - Vec3d(low);
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3i d(corner & 1, corner >> 1 & 1, corner >> 2);
    double weight = 1;
    for (int k = 0; k < 3; ++k) weight *= d[k] == 1 ? part[k] : 1 - part[k];
    if (weight > 0 && raw.box().contains(low + d)) sum += weight * raw.at(low + d);
  }
  return static_cast<float>(sum / 255);
}

void change_greys(Rng& rng, const Augmentation& a, std::span<float> image) {
  const bool grey = rng.uniform() < a.grey, gamma = rng.uniform() < a.gamma, noise = rng.uniform() < a.noise;
  const double gain = rng.normal(1, 0.15), lift = rng.normal(0, 0.1), power = std::exp(rng.normal(0, a.gamma_sigma));
  for (float& v : image) {
    double x = v;
    if (grey) x = x * gain + lift;
    if (gamma) x = std::pow(std::clamp(x, 0.0, 1.0), power);
    if (noise) x += rng.normal(0, a.noise_sigma);
    v = static_cast<float>(x);
  }
}

/// Means of 3x3 in x and y, the rim as it is.
void blur(std::span<float> image, const Vec3i& n) {
  const std::vector<float> from(image.begin(), image.end());
  const VolumeView<const float> in(from.data(), n);
  const VolumeView<float> out(image.data(), n);
  for (std::int64_t z = 0; z < n.z; ++z)
    for (std::int64_t y = 1; y + 1 < n.y; ++y)
      for (std::int64_t x = 1; x + 1 < n.x; ++x) {
        float sum = 0;
        for (std::int64_t dy = -1; dy <= 1; ++dy)
          for (std::int64_t dx = -1; dx <= 1; ++dx) sum += in(x + dx, y + dy, z);
        out(x, y, z) = sum / 9;
      }
}

}  // namespace

PatchSampler::PatchSampler(std::vector<LabelledVolume> volumes, int classes, const Vec3i& patch_vx, std::uint64_t seed,
                           const Augmentation& augmentation)
    : volumes_(std::move(volumes)), classes_(classes), patch_vx_(patch_vx), seed_(seed), augmentation_(augmentation) {
  if (volumes_.empty()) throw Error(Category::config, "there is no volume to train on");
  for (const LabelledVolume& v : volumes_) {
    if (v.raw.box() != v.labels.box() || v.raw.box().empty())
      throw Error(Category::config, "an image to train on and its labels cover different boxes, or none");
    Places places;
    places.of_class.resize(static_cast<std::size_t>(classes));
    std::vector<std::uint64_t> seen(places.of_class.size());
    Rng rng(seed, 0x706c61636573);
    const Vec3i size = v.raw.box().size();
    for (std::size_t i = 0; i < v.labels.count(); ++i) {
      const std::uint8_t c = v.labels.data()[i];
      if (c == 0 || c >= classes) continue;
      auto& list = places.of_class[c];
      const std::uint64_t slot = list.size() < kMaxPlaces ? list.size() : rng.below(seen[c] + 1);
      ++seen[c];
      if (slot >= kMaxPlaces) continue;
      const auto at = static_cast<std::int64_t>(i);
      const Vec3i p = v.raw.box().min + Vec3i(at % size.x, at / size.x % size.y, at / (size.x * size.y));
      if (slot == list.size())
        list.push_back(p);
      else
        list[slot] = p;
    }
    places_.push_back(std::move(places));
  }
}

Vec3d PatchSampler::centre(Rng& rng, std::size_t volume) const {
  const Box3& box = volumes_[volume].raw.box();
  Vec3i corner;
  for (int k = 0; k < 3; ++k) {
    const std::int64_t room = std::max<std::int64_t>(0, box.size()[k] - patch_vx_[k]);
    corner[k] = box.min[k] + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(room) + 1));
  }
  const bool at_class = rng.uniform() < 0.5;
  const auto& places = places_[volume].of_class[1 + rng.below(static_cast<std::uint64_t>(classes_) - 1)];
  if (at_class && !places.empty()) {
    const Vec3i p = places[rng.below(places.size())];
    for (int k = 0; k < 3; ++k) {  // that voxel anywhere in the middle half
      const std::int64_t n = patch_vx_[k];
      corner[k] = p[k] - n / 4 - static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n - n / 2 + 1)));
    }
  }
  return Vec3d(corner) + (Vec3d(patch_vx_) - Vec3d(1)) / 2.0;
}

void PatchSampler::draw(std::uint64_t step, std::uint64_t i, std::span<float> image,
                        std::span<std::uint8_t> labels) const {
  Rng rng(seed_, step, i, 1);
  const std::size_t volume = rng.below(volumes_.size());
  const LabelledVolume& from = volumes_[volume];
  const Vec3d middle = centre(rng, volume), half = (Vec3d(patch_vx_) - Vec3d(1)) / 2.0;
  bool exact = true;
  const Matrix m = random_matrix(rng, augmentation_, patch_vx_, exact);
  std::size_t at = 0;
  for (std::int64_t z = 0; z < patch_vx_.z; ++z)
    for (std::int64_t y = 0; y < patch_vx_.y; ++y)
      for (std::int64_t x = 0; x < patch_vx_.x; ++x, ++at) {
        const Vec3d d = Vec3d(Vec3i(x, y, z)) - half, p = middle + m[0] * d.x + m[1] * d.y + m[2] * d.z;
        const Vec3i v(std::llround(p.x), std::llround(p.y), std::llround(p.z));
        const bool inside = from.raw.box().contains(v);
        labels[at] = inside ? from.labels.at(v) : kIgnoredLabel;
        image[at] = !exact ? grey_at(from.raw, p) : inside ? static_cast<float>(from.raw.at(v)) / 255.0F : 0.0F;
      }
  if (rng.uniform() < augmentation_.blur) blur(image, patch_vx_);
  change_greys(rng, augmentation_, image);
}

}  // namespace syconn
