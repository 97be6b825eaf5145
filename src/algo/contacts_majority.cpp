// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <bit>
#include <cstring>

#include "contacts_internal.h"

namespace syconn::contacts {
namespace {
constexpr std::int64_t kTileX = 64, kTileY = 32, kTileZ = 16;
constexpr std::uint32_t kNotInTile = ~0U;
constexpr std::uint16_t kNone = 0xffff;
constexpr std::size_t kMaxLocal = 60000;  // local labels are 16 bits

/// Bits [lo, hi) of a word, both clipped to 0..64.
std::uint64_t bit_range(std::int64_t lo, std::int64_t hi) {
  lo = std::clamp<std::int64_t>(lo, 0, 64), hi = std::clamp<std::int64_t>(hi, 0, 64);
  if (lo >= hi) return 0;
  return (hi == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << hi) - 1) & ~((std::uint64_t{1} << lo) - 1);
}
}  // namespace

MajorityFilter::MajorityFilter(const Vec3i& window)
    : window_(window), half_(window / 2), narrow_(window.x * window.z <= 255 && window.product() <= 32767) {}

std::size_t MajorityFilter::bytes() const {
  return found_.capacity() * sizeof(Found) + entries_.capacity() * sizeof(Entry) + x_sums_.capacity() +
         z_sums_.capacity() + best_.capacity() + (own_.capacity() + winner_.capacity()) * 2 +
         (local_of_.capacity() + entry_first_.capacity() + local_label_.capacity()) * 4 + pairs_.bytes();
}

void MajorityFilter::run(const ScannedLabels& labels, const Box3& core, ContactRuns& out) {
  out.runs.clear(), out.pair_key.clear();
  pairs_.clear();
  local_of_.assign(labels.ids.size(), kNotInTile);
  if (core.empty()) return;
  for (std::int64_t z = core.min.z; z < core.max.z; z += kTileZ)
    for (std::int64_t y = core.min.y; y < core.max.y; y += kTileY)
      for (std::int64_t x = core.min.x / kTileX * kTileX; x < core.max.x; x += kTileX) {
        const Box3 tile{{x, y, z}, {x + kTileX, std::min(y + kTileY, core.max.y), std::min(z + kTileZ, core.max.z)}};
        process(labels, tile, core, out);
      }
}

bool MajorityFilter::has_boundary(const ScannedLabels& labels, const Box3& tile) const {
  for (std::int64_t z = tile.min.z; z < tile.max.z; ++z)
    for (std::int64_t y = tile.min.y; y < tile.max.y; ++y)
      if (labels.boundary_row(y, z)[tile.min.x / 64]) return true;
  return false;
}

void MajorityFilter::process(const ScannedLabels& labels, const Box3& tile, const Box3& core, ContactRuns& out) {
  if (!has_boundary(labels, tile)) return;
  if (!gather(labels, tile)) {  // more labels than a tile can number: two smaller tiles
    const int axis = tile.size().z > 1 ? 2 : 1;
    Box3 low = tile, high = tile;
    low.max[axis] = high.min[axis] = (tile.min[axis] + tile.max[axis]) / 2;
    process(labels, low, core, out);
    process(labels, high, core, out);
    return;
  }
  if (local_label_.size() < 2) return;  // one object in all windows of the tile
  sort_entries();
  fill_own(tile);
  if (narrow_)
    vote<std::uint8_t, std::uint8_t, std::int16_t>(labels, tile);
  else
    vote<std::uint16_t, std::uint32_t, std::int32_t>(labels, tile);
  emit(labels, tile, core, out);
}

