// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <bit>
#include <cstring>

#include "contacts_internal.h"

namespace syconn::contacts {
namespace {
constexpr std::int64_t kTileY = 32, kTileZ = 16;
constexpr std::uint32_t kNotInTile = ~0U;
constexpr std::uint16_t kNone = 0xffff;
constexpr std::size_t kMaxLocal = 60000;  // local labels are 16 bits

/// Bits [lo, hi) of a word, both clipped to 0..64.
std::uint64_t bit_range(std::int64_t lo, std::int64_t hi) {
  lo = std::clamp<std::int64_t>(lo, 0, 64), hi = std::clamp<std::int64_t>(hi, 0, 64);
  if (lo >= hi) return 0;
  return (hi == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << hi) - 1) & ~((std::uint64_t{1} << lo) - 1);
}

template <class T>
std::size_t bytes_of(const std::vector<T>& v) {
  return v.capacity() * sizeof(T);
}
}  // namespace

MajorityFilter::MajorityFilter(const Vec3i& window)
    : window_(window),
      half_(window / 2),
      narrow_(window.x <= 127 && window.x * window.z <= 255 && window.product() <= kVoteWindow) {}

std::size_t MajorityFilter::bytes() const {
  return bytes_of(cursor_) + bytes_of(boundary_) + bytes_of(found_) + bytes_of(entries_) + bytes_of(entry_first_) +
         bytes_of(local_label_) + bytes_of(local_of_) + bytes_of(own_) + bytes_of(winner_) + bytes_of(x_sums_) +
         bytes_of(z_sums_) + bytes_of(zeros_) + bytes_of(best_) + bytes_of(count_) + bytes_of(counts_) +
         bytes_of(best_count_) + pairs_.bytes();
}

void MajorityFilter::run(const ScannedLabels& labels, const Box3& core, ContactRuns& out) {
  out.runs.clear(), out.pair_key.clear();
  pairs_.clear();
  local_of_.assign(labels.ids.size(), kNotInTile);
  if (core.empty()) return;
  const std::int64_t first_x = core.min.x / kTileX * kTileX;
  for (std::int64_t z = core.min.z; z < core.max.z; z += kTileZ)
    for (std::int64_t y = core.min.y; y < core.max.y; y += kTileY) {
      Box3 tile{{first_x, y, z},
                {first_x + kTileX, std::min(y + kTileY, core.max.y), std::min(z + kTileZ, core.max.z)}};
      start_row_of_tiles(labels, tile);
      for (; tile.min.x < core.max.x; tile.min.x += kTileX, tile.max.x += kTileX) process(labels, tile, core, out);
    }
}

void MajorityFilter::start_row_of_tiles(const ScannedLabels& labels, const Box3& tile) {
  row_halo_ = intersect(tile.grown(half_), Box3::of_size(labels.size));
  cursor_.clear();
  for (std::int64_t z = row_halo_.min.z; z < row_halo_.max.z; ++z)
    for (std::int64_t y = row_halo_.min.y; y < row_halo_.max.y; ++y)
      cursor_.push_back(labels.row_first[static_cast<std::size_t>(z * labels.size.y + y)]);
}

// The boundary bits of the tile's rows inside `core`; false if there are none.
bool MajorityFilter::load_boundary(const ScannedLabels& labels, const Box3& tile, const Box3& core) {
  const std::uint64_t inside = bit_range(core.min.x - tile.min.x, core.max.x - tile.min.x);
  std::uint64_t any = 0;
  boundary_.clear();
  for (std::int64_t z = tile.min.z; z < tile.max.z; ++z)
    for (std::int64_t y = tile.min.y; y < tile.max.y; ++y) {
      boundary_.push_back(labels.boundary_row(y, z)[tile.min.x / kTileX] & inside);
      any |= boundary_.back();
    }
  return any != 0;
}

void MajorityFilter::process(const ScannedLabels& labels, const Box3& tile, const Box3& core, ContactRuns& out) {
  if (!load_boundary(labels, tile, core)) return;
  if (!gather(labels, tile)) {  // more labels than a tile can number: two smaller tiles
    const int axis = tile.size().z > 1 ? 2 : 1;
    Box3 low = tile, high = tile;
    low.max[axis] = high.min[axis] = (tile.min[axis] + tile.max[axis]) / 2;
    process(labels, low, core, out);
    process(labels, high, core, out);
    return;
  }
  if (local_label_.size() < 2) return;  // one object in all windows of the tile
  number_labels();
  fill_own(tile);
  narrow_ ? vote_in_groups(tile) : vote_by_runs(tile);
  emit(tile, out);
}

