// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <bit>

#include "contacts_internal.h"

namespace syconn::contacts {
namespace {
constexpr std::int64_t kAhead = 8;
constexpr ColumnRange kNoRows{INT32_MAX / 2, INT32_MIN / 2};

void widen(ColumnRange& into, const ColumnRange& from, std::int32_t less) {
  into.lo = std::min(into.lo, from.lo + less);
  into.hi = std::max(into.hi, from.hi - less);
}

}  // namespace

PairCloser::PairCloser(int closings, int dilations)
    : closings_(closings),
      dilations_(dilations),
      reach_(std::max(closings, dilations)),
      level_(static_cast<std::size_t>(reach_) + 1) {}

std::size_t PairCloser::bytes() const {
  std::size_t words = zero_.capacity() + any_.capacity() + range_.capacity() + contact_range_.capacity();
  for (const Words& w : level_) words += w.capacity();
  for (const Words& w : work_) words += w.capacity();
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
  const auto columns = static_cast<std::size_t>(words_ * nz_), n = columns * static_cast<std::size_t>(ny_);
  const auto at_least = [](Words& w, std::size_t size_) {
    if (w.size() < size_) w.resize(size_);
  };
  for (Words& w : level_) at_least(w, n);
  for (Words& w : work_) at_least(w, n);
  at_least(zero_, static_cast<std::size_t>(ny_));
  level_data_.clear();
  for (const Words& w : level_) level_data_.push_back(w.data());
  contact_range_.assign(columns, kNoRows);
  any_.assign(columns, 0);
}

void PairCloser::set_bits(std::span<const ContactRun> runs) {
  std::uint64_t* bits = level_[0].data();
  for (const ContactRun& r : runs) {
    const auto y = static_cast<std::int32_t>(r.y - origin_.y);
    const std::int64_t z = r.z - origin_.z, x = r.x - origin_.x, end = x + r.len;
    for (std::int64_t w = x / 64; w * 64 < end; ++w) {
      const std::int64_t from = std::max<std::int64_t>(x - w * 64, 0), to = std::min<std::int64_t>(end - w * 64, 64);
      const std::uint64_t mask = (~std::uint64_t{0} >> (64 - (to - from))) << from;
      bits[column(z, w) + y] |= mask;
      const auto c = static_cast<std::size_t>(z * words_ + w);
      any_[c] |= mask;
      widen(contact_range_[c], {y, y + 1}, 0);
    }
  }
}

// Rows each column may use in reach_ steps: those of its contact voxels and of columns in reach, less by their
// distance. An x-neighbour counts where it has voxels within reach_ of the border.
void PairCloser::find_ranges() {
  range_ = contact_range_;
  const std::uint64_t low = reach_ == 0 ? 0 : ~std::uint64_t{0} >> (64 - reach_),
                      high = reach_ == 0 ? 0 : ~std::uint64_t{0} << (64 - reach_);
  for (std::int64_t i = 0; words_ > 1 && i < words_ * nz_; ++i) {
    const auto c = static_cast<std::size_t>(i);
    if (i % words_ > 0 && (any_[c] & low)) widen(range_[c - 1], contact_range_[c], 1);
    if (i % words_ + 1 < words_ && (any_[c] & high)) widen(range_[c + 1], contact_range_[c], 1);
  }
  const auto w = static_cast<std::size_t>(words_), n = range_.size();
  for (std::size_t c = w; c < n; ++c) widen(range_[c], range_[c - w], 1);
  for (std::size_t c = n - w; c-- > 0;) widen(range_[c], range_[c + w], 1);
  for (ColumnRange& r : range_) {
    r.lo = std::max<std::int32_t>(r.lo - reach_, 1),
    r.hi = std::min<std::int32_t>(r.hi + reach_, static_cast<std::int32_t>(ny_) - 1);
    if (r.lo >= r.hi) r = {1, 1};
  }
}

// Step i of a dilation can only reach i voxels beyond the contact voxels' box, and an erosion is needed only as far as
// the steps after it reach.
const std::uint64_t* PairCloser::close_and_dilate() {
  const Kernels& k = kernels();
  CrossStep step{nullptr, nullptr, range_.data(), words_, ny_, 0, 0, 0, 0, zero_.data()};
  const auto extent = [&](int beyond) {
    step.z0 = 1 + reach_ - beyond, step.z1 = nz_ - 1 - reach_ + beyond;
    step.y0 = 1 + reach_ - beyond, step.y1 = static_cast<std::int32_t>(ny_) - 1 - reach_ + beyond;
  };
  for (int i = 0; i < reach_; ++i) {
    step.in = level_[static_cast<std::size_t>(i)].data(), step.out = level_[static_cast<std::size_t>(i) + 1].data();
    extent(i + 1);
    k.dilate(step);
  }
  step.in = level_[static_cast<std::size_t>(closings_)].data();
  for (int i = 0; i < closings_; ++i, step.in = step.out) {
    step.out = i + 1 < closings_ ? work_[i % 2].data() : work_[2].data();
    extent(closings_ - 1 - i);
    k.erode(step);
  }
  for (int i = 0; i < dilations_; ++i, step.in = step.out) {
    step.out = work_[3 - i % 2].data();
    extent(i + 1);
    k.dilate(step);
  }
  return step.in;
}

void PairCloser::claim(std::span<const ContactRun> runs, std::uint32_t rank, ClaimVolume& volume) {
  prepare(runs);
  set_bits(runs);
  find_ranges();
  enter(rank, close_and_dilate(), volume);
  clear();
}

void PairCloser::clear() {
  constexpr std::int64_t kSmall = 8192;  // below, clearing all is cheaper than column by column
  const std::int64_t n = words_ * nz_ * ny_;
  const auto each = [&](auto&& f) {
    for (Words& w : level_) f(w.begin());
    for (Words& w : work_) f(w.begin());
  };
  if (n <= kSmall) return each([&](auto begin) { std::fill_n(begin, n, 0); });
  for (std::int64_t c = 0; c < words_ * nz_; ++c) {
    const ColumnRange r = range_[static_cast<std::size_t>(c)];
    if (r.lo < r.hi) each([&](auto begin) { std::fill(begin + c * ny_ + r.lo, begin + c * ny_ + r.hi, 0); });
  }
}

void PairCloser::enter(std::uint32_t rank, const std::uint64_t* covered, ClaimVolume& volume) const {
  const Box3& box = volume.box;
  const Vec3i size = box.size();
  const auto claim_word = kernels().claim;
  ClaimWord word{0, level_data_.data(), 0, rank, std::uint32_t{1} << volume.rank_bits, nullptr};
  const std::int64_t z_from = std::max<std::int64_t>(1, box.min.z - origin_.z),
                     z_to = std::min(nz_ - 1, box.max.z - origin_.z);
  for (std::int64_t z = z_from; z < z_to; ++z)
    for (std::int64_t w = 0; w < words_; ++w) {
      const std::int64_t vx = origin_.x + w * 64 - box.min.x;  // box coordinate of bit 0
      if (vx >= size.x || vx + 64 <= 0) continue;
      std::uint64_t inside = ~std::uint64_t{0};
      if (vx < 0) inside &= ~std::uint64_t{0} << -vx;
      if (vx + 64 > size.x) inside &= ~std::uint64_t{0} >> (vx + 64 - size.x);
      const ColumnRange r = range_[static_cast<std::size_t>(z * words_ + w)];
      const std::int64_t y_from = std::max<std::int64_t>(r.lo, box.min.y - origin_.y),
                         y_to = std::min<std::int64_t>(r.hi, box.max.y - origin_.y);
      std::uint32_t* first_row =
          volume.claims() + ((origin_.z + z - box.min.z) * size.y + origin_.y - box.min.y) * size.x + vx;
      for (std::int64_t y = y_from; y < y_to; ++y) {
        const std::int64_t at = column(z, w) + y;
        // The rows of the volume lie far apart: ask for the one some steps ahead.
        if (const std::uint64_t ahead = y + kAhead < y_to ? covered[at + kAhead] & inside : 0) {
          const std::uint32_t* row = first_row + (y + kAhead) * size.x;
          __builtin_prefetch(row + std::countr_zero(ahead), 1);
          __builtin_prefetch(row + 63 - std::countl_zero(ahead), 1);
        }
        word.covered = covered[at] & inside;
        if (word.covered == 0) continue;
        word.at = at;
        word.row = first_row + y * size.x;
        claim_word(word);
      }
    }
}

}  // namespace syconn::contacts