bool MajorityFilter::gather(const ScannedLabels& labels, const Box3& tile) {
  found_.clear(), local_label_.clear();
  const std::int64_t halo_y = tile.size().y + window_.y - 1;
  const std::int64_t x0 = tile.min.x - half_.x, x1 = tile.max.x + half_.x;
  for (std::int64_t z = std::max<std::int64_t>(0, tile.min.z - half_.z);
       z < std::min(labels.size.z, tile.max.z + half_.z); ++z)
    for (std::int64_t y = std::max<std::int64_t>(0, tile.min.y - half_.y);
         y < std::min(labels.size.y, tile.max.y + half_.y); ++y) {
      const auto r = static_cast<std::size_t>(z * labels.size.y + y);
      const LabelRun* first = labels.runs.data() + labels.row_first[r];
      const LabelRun* last = labels.runs.data() + labels.row_first[r + 1];
      const LabelRun* run =
          std::upper_bound(first, last, x0, [](std::int64_t x, const LabelRun& l) { return x < l.x; });
      if (run != first) --run;
      const auto row = static_cast<std::uint32_t>((z - tile.min.z + half_.z) * halo_y + y - tile.min.y + half_.y);
      for (; run < last && run->x < x1; ++run) {
        if (run->label == 0) continue;
        const std::int64_t end = run + 1 < last ? run[1].x : labels.size.x;
        if (local_of_[run->label] == kNotInTile) local_of_[run->label] = 0, local_label_.push_back(run->label);
        found_.push_back({run->label, row, static_cast<std::int16_t>(std::max<std::int64_t>(run->x, x0) - x0),
                          static_cast<std::int16_t>(std::min(end, x1) - x0)});
      }
    }
  std::sort(local_label_.begin(), local_label_.end());
  for (std::uint32_t i = 0; i < local_label_.size(); ++i) local_of_[local_label_[i]] = i;
  for (Found& f : found_) f.label = local_of_[f.label];
  for (const std::uint32_t l : local_label_) local_of_[l] = kNotInTile;
  return local_label_.size() <= kMaxLocal;
}

void MajorityFilter::sort_entries() {
  entry_first_.assign(local_label_.size() + 2, 0);
  for (const Found& f : found_) ++entry_first_[f.label + 2];
  for (std::size_t i = 2; i < entry_first_.size(); ++i) entry_first_[i] += entry_first_[i - 1];
  entries_.resize(found_.size());
  for (const Found& f : found_) entries_[entry_first_[f.label + 1]++] = {f.row, f.start, f.end};
}

void MajorityFilter::fill_own(const Box3& tile) {
  const Vec3i n = tile.size();
  const std::int64_t halo_y = n.y + window_.y - 1;
  own_.assign(static_cast<std::size_t>(n.product()), kNone);
  for (const Found& f : found_) {
    const std::int64_t y = f.row % halo_y - half_.y, z = f.row / halo_y - half_.z;
    if (y < 0 || y >= n.y || z < 0 || z >= n.z) continue;
    const std::int64_t s = std::max<std::int64_t>(f.start - half_.x, 0);
    const std::int64_t e = std::min<std::int64_t>(f.end - half_.x, kTileX);
    std::uint16_t* row = own_.data() + (z * n.y + y) * kTileX;
    for (std::int64_t x = s; x < e; ++x) row[x] = static_cast<std::uint16_t>(f.label);
  }
}

