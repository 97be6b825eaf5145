// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <bit>

#include "contacts_internal.h"

namespace syconn::contacts {

PairCloser::PairCloser(int closings, int dilations)
    : closings_(closings),
      dilations_(dilations),
      reach_(std::max(closings, dilations)),
      level_(static_cast<std::size_t>(reach_) + 1) {}

std::size_t PairCloser::bytes() const {
  std::size_t words = work_[0].capacity() + work_[1].capacity() + zero_.capacity();
  for (const Words& w : level_) words += w.capacity();
  return words * 8;
}

// The closing of a set lies in its bounding box, and the covered set within reach_ of the set: a margin of reach_
// holds every step.
void PairCloser::prepare(std::span<const ContactRun> runs) {
  Vec3i lo{runs[0].x, runs[0].y, runs[0].z}, hi = lo;
  for (const ContactRun& r : runs) {
    lo = min(lo, Vec3i{r.x, r.y, r.z});
    hi = max(hi, Vec3i{r.x + r.len, r.y + 1, r.z + 1});
  }
  const Vec3i size = hi - lo + Vec3i(2 * reach_);
  words_ = (size.x + 63) / 64;
  ny_ = size.y + 2, nz_ = size.z + 2;
  origin_ = lo - Vec3i(reach_) - Vec3i{0, 1, 1};
  volume_words_ = words_ * ny_ * nz_;
  const auto n = static_cast<std::size_t>(volume_words_);
  for (Words& w : level_)
    if (w.size() < n) w.resize(n);
  for (Words& w : work_)
    if (w.size() < n) w.resize(n);
  if (zero_.size() < static_cast<std::size_t>(ny_)) zero_.resize(static_cast<std::size_t>(ny_));
  std::fill_n(level_[0].begin(), n, 0);
  for (const ContactRun& r : runs) {
    const std::int64_t y = r.y - origin_.y, z = r.z - origin_.z;
    for (std::int64_t x = r.x - origin_.x, end = x + r.len; x < end; ++x)
      level_[0][static_cast<std::size_t>(column(z, x / 64) + y)] |= std::uint64_t{1} << (x % 64);
  }
}

void PairCloser::dilate(const std::uint64_t* in, std::uint64_t* out) const {
  std::fill_n(out, words_ * ny_, 0);
  std::fill_n(out + (nz_ - 1) * words_ * ny_, words_ * ny_, 0);
  const std::int64_t plane = words_ * ny_;
  for (std::int64_t z = 1; z < nz_ - 1; ++z)
    for (std::int64_t w = 0; w < words_; ++w) {
      const std::uint64_t* c = in + column(z, w);
      const std::uint64_t* left = w > 0 ? c - ny_ : zero_.data();
      const std::uint64_t* right = w + 1 < words_ ? c + ny_ : zero_.data();
      std::uint64_t* o = out + column(z, w);
      o[0] = o[ny_ - 1] = 0;
      for (std::int64_t y = 1; y < ny_ - 1; ++y)
        o[y] = c[y] | (c[y] << 1) | (c[y] >> 1) | (left[y] >> 63) | (right[y] << 63) | c[y - 1] | c[y + 1] |
               c[y - plane] | c[y + plane];
    }
}

void PairCloser::erode(const std::uint64_t* in, std::uint64_t* out) const {
  std::fill_n(out, words_ * ny_, 0);
  std::fill_n(out + (nz_ - 1) * words_ * ny_, words_ * ny_, 0);
  const std::int64_t plane = words_ * ny_;
  for (std::int64_t z = 1; z < nz_ - 1; ++z)
    for (std::int64_t w = 0; w < words_; ++w) {
      const std::uint64_t* c = in + column(z, w);
      const std::uint64_t* left = w > 0 ? c - ny_ : zero_.data();
      const std::uint64_t* right = w + 1 < words_ ? c + ny_ : zero_.data();
      std::uint64_t* o = out + column(z, w);
      o[0] = o[ny_ - 1] = 0;
      for (std::int64_t y = 1; y < ny_ - 1; ++y)
        o[y] = c[y] & ((c[y] << 1) | (left[y] >> 63)) & ((c[y] >> 1) | (right[y] << 63)) & c[y - 1] & c[y + 1] &
               c[y - plane] & c[y + plane];
    }
}

void PairCloser::claim(std::span<const ContactRun> runs, std::uint32_t rank, ClaimVolume& volume) {
  prepare(runs);
  for (int k = 0; k < reach_; ++k)
    dilate(level_[static_cast<std::size_t>(k)].data(), level_[static_cast<std::size_t>(k) + 1].data());
  const std::uint64_t* at = level_[static_cast<std::size_t>(closings_)].data();
  int next = 0;
  for (int k = 0; k < closings_; ++k, next ^= 1) erode(at, work_[next].data()), at = work_[next].data();
  for (int k = 0; k < dilations_; ++k, next ^= 1) dilate(at, work_[next].data()), at = work_[next].data();
  enter(rank, at, volume);
}

void PairCloser::enter(std::uint32_t rank, const std::uint64_t* covered, ClaimVolume& volume) const {
  const Box3& box = volume.box;
  const Vec3i size = box.size();
  for (std::int64_t z = 1; z < nz_ - 1; ++z) {
    const std::int64_t vz = origin_.z + z - box.min.z;
    if (vz < 0 || vz >= size.z) continue;
    for (std::int64_t w = 0; w < words_; ++w) {
      const std::int64_t vx = origin_.x + w * 64 - box.min.x;  // box coordinate of bit 0
      if (vx >= size.x || vx + 64 <= 0) continue;
      std::uint64_t inside = ~std::uint64_t{0};
      if (vx < 0) inside &= ~std::uint64_t{0} << -vx;
      if (vx + 64 > size.x) inside &= ~std::uint64_t{0} >> (vx + 64 - size.x);
      for (std::int64_t y = 1; y < ny_ - 1; ++y) {
        const std::int64_t vy = origin_.y + y - box.min.y, at = column(z, w) + y;
        if (vy < 0 || vy >= size.y) continue;
        std::uint64_t rest = covered[at] & inside;
        std::uint32_t* row = volume.claims.data() + (vz * size.y + vy) * size.x + vx;
        for (std::uint32_t k = 0; rest; ++k) {
          std::uint64_t bits = rest & level_[k][static_cast<std::size_t>(at)];
          rest &= ~bits;
          const std::uint32_t value = k << volume.rank_bits | rank;
          while (bits) {
            const int x = std::countr_zero(bits), len = std::countr_one(bits >> x);
            for (int i = x; i < x + len; ++i) row[i] = std::min(row[i], value);
            if (x + len >= 64) break;
            bits &= ~std::uint64_t{0} << (x + len);
          }
        }
      }
    }
  }
}

}  // namespace syconn::contacts
