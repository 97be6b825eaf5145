// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/watershed.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "row_runs.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

std::vector<Vec3i> neighbours(Connectivity connectivity) {
  const int most = connectivity == Connectivity::face6 ? 1 : connectivity == Connectivity::edge18 ? 2 : 3;
  std::vector<Vec3i> list;
  for (int steps = 1; steps <= most; ++steps)
    for (std::int64_t z = -1; z <= 1; ++z)
      for (std::int64_t y = -1; y <= 1; ++y)
        for (std::int64_t x = -1; x <= 1; ++x)
          if (std::abs(x) + std::abs(y) + std::abs(z) == steps) list.push_back({x, y, z});
  return list;
}

void check_sizes(const Vec3i& a, const Vec3i& b, const Vec3i& c) {
  if (a != b || a != c) throw Error(Category::runtime, "watershed: levels, mask and labels differ in size");
  if (a.product() > std::numeric_limits<std::uint32_t>::max())
    throw Error(Category::runtime, "watershed: more than 2^32 voxels at once");
}

template <class D>
void rank_levels(VolumeView<const D> squared, VolumeView<const std::uint8_t> mask, VolumeView<std::uint32_t> level) {
  check_sizes(squared.size, mask.size, level.size);
  std::vector<D> values;
  const auto for_rows = [&](const auto& use) {
    for (std::int64_t z = 0; z < mask.size.z; ++z)
      for (std::int64_t y = 0; y < mask.size.y; ++y) use(mask.row(y, z), squared.row(y, z), level.row(y, z));
  };
  const auto compact = [&] {
    std::sort(values.begin(), values.end(), std::greater<>());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  };
  std::size_t limit = 1 << 16;
  for_rows([&](const std::uint8_t* m, const D* d, std::uint32_t*) {
    D last{0};
    for (std::int64_t x = 0; x < mask.size.x; ++x)
      if (m[x] != 0 && d[x] != last) values.push_back(last = d[x]);
    if (values.size() < limit) return;
    compact();
    limit = std::max(limit, 2 * values.size());
  });
  compact();
  for_rows([&](const std::uint8_t* m, const D* d, std::uint32_t* to) {
    for (std::int64_t x = 0; x < mask.size.x; ++x)
      to[x] = m[x] == 0 ? 0
                        : static_cast<std::uint32_t>(
                              std::lower_bound(values.begin(), values.end(), d[x], std::greater<>()) - values.begin());
  });
}

/// x-runs of equal non-zero value, and the value of each.
template <class T>
void value_runs(VolumeView<const T> values, std::vector<Run>& runs, std::vector<T>& value) {
  for (std::int64_t z = 0; z < values.size.z; ++z)
    for (std::int64_t y = 0; y < values.size.y; ++y) {
      const T* row = values.row(y, z);
      for_each_row_run(row, values.size.x, [&](std::int64_t start, std::int64_t end) {
        if (row[start] == 0) return;
        runs.push_back({static_cast<std::int32_t>(start), static_cast<std::int32_t>(y), static_cast<std::int32_t>(z),
                        static_cast<std::int32_t>(end - start)});
        value.push_back(row[start]);
      });
    }
}

std::uint32_t paint(const std::vector<Run>& runs, const RunComponents& parts, VolumeView<std::uint32_t> labels) {
  std::size_t i = 0;
  for (std::int64_t z = 0; z < labels.size.z; ++z)
    for (std::int64_t y = 0; y < labels.size.y; ++y) {
      std::uint32_t* const row = labels.row(y, z);
      std::int64_t x = 0;
      for (; i < runs.size() && runs[i].z == z && runs[i].y == y; x = runs[i].end(), ++i) {
        std::fill(row + x, row + runs[i].x, 0U);
        std::fill_n(row + runs[i].x, runs[i].len, parts.part[i] + 1);
      }
      std::fill(row + x, row + labels.size.x, 0U);
    }
  return parts.n_parts;
}

}  // namespace