// Counts of one label at a time, labels ascending: sums along x from the runs (a trapezoid each), running sums along
// z and y, and the best so far a voxel. A strict comparison makes the smallest id win ties.
template <class X, class Z, class Y>
void MajorityFilter::vote(const ScannedLabels& labels, const Box3& tile) {
  const Vec3i n = tile.size();
  const std::int64_t halo_y = n.y + window_.y - 1, halo_z = n.z + window_.z - 1;
  x_sums_.resize(static_cast<std::size_t>(halo_y * halo_z * kTileX) * sizeof(X));
  z_sums_.resize(static_cast<std::size_t>(halo_y * kTileX) * sizeof(Z));
  best_.assign(static_cast<std::size_t>(n.product()) * sizeof(Y), 0);
  winner_.assign(static_cast<std::size_t>(n.product()), kNone);
  X* xs = reinterpret_cast<X*>(x_sums_.data());
  Z* zs = reinterpret_cast<Z*>(z_sums_.data());
  Y* best = reinterpret_cast<Y*>(best_.data());
  const auto wx = static_cast<std::int32_t>(window_.x);
  for (std::size_t l = 0; l < local_label_.size(); ++l) {
    const std::span<const Entry> mine(entries_.data() + entry_first_[l], entries_.data() + entry_first_[l + 1]);
    std::int64_t y0 = halo_y, y1 = -1;
    const std::int64_t z0 = mine.front().row / halo_y, z1 = mine.back().row / halo_y;
    for (const Entry& e : mine)
      y0 = std::min<std::int64_t>(y0, e.row % halo_y), y1 = std::max<std::int64_t>(y1, e.row % halo_y);
    for (std::int64_t z = z0; z <= z1; ++z) std::fill_n(xs + (z * halo_y + y0) * kTileX, (y1 - y0 + 1) * kTileX, X{0});
    for (const Entry& e : mine) {
      X* row = xs + e.row * kTileX;
      for (std::int32_t x = 0; x < kTileX; ++x) {
        const std::int32_t overlap = std::min<std::int32_t>(x + wx, e.end) - std::max<std::int32_t>(x, e.start);
        row[x] = static_cast<X>(row[x] + std::max(overlap, 0));
      }
    }
    std::fill_n(zs + y0 * kTileX, (y1 - y0 + 1) * kTileX, Z{0});
    const std::int64_t first_z = std::max<std::int64_t>(0, z0 - window_.z + 1), last_z = std::min(n.z - 1, z1);
    for (std::int64_t z = first_z; z <= last_z; ++z) {
      const std::int64_t add0 = z == first_z ? std::max(z, z0) : z + window_.z - 1;
      for (std::int64_t a = add0; a <= std::min(z + window_.z - 1, z1); ++a)
        for (std::int64_t i = y0 * kTileX; i < (y1 + 1) * kTileX; ++i)
          zs[i] = static_cast<Z>(zs[i] + xs[a * halo_y * kTileX + i]);
      if (z > first_z && z - 1 >= z0)
        for (std::int64_t i = y0 * kTileX; i < (y1 + 1) * kTileX; ++i)
          zs[i] = static_cast<Z>(zs[i] - xs[(z - 1) * halo_y * kTileX + i]);
      Y sum[kTileX] = {};
      const std::int64_t first_y = std::max<std::int64_t>(0, y0 - window_.y + 1), last_y = std::min(n.y - 1, y1);
      for (std::int64_t y = first_y; y <= last_y; ++y) {
        const std::int64_t from = y == first_y ? std::max(y, y0) : y + window_.y - 1;
        for (std::int64_t a = from; a <= std::min(y + window_.y - 1, y1); ++a)
          for (int x = 0; x < kTileX; ++x) sum[x] = static_cast<Y>(sum[x] + zs[a * kTileX + x]);
        if (y > first_y && y - 1 >= y0)
          for (int x = 0; x < kTileX; ++x) sum[x] = static_cast<Y>(sum[x] - zs[(y - 1) * kTileX + x]);
        if (!labels.boundary_row(tile.min.y + y, tile.min.z + z)[tile.min.x / 64]) continue;
        const std::int64_t at = (z * n.y + y) * kTileX;
        for (int x = 0; x < kTileX; ++x) {
          const bool wins = sum[x] > best[at + x] && own_[at + x] != l;
          best[at + x] = wins ? sum[x] : best[at + x];
          winner_[at + x] = wins ? static_cast<std::uint16_t>(l) : winner_[at + x];
        }
      }
    }
  }
}

std::uint32_t MajorityFilter::pair_index(std::uint32_t a, std::uint32_t b, ContactRuns& out) {
  const std::uint64_t key = static_cast<std::uint64_t>(std::min(a, b)) << 32 | std::max(a, b);
  const auto next = static_cast<std::uint32_t>(out.pair_key.size());
  const std::uint32_t pair = pairs_.find_or_add(key, next);
  if (pair == next) out.pair_key.push_back(key);
  return pair;
}

void MajorityFilter::emit(const ScannedLabels& labels, const Box3& tile, const Box3& core, ContactRuns& out) {
  const Vec3i n = tile.size();
  const std::uint64_t inside = bit_range(core.min.x - tile.min.x, core.max.x - tile.min.x);
  for (std::int64_t z = 0; z < n.z; ++z)
    for (std::int64_t y = 0; y < n.y; ++y) {
      std::uint64_t bits = labels.boundary_row(tile.min.y + y, tile.min.z + z)[tile.min.x / 64] & inside;
      const std::uint16_t* own = own_.data() + (z * n.y + y) * kTileX;
      const std::uint16_t* winner = winner_.data() + (z * n.y + y) * kTileX;
      int prev = -2;
      std::uint64_t prev_key = 0;
      for (; bits; bits &= bits - 1) {
        const int x = std::countr_zero(bits);
        if (own[x] == kNone || winner[x] == kNone) continue;
        const std::uint64_t key =
            static_cast<std::uint64_t>(std::min(own[x], winner[x])) << 32 | std::max(own[x], winner[x]);
        if (x == prev + 1 && key == prev_key) {
          ++out.runs.back().len;
        } else {
          const std::uint32_t pair = pair_index(local_label_[own[x]], local_label_[winner[x]], out);
          out.runs.push_back({pair, static_cast<std::uint16_t>(tile.min.x + x),
                              static_cast<std::uint16_t>(tile.min.y + y), static_cast<std::uint16_t>(tile.min.z + z),
                              1});
        }
        prev = x, prev_key = key;
      }
    }
}

}  // namespace syconn::contacts