// Collects the label runs in reach of the tile and its labels; false if they are too many.
bool MajorityFilter::gather(const ScannedLabels& labels, const Box3& tile) {
  found_.clear(), local_label_.clear();
  const Box3 halo = intersect(tile.grown(half_), Box3::of_size(labels.size));
  const std::int64_t halo_y = tile.size().y + window_.y - 1, x0 = tile.min.x - half_.x, x1 = tile.max.x + half_.x;
  const std::int64_t cursors_y = row_halo_.max.y - row_halo_.min.y;
  for (std::int64_t z = halo.min.z; z < halo.max.z; ++z)
    for (std::int64_t y = halo.min.y; y < halo.max.y; ++y) {
      const LabelRun* last = labels.runs.data() + labels.row_first[static_cast<std::size_t>(z * labels.size.y + y) + 1];
      std::uint64_t& cursor =
          cursor_[static_cast<std::size_t>((z - row_halo_.min.z) * cursors_y + y - row_halo_.min.y)];
      const LabelRun* run = labels.runs.data() + cursor;
      while (run + 1 < last && run[1].x <= x0) ++run;
      cursor = static_cast<std::uint64_t>(run - labels.runs.data());
      const auto row = static_cast<std::uint32_t>((z - tile.min.z + half_.z) * halo_y + y - tile.min.y + half_.y);
      std::int64_t start = std::max<std::int64_t>(run->x, x0);
      for (; run < last && start < x1; ++run) {
        const std::int64_t end = std::min<std::int64_t>(run + 1 < last ? run[1].x : labels.size.x, x1);
        if (run->label != 0) {
          if (local_of_[run->label] == kNotInTile) local_of_[run->label] = 0, local_label_.push_back(run->label);
          found_.push_back(
              {run->label, {row, static_cast<std::int16_t>(start - x0), static_cast<std::int16_t>(end - x0)}});
        }
        start = end;
      }
    }
  if (local_label_.size() > kMaxLocal || local_label_.size() < 2) {
    for (const std::uint32_t l : local_label_) local_of_[l] = kNotInTile;
    return local_label_.size() < 2;
  }
  return true;
}

// Numbers the tile's labels in ascending order and sorts the runs by them.
void MajorityFilter::number_labels() {
  std::sort(local_label_.begin(), local_label_.end());
  for (std::uint32_t i = 0; i < local_label_.size(); ++i) local_of_[local_label_[i]] = i;
  entry_first_.assign(local_label_.size() + 2, 0);
  for (Found& f : found_) f.label = local_of_[f.label], ++entry_first_[f.label + 2];
  for (std::size_t i = 2; i < entry_first_.size(); ++i) entry_first_[i] += entry_first_[i - 1];
  entries_.resize(found_.size());
  for (const Found& f : found_) entries_[entry_first_[f.label + 1]++] = f.entry;
  for (const std::uint32_t l : local_label_) local_of_[l] = kNotInTile;
}

void MajorityFilter::fill_own(const Box3& tile) {
  const Vec3i n = tile.size();
  const std::int64_t halo_y = n.y + window_.y - 1;
  own_.assign(static_cast<std::size_t>(n.product()), kNone);
  std::int64_t z = -half_.z, row_of_z = 0;  // found_ is in raster order
  for (const Found& f : found_) {
    while (f.entry.row >= row_of_z + halo_y) row_of_z += halo_y, ++z;
    const std::int64_t y = f.entry.row - row_of_z - half_.y;
    if (y < 0 || y >= n.y || z < 0 || z >= n.z) continue;
    const std::int64_t s = std::max<std::int64_t>(f.entry.start - half_.x, 0);
    const std::int64_t e = std::min<std::int64_t>(f.entry.end - half_.x, kTileX);
    if (s < e) std::fill_n(own_.data() + (z * n.y + y) * kTileX + s, e - s, static_cast<std::uint16_t>(f.label));
  }
}

