// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <bit>
#include <numeric>

#include "contacts_internal.h"

namespace syconn::contacts {
namespace {
constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

/// Bit i = (a[i] != b[i]) for n <= 64 elements.
std::uint64_t difference_bits(const std::uint32_t* a, const std::uint32_t* b, std::int64_t n) {
  return kernels().differ32(a, b, n);
}

/// Bit i = (row[i] != row[i-1]) for the n <= 64 elements of a row; `row` is not its first.
std::uint64_t start_bits(const Id* row, std::int64_t n) { return kernels().differ64(row, row - 1, n); }

/// The same for the first elements of a row, whose element 0 starts no run here.
std::uint64_t start_bits_of_first(const Id* row, std::int64_t n) {
  return kernels().differ64(row + 1, row, n - 1) << 1;
}
}  // namespace

void DenseMap::clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{kEmpty, 0});
  used_ = 0;
}

void DenseMap::grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(std::max<std::size_t>(1024, old.size() * 2), Slot{kEmpty, 0});
  used_ = 0;
  for (const Slot& s : old)
    if (s.key != kEmpty) find_or_add(s.key, s.value);
}

std::uint32_t DenseMap::find_or_add(std::uint64_t key, std::uint32_t next) {
  if (used_ * 2 >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = mix64(key) & mask;; i = (i + 1) & mask) {
    Slot& s = slots_[i];
    if (s.key == key) return s.value;
    if (s.key == kEmpty) {
      s = {key, next};
      ++used_;
      return next;
    }
  }
}

std::uint32_t LabelScanner::dense_of(Id id, ScannedLabels& out) {
  const auto next = static_cast<std::uint32_t>(out.ids.size());
  std::uint32_t dense = 0;
  if (id == kEmpty) {  // the table's own mark for a free slot
    dense = has_max_id_ ? max_id_dense_ : next;
    has_max_id_ = true, max_id_dense_ = dense;
  } else {
    dense = map_.find_or_add(id, next);
  }
  if (dense == next) out.ids.push_back(id);
  return dense;
}

void LabelScanner::scan(VolumeView<const Id> labels, ScannedLabels& out) {
  const Vec3i n = labels.size;
  out.size = n;
  out.words = (n.x + 63) / 64;
  out.row_first.clear(), out.runs.clear(), out.ids.clear();
  out.boundary.assign(static_cast<std::size_t>(out.words * n.y * n.z), 0);
  map_.clear();
  has_max_id_ = false;
  dense_of(kBackground, out);
  for (auto& plane : rows_) plane.assign(static_cast<std::size_t>(n.x * n.y), 0);
  for (std::int64_t z = 0; z < n.z; ++z) {
    std::swap(rows_[0], rows_[1]);
    for (std::int64_t y = 0; y < n.y; ++y) {
      std::uint32_t* dense = rows_[0].data() + y * n.x;
      const std::uint32_t* above = y > 0 ? dense - n.x : nullptr;
      const std::uint32_t* before = z > 0 ? rows_[1].data() + y * n.x : nullptr;
      std::uint64_t* bits = out.boundary.data() + (z * n.y + y) * out.words;
      out.row_first.push_back(out.runs.size());
      scan_row(labels.row(y, z), above, dense, bits, out);
      for (std::int64_t w = 0; w < out.words; ++w) {
        const std::int64_t x = w * 64, len = std::min<std::int64_t>(64, n.x - x);
        if (above) {
          const std::uint64_t d = difference_bits(dense + x, above + x, len);
          bits[w] |= d, bits[w - out.words] |= d;
        }
        if (before) {
          const std::uint64_t d = difference_bits(dense + x, before + x, len);
          bits[w] |= d, bits[w - out.words * n.y] |= d;
        }
      }
    }
  }
  out.row_first.push_back(out.runs.size());
  rank_ids(out);
}

// Runs of one row; a run's label is mostly that of the voxel above its start.
void LabelScanner::scan_row(const Id* row, const std::uint32_t* above, std::uint32_t* dense, std::uint64_t* bits,
                            ScannedLabels& out) {
  const std::int64_t nx = out.size.x;
  std::int64_t begin = 0;
  std::uint32_t label = 0;
  const auto start = [&](std::int64_t x) {
    label = above && out.ids[above[x]] == row[x] ? above[x] : dense_of(row[x], out);
    out.runs.push_back({static_cast<std::int32_t>(x), label});
    begin = x;
  };
  start(0);
  for (std::int64_t w = 0; w < out.words; ++w) {
    const std::int64_t len = std::min<std::int64_t>(64, nx - w * 64);
    std::uint64_t starts = w > 0 ? start_bits(row + w * 64, len) : len > 1 ? start_bits_of_first(row, len) : 0;
    bits[w] |= starts | starts >> 1;
    if (w > 0 && (starts & 1)) bits[w - 1] |= std::uint64_t{1} << 63;
    for (; starts; starts &= starts - 1) {
      const std::int64_t x = w * 64 + std::countr_zero(starts);
      std::fill_n(dense + begin, x - begin, label);
      start(x);
    }
  }
  std::fill_n(dense + begin, nx - begin, label);
}

void LabelScanner::rank_ids(ScannedLabels& out) {
  std::vector<std::uint32_t> order(out.ids.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return out.ids[a] < out.ids[b]; });
  rank_.resize(order.size());
  for (std::uint32_t r = 0; r < order.size(); ++r) rank_[order[r]] = r;
  std::sort(out.ids.begin(), out.ids.end());
  for (LabelRun& r : out.runs) r.label = rank_[r.label];
}

}  // namespace syconn::contacts