void Watershed::push(const Entry& entry) {
  std::size_t at = heap_.size();
  heap_.push_back(entry);
  while (at > 0 && entry.key < heap_[(at - 1) / 2].key) {
    heap_[at] = heap_[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  heap_[at] = entry;
}

Watershed::Entry Watershed::pop() {
  const Entry top = heap_.front(), moved = heap_.back();
  heap_.pop_back();
  const std::size_t n = heap_.size();
  for (std::size_t at = 0; at < n;) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < n && heap_[child + 1].key < heap_[child].key) ++child;
    if (child >= n || heap_[child].key >= moved.key) {
      heap_[at] = moved;
      break;
    }
    heap_[at] = heap_[child];
    at = child;
  }
  return top;
}

void Watershed::seed(VolumeView<const std::uint32_t> level, VolumeView<const std::uint8_t> mask,
                     VolumeView<std::uint32_t> labels) {
  heap_.clear();
  std::uint32_t voxel = 0;
  for (std::int64_t z = 0; z < mask.size.z; ++z)
    for (std::int64_t y = 0; y < mask.size.y; ++y)
      for (std::int64_t x = 0; x < mask.size.x; ++x, ++voxel) {
        std::uint32_t& label = labels(x, y, z);
        if (mask(x, y, z) == 0) label = 0;
        if (label != 0) push({std::uint64_t{level(x, y, z)} << 32, voxel});
      }
}

void Watershed::run(VolumeView<const std::uint32_t> level, VolumeView<const std::uint8_t> mask,
                    VolumeView<std::uint32_t> labels, Connectivity connectivity) {
  check_sizes(level.size, mask.size, labels.size);
  const std::vector<Vec3i> around = neighbours(connectivity);
  const Vec3i size = mask.size;
  const auto nx = static_cast<std::uint32_t>(size.x), ny = static_cast<std::uint32_t>(size.y);
  seed(level, mask, labels);
  std::uint32_t age = 0;
  while (!heap_.empty()) {
    const std::uint32_t voxel = pop().voxel;
    const Vec3i at{voxel % nx, voxel / nx % ny, voxel / nx / ny};
    const std::uint32_t label = labels(at.x, at.y, at.z);
    for (const Vec3i& step : around) {
      const Vec3i v = at + step;
      if (v.x < 0 || v.y < 0 || v.z < 0 || v.x >= size.x || v.y >= size.y || v.z >= size.z) continue;
      if (mask(v.x, v.y, v.z) == 0 || labels(v.x, v.y, v.z) != 0) continue;
      labels(v.x, v.y, v.z) = label;
      push({std::uint64_t{level(v.x, v.y, v.z)} << 32 | ++age,
            static_cast<std::uint32_t>((v.z * size.y + v.y) * size.x + v.x)});
    }
  }
}

void levels_of_distances(VolumeView<const std::uint64_t> squared, VolumeView<const std::uint8_t> mask,
                         VolumeView<std::uint32_t> level) {
  rank_levels(squared, mask, level);
}
void levels_of_distances(VolumeView<const std::uint32_t> squared, VolumeView<const std::uint8_t> mask,
                         VolumeView<std::uint32_t> level) {
  rank_levels(squared, mask, level);
}

std::uint32_t label_components(VolumeView<const std::uint8_t> mask, VolumeView<std::uint32_t> labels,
                               Connectivity connectivity) {
  check_sizes(mask.size, mask.size, labels.size);
  mask.origin = {};
  const std::vector<Run> runs = runs_of_mask(mask);
  return paint(runs, run_components(runs, connectivity), labels);
}

std::uint32_t label_components(VolumeView<const Id> values, VolumeView<std::uint32_t> labels,
                               Connectivity connectivity) {
  check_sizes(values.size, values.size, labels.size);
  std::vector<Run> runs;
  std::vector<Id> value;
  value_runs(values, runs, value);
  return paint(runs, run_components(runs, value, connectivity), labels);
}

}  // namespace syconn
