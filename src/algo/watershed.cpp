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
  if ((a + Vec3i(2)).product() > std::numeric_limits<std::uint32_t>::max())
    throw Error(Category::runtime, "watershed: more than 2^32 voxels at once");
}

constexpr std::uint64_t kRankTable = 1 << 20;  ///< squared distances of common voxel sizes and radii lie below it

/// Ranks of values up to `largest` by a table of those that occur.
template <class ForRows>
void rank_by_table(const ForRows& for_rows, std::size_t largest, std::int64_t nx) {
  std::vector<std::uint32_t> rank(largest + 1, 0);
  for_rows([&](const std::uint8_t* m, const auto* d, std::uint32_t*) {
    for (std::int64_t x = 0; x < nx; ++x)
      if (m[x] != 0) rank[d[x]] = 1;
  });
  std::uint32_t next = 0;
  for (std::size_t value = largest + 1; value-- > 0;)
    if (rank[value] != 0) rank[value] = next++;
  for_rows([&](const std::uint8_t* m, const auto* d, std::uint32_t* to) {
    for (std::int64_t x = 0; x < nx; ++x) to[x] = m[x] == 0 ? 0 : rank[d[x]];
  });
}

template <class D>
void rank_levels(VolumeView<const D> squared, VolumeView<const std::uint8_t> mask, VolumeView<std::uint32_t> level) {
  check_sizes(squared.size, mask.size, level.size);
  std::vector<D> values;  // that occur, the largest first
  const auto for_rows = [&](const auto& use) {
    for (std::int64_t z = 0; z < mask.size.z; ++z)
      for (std::int64_t y = 0; y < mask.size.y; ++y) use(mask.row(y, z), squared.row(y, z), level.row(y, z));
  };
  const auto compact = [&] {
    std::sort(values.begin(), values.end(), std::greater<>());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  };
  D largest{0};
  for_rows([&](const std::uint8_t* m, const D* d, std::uint32_t*) {
    for (std::int64_t x = 0; x < mask.size.x; ++x) largest = std::max(largest, m[x] != 0 ? d[x] : D{0});
  });
  if (largest < kRankTable) return rank_by_table(for_rows, static_cast<std::size_t>(largest), mask.size.x);
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

// Voxels of the mask without a label are open; the array has a rim, so that no neighbour needs a look at borders.
void Watershed::seed(VolumeView<const std::uint32_t> level, VolumeView<const std::uint8_t> mask,
                     VolumeView<std::uint32_t> labels) {
  const Vec3i n = mask.size, rimmed = n + Vec3i(2);
  heap_.clear();
  open_.assign(static_cast<std::size_t>(rimmed.product()), 0);
  for (std::int64_t z = 0; z < n.z; ++z)
    for (std::int64_t y = 0; y < n.y; ++y) {
      const std::int64_t first = ((z + 1) * rimmed.y + y + 1) * rimmed.x + 1;
      const std::uint8_t* const inside = mask.row(y, z);
      std::uint32_t* const label = labels.row(y, z);
      for (std::int64_t x = 0; x < n.x; ++x) {
        if (inside[x] == 0) {
          label[x] = 0;
          continue;
        }
        const auto at = static_cast<std::uint32_t>(first + x);
        if (label[x] == 0)
          open_[at] = 1;
        else
          push({std::uint64_t{level(x, y, z)} << 32, at, static_cast<std::uint32_t>((z * n.y + y) * n.x + x)});
      }
    }
}

void Watershed::run(VolumeView<const std::uint32_t> level, VolumeView<const std::uint8_t> mask,
                    VolumeView<std::uint32_t> labels, Connectivity connectivity) {
  check_sizes(level.size, mask.size, labels.size);
  const Vec3i n = mask.size, rimmed = n + Vec3i(2);
  for (const auto& [y, z] : {std::pair{level.stride_y, level.stride_z}, std::pair{labels.stride_y, labels.stride_z}})
    if (y != n.x || z != n.x * n.y) throw Error(Category::runtime, "watershed: levels and labels must have no gaps");
  struct Step {
    std::int64_t rimmed, plain;
  };
  std::vector<Step> around;
  for (const Vec3i& d : neighbours(connectivity))
    around.push_back({(d.z * rimmed.y + d.y) * rimmed.x + d.x, (d.z * n.y + d.y) * n.x + d.x});
  seed(level, mask, labels);
  std::uint32_t age = 0;
  while (!heap_.empty()) {
    const Entry from = pop();
    const std::uint32_t label = labels.data[from.voxel];
    for (const Step& step : around) {
      const std::int64_t at = from.at + step.rimmed;
      if (open_[static_cast<std::size_t>(at)] == 0) continue;
      open_[static_cast<std::size_t>(at)] = 0;
      const std::int64_t voxel = from.voxel + step.plain;
      labels.data[voxel] = label;
      push({std::uint64_t{level.data[voxel]} << 32 | ++age, static_cast<std::uint32_t>(at),
            static_cast<std::uint32_t>(voxel)});
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
