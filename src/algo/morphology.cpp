// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/morphology.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "bit_rows.h"
#include "syconn/core/error.h"

namespace syconn {

MorphologyOp morphology_op(std::string_view name) {
  if (name == "erosion") return MorphologyOp::erosion;
  if (name == "dilation") return MorphologyOp::dilation;
  if (name == "opening") return MorphologyOp::opening;
  if (name == "closing") return MorphologyOp::closing;
  throw Error(Category::config,
              "unknown morphology operation '" + std::string(name) + "'; known: erosion, dilation, opening, closing");
}

int morphology_element(const Vec3d& voxel_size_nm, int element_max_a) {
  if (!(voxel_size_nm.min_element() > 0) || element_max_a < 1)
    throw Error(Category::config, "morphology: voxel size and element_max_a must be positive");
  // A ratio that is a whole number must not fall short of it by rounding (4.6 * 3 / 4.6).
  const double a = std::floor(voxel_size_nm.z / voxel_size_nm.x + 1e-9);
  return static_cast<int>(std::clamp(a, 1.0, static_cast<double>(element_max_a)));
}

Vec3i morphology_halo(std::span<const MorphologyOp> ops, int element_a) {
  std::int64_t steps = 0;
  for (const MorphologyOp op : ops) steps += op == MorphologyOp::opening || op == MorphologyOp::closing ? 2 : 1;
  return Vec3i{element_a, element_a, 1} * steps;
}

void Morphology::apply(std::span<const MorphologyOp> ops, int element_a, VolumeView<std::uint8_t> mask) {
  if (element_a < 1) throw Error(Category::runtime, "morphology: the element's reach must be at least 1");
  if (mask.box().empty()) return;
  a_ = element_a;
  std::int64_t most = 0, row = 0;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    row = i > 0 && ops[i] == ops[i - 1] ? row + 1 : 1;
    if (ops[i] == MorphologyOp::closing || ops[i] == MorphologyOp::dilation) most = std::max(most, row);
  }
  pad_ = Vec3i{a_, a_, 1} * most;
  pack(mask);
  for (std::size_t i = 0; i < ops.size();) {
    std::size_t j = i;
    while (j < ops.size() && ops[j] == ops[i]) ++j;
    run(ops[i], static_cast<int>(j - i));
    i = j;
  }
  unpack(mask);
}

void Morphology::run(MorphologyOp op, int times) {
  const bool dilate_first = op == MorphologyOp::closing || op == MorphologyOp::dilation;
  const bool both = op == MorphologyOp::closing || op == MorphologyOp::opening;
  for (int i = 0; i < times; ++i) dilate_first ? step<true>() : step<false>();
  for (int i = 0; i < times && both; ++i) dilate_first ? step<false>() : step<true>();
  if (dilate_first) cut();
}

void Morphology::pack(VolumeView<const std::uint8_t> mask) {
  size_ = mask.size;
  words_ = (size_.x + 2 * pad_.x + 63) / 64;
  ny_ = size_.y + 2 * pad_.y, nz_ = size_.z + 2 * pad_.z;
  bits_.assign(static_cast<std::size_t>(words_ * ny_ * nz_), 0);
  next_.resize(bits_.size());
  for (Words& p : plane_) p.resize(static_cast<std::size_t>(words_ * ny_));
  for (std::int64_t z = 0; z < size_.z; ++z)
    for (std::int64_t y = 0; y < size_.y; ++y) {
      const std::uint8_t* row = mask.row(y, z);
      std::uint64_t* out = bits_.data() + ((z + pad_.z) * ny_ + y + pad_.y) * words_;
      pack_row(row, size_.x, out, pad_.x);
    }
}

void Morphology::unpack(VolumeView<std::uint8_t> mask) const {
  for (std::int64_t z = 0; z < size_.z; ++z)
    for (std::int64_t y = 0; y < size_.y; ++y) {
      std::uint8_t* row = mask.row(y, z);
      const std::uint64_t* in = bits_.data() + ((z + pad_.z) * ny_ + y + pad_.y) * words_;
      unpack_row(in, pad_.x, size_.x, row);
    }
}

// Clears what a dilation set in the rim.
void Morphology::cut() {
  for (std::int64_t z = 0; z < nz_; ++z)
    for (std::int64_t y = 0; y < ny_; ++y) {
      std::uint64_t* row = bits_.data() + (z * ny_ + y) * words_;
      const bool inside = z >= pad_.z && z < pad_.z + size_.z && y >= pad_.y && y < pad_.y + size_.y;
      for (std::int64_t w = 0; w < words_; ++w) {
        if (!inside) row[w] = 0;
        const std::int64_t lo = pad_.x - w * 64, hi = pad_.x + size_.x - w * 64;
        if (lo >= 64 || hi <= 0) {
          row[w] = 0;
          continue;
        }
        if (lo > 0) row[w] &= ~std::uint64_t{0} << lo;
        if (hi < 64) row[w] &= (std::uint64_t{1} << hi) - 1;
      }
    }
}

/// 4-connected cross in one plane; outside is 0.
template <bool kDilate>
void Morphology::cross(const std::uint64_t* in, std::uint64_t* out) const {
  for (std::int64_t y = 0; y < ny_; ++y)
    for (std::int64_t w = 0; w < words_; ++w) {
      const std::int64_t i = y * words_ + w;
      const std::uint64_t c = in[i];
      const std::uint64_t left = c << 1 | (w > 0 ? in[i - 1] >> 63 : 0);
      const std::uint64_t right = c >> 1 | (w + 1 < words_ ? in[i + 1] << 63 : 0);
      const std::uint64_t up = y > 0 ? in[i - words_] : 0, down = y + 1 < ny_ ? in[i + words_] : 0;
      out[i] = kDilate ? c | left | right | up | down : c & left & right & up & down;
    }
}

/// One erosion or dilation with the element: a crosses make the diamond, then the planes above and below.
template <bool kDilate>
void Morphology::step() {
  const std::int64_t plane = words_ * ny_;
  for (std::int64_t z = 0; z < nz_; ++z) {
    const std::uint64_t* in = bits_.data() + z * plane;
    for (int i = 0; i < a_; ++i) {
      std::uint64_t* out = plane_[i % 2].data();
      cross<kDilate>(in, out);
      in = out;
    }
    const std::uint64_t* above = z > 0 ? bits_.data() + (z - 1) * plane : nullptr;
    const std::uint64_t* below = z + 1 < nz_ ? bits_.data() + (z + 1) * plane : nullptr;
    std::uint64_t* out = next_.data() + z * plane;
    for (std::int64_t i = 0; i < plane; ++i) {
      const std::uint64_t a = above ? above[i] : 0, b = below ? below[i] : 0;
      out[i] = kDilate ? in[i] | a | b : in[i] & a & b;
    }
  }
  bits_.swap(next_);
}

}  // namespace syconn
