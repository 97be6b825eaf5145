// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/agglomeration.h"

#include <algorithm>
#include <cmath>

#include "syconn/core/error.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

constexpr std::int64_t kPartReach = 2;  // voxels

struct PlacedRun {
  Run run;
  std::uint32_t fragment, slot;  ///< slot: the run's set in the union-find
};

struct RowOfRuns {
  std::int32_t z, y;
  std::size_t begin, end;
};

std::int64_t picometres(double nm, const char* what) {
  if (!(nm >= 0 && nm <= 1e6)) throw Error(Category::config, std::string(what) + " must be 0 to 1,000,000 nm");
  return std::llround(nm * 1000);
}

/// Largest r >= 0 with (r * step)^2 <= rest, -1 for a negative rest.
std::int64_t reach(std::int64_t rest, std::int64_t step) {
  if (rest < 0) return -1;
  auto r = static_cast<std::int64_t>(std::sqrt(static_cast<double>(rest)) / static_cast<double>(step));
  while (r * step * r * step > rest) --r;
  while ((r + 1) * step * (r + 1) * step <= rest) ++r;
  return r;
}

/// Finds runs of all fragments whose voxels come within a distance.
class Neighbourhood {
 public:
  explicit Neighbourhood(std::vector<PlacedRun>& runs) : runs_(runs) {
    std::sort(runs_.begin(), runs_.end(),
              [](const PlacedRun& a, const PlacedRun& b) { return raster_less(a.run, b.run); });
    for (std::size_t i = 0; i < runs_.size();) {
      const std::size_t begin = i;
      const Run& first = runs_[begin].run;
      while (i < runs_.size() && runs_[i].run.z == first.z && runs_[i].run.y == first.y) ++i;
      rows_.push_back({first.z, first.y, begin, i});
    }
  }

  /// Calls fn(a, b) for all pairs of different runs with two voxel centres at most `limit` apart; `step`: voxel edges.
  template <class F>
  void for_each_pair(const Vec3i& step, std::int64_t limit, F&& fn) const {
    const std::int64_t squared = limit * limit, reach_z = reach(squared, step.z);
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const RowOfRuns& row = rows_[r];
      for (std::int64_t dz = 0; dz <= reach_z; ++dz) {
        const std::int64_t in_plane = squared - dz * step.z * dz * step.z, reach_y = reach(in_plane, step.y);
        const std::int64_t z = row.z + dz, first_y = dz == 0 ? row.y : row.y - reach_y;
        for (std::size_t o = find_row(z, first_y); o < rows_.size(); ++o) {
          const RowOfRuns& other = rows_[o];
          if (other.z != z || other.y > row.y + reach_y) break;
          const std::int64_t dy = other.y - row.y;
          match(row, other, reach(in_plane - dy * step.y * dy * step.y, step.x), fn);
        }
      }
    }
  }

 private:
  std::size_t find_row(std::int64_t z, std::int64_t y) const {
    const auto before = [&](const RowOfRuns& row, int) { return row.z != z ? row.z < z : row.y < y; };
    return static_cast<std::size_t>(std::lower_bound(rows_.begin(), rows_.end(), 0, before) - rows_.begin());
  }

  /// Runs of a row are disjoint and ascend, so their ends ascend too.
  template <class F>
  void match(const RowOfRuns& row, const RowOfRuns& other, std::int64_t reach_x, F&& fn) const {
    std::size_t low = other.begin;
    for (std::size_t a = row.begin; a < row.end; ++a) {
      const Run& run = runs_[a].run;
      while (low < other.end && runs_[low].run.end() - 1 < run.x - reach_x) ++low;
      for (std::size_t b = std::max(low, row.begin == other.begin ? a + 1 : low);
           b < other.end && runs_[b].run.x <= run.end() - 1 + reach_x; ++b)
        fn(runs_[a], runs_[b]);
    }
  }

  std::vector<PlacedRun>& runs_;
  std::vector<RowOfRuns> rows_;
};

/// Sets of slots, in the order of their first run, as parts: gives every run the number of its part.
std::vector<std::uint32_t> number_parts(const std::vector<PlacedRun>& runs, UnionFind& sets) {
  std::vector<std::uint32_t> part_of_set(sets.size(), UINT32_MAX), part(runs.size());
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::uint32_t& number = part_of_set[sets.find(runs[i].slot)];
    if (number == UINT32_MAX) number = n++;
    part[i] = number;
  }
  return part;
}

std::vector<SynapseParts> collect(const std::vector<PlacedRun>& runs, const std::vector<std::uint32_t>& part,
                                  UnionFind& joined) {
  std::vector<SynapsePart> parts(joined.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    parts[part[i]].fragment = runs[i].fragment;
    parts[part[i]].runs.push_back(runs[i].run);
  }
  for (SynapsePart& p : parts) sort_and_merge(p.runs);
  std::vector<SynapseParts> groups;
  std::vector<std::size_t> group_of(parts.size(), SIZE_MAX);
  for (std::uint32_t p = 0; p < parts.size(); ++p) {  // parts come by first voxel, so groups do too
    std::size_t& group = group_of[joined.find(p)];
    if (group == SIZE_MAX) group = groups.size(), groups.emplace_back();
    groups[group].push_back(std::move(parts[p]));
  }
  for (SynapseParts& group : groups)
    std::stable_sort(group.begin(), group.end(),
                     [](const SynapsePart& a, const SynapsePart& b) { return a.fragment < b.fragment; });
  return groups;
}

}  // namespace

std::vector<SynapseParts> agglomerate(std::span<const std::span<const Run>> fragments, const Vec3d& voxel_size_nm,
                                      double gap_nm) {
  const std::int64_t limit = picometres(gap_nm, "the gap between parts of a synapse");
  Vec3i step;
  for (int axis = 0; axis < 3; ++axis) {
    step[axis] = picometres(voxel_size_nm[axis], "the voxel size");
    if (step[axis] == 0) throw Error(Category::config, "the voxel size must be positive");
  }
  std::vector<PlacedRun> runs;
  for (std::size_t f = 0; f < fragments.size(); ++f) {
    if (!is_raster_sorted(fragments[f])) throw Error(Category::runtime, "runs of a fragment are not in raster order");
    for (const Run& run : fragments[f])
      runs.push_back({run, static_cast<std::uint32_t>(f), static_cast<std::uint32_t>(runs.size())});
  }
  const Neighbourhood near(runs);
  UnionFind slots(static_cast<std::uint32_t>(runs.size()));
  near.for_each_pair(Vec3i(1), kPartReach, [&](const PlacedRun& a, const PlacedRun& b) {
    if (a.fragment == b.fragment) slots.unite(a.slot, b.slot);
  });
  const std::vector<std::uint32_t> part = number_parts(runs, slots);
  UnionFind joined(part.empty() ? 0 : *std::max_element(part.begin(), part.end()) + 1);
  if (fragments.size() > 1)
    near.for_each_pair(step, limit, [&](const PlacedRun& a, const PlacedRun& b) {
      if (a.fragment != b.fragment)
        joined.unite(part[static_cast<std::size_t>(&a - runs.data())],
                     part[static_cast<std::size_t>(&b - runs.data())]);
    });
  return collect(runs, part, joined);
}

}  // namespace syconn