void MajorityFilter::vote_in_groups(const Box3& tile) {
  const Vec3i n = tile.size();
  const std::int64_t halo_y = n.y + window_.y - 1, halo_z = n.z + window_.z - 1;
  const auto voxels = static_cast<std::size_t>(n.product());
  best_.resize(voxels);
  winner_.assign(voxels, kNone);
  count_.assign(voxels, 0);
  x_sums_.resize(std::max(x_sums_.size(), static_cast<std::size_t>(halo_y * halo_z * kLanes)));
  z_sums_.resize(std::max(z_sums_.size(), static_cast<std::size_t>(halo_y * kLanes)));
  zeros_.resize(z_sums_.size());
  const auto n_labels = static_cast<std::uint32_t>(local_label_.size());
  for (std::uint32_t base = 0; base < n_labels; base += kVoteLabels)
    kernels().vote({n.y, n.z, window_.x, window_.y, window_.z, base, std::min(kVoteLabels, n_labels - base),
                    entry_first_.data() + base, entries_.data(), boundary_.data(), own_.data(), best_.data(),
                    count_.data(), winner_.data(), x_sums_.data(), z_sums_.data(), zeros_.data()});
}

// Any window: for each label and row of the tile the counts from the runs in the window. Strict
// comparison with labels ascending makes the smallest id win ties.
void MajorityFilter::vote_by_runs(const Box3& tile) {
  const Vec3i n = tile.size();
  const std::int64_t halo_y = n.y + window_.y - 1;
  winner_.assign(static_cast<std::size_t>(n.product()), kNone);
  best_count_.assign(winner_.size(), 0);
  counts_.assign(winner_.size(), 0);
  const auto wx = static_cast<std::int32_t>(window_.x);
  for (std::size_t l = 0; l < local_label_.size(); ++l) {
    Box3 touched;
    for (std::size_t i = entry_first_[l]; i < entry_first_[l + 1]; ++i) {
      const TileEntry& e = entries_[i];
      const std::int64_t hy = e.row % halo_y, hz = e.row / halo_y;
      const Box3 reach =
          intersect({{std::max<std::int64_t>(0, e.start - wx + 1), hy - window_.y + 1, hz - window_.z + 1},
                     {std::min<std::int64_t>(kTileX, e.end), hy + 1, hz + 1}},
                    Box3::of_size(n));
      touched = unite(touched, reach);
      for (std::int64_t z = reach.min.z; z < reach.max.z; ++z)
        for (std::int64_t y = reach.min.y; y < reach.max.y; ++y) {
          if (boundary_[static_cast<std::size_t>(z * n.y + y)] == 0) continue;
          std::int32_t* row = counts_.data() + (z * n.y + y) * kTileX;
          for (auto x = static_cast<std::int32_t>(reach.min.x); x < reach.max.x; ++x)
            row[x] += std::min<std::int32_t>(x + wx, e.end) - std::max<std::int32_t>(x, e.start);
        }
    }
    for (std::int64_t z = touched.min.z; z < touched.max.z; ++z)
      for (std::int64_t y = touched.min.y; y < touched.max.y; ++y)
        for (std::int64_t x = touched.min.x; x < touched.max.x; ++x) {
          const auto i = static_cast<std::size_t>((z * n.y + y) * kTileX + x);
          if (counts_[i] > best_count_[i] && own_[i] != l)
            best_count_[i] = counts_[i], winner_[i] = static_cast<std::uint16_t>(l);
          counts_[i] = 0;
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

void MajorityFilter::emit(const Box3& tile, ContactRuns& out) {
  const Vec3i n = tile.size();
  std::uint32_t key = kNotInTile, pair = 0;  // last pair met, as local labels
  for (std::int64_t z = 0; z < n.z; ++z)
    for (std::int64_t y = 0; y < n.y; ++y) {
      std::uint64_t bits = boundary_[static_cast<std::size_t>(z * n.y + y)];
      const std::uint16_t* own = own_.data() + (z * n.y + y) * kTileX;
      const std::uint16_t* winner = winner_.data() + (z * n.y + y) * kTileX;
      while (bits) {
        const int x = std::countr_zero(bits);
        if (own[x] == kNone || winner[x] == kNone) {
          bits &= bits - 1;
          continue;
        }
        int end = x + 1;
        while (end < kTileX && (bits >> end & 1) && own[end] == own[x] && winner[end] == winner[x]) ++end;
        bits = end < kTileX ? bits & (~std::uint64_t{0} << end) : 0;
        const std::uint32_t here =
            static_cast<std::uint32_t>(std::min(own[x], winner[x])) << 16 | std::max(own[x], winner[x]);
        if (here != key) key = here, pair = pair_index(local_label_[own[x]], local_label_[winner[x]], out);
        out.runs.push_back({pair, static_cast<std::uint16_t>(tile.min.x + x),
                            static_cast<std::uint16_t>(tile.min.y + y), static_cast<std::uint16_t>(tile.min.z + z),
                            static_cast<std::uint16_t>(end - x)});
      }
    }
}

}  // namespace syconn::contacts
