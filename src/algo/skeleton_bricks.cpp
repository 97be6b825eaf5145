// SPDX-License-Identifier: GPL-3.0-or-later
#include "skeleton_bricks.h"

#include <algorithm>

#include "syconn/core/error.h"

namespace syconn::skeleton {
namespace {

NeighbourTable make_table() {
  NeighbourTable t{};
  for (int l = 0; l < 64; ++l) {
    std::array<std::uint64_t, 27> masks{};
    const int x = l & 3, y = l >> 2 & 3, z = l >> 4;
    for (int k = 0; k < 27; ++k) {
      if (k == kCentre) continue;
      const int nx = x + k % 3 - 1, ny = y + k / 3 % 3 - 1, nz = z + k / 9 - 1;
      const int code = ((nz + 4) / 4) * 9 + ((ny + 4) / 4) * 3 + (nx + 4) / 4;
      masks[static_cast<std::size_t>(code)] |= 1ULL << ((nx & 3) + 4 * (ny & 3) + 16 * (nz & 3));
    }
    std::uint8_t n = 0;
    for (std::uint8_t code = 0; code < 27; ++code)
      if (masks[code]) t.groups[static_cast<std::size_t>(l)][n++] = {code, masks[code]};
    t.n_groups[static_cast<std::size_t>(l)] = n;
  }
  return t;
}

/// Walks raster-sorted runs a brick row (4 rows of 4 planes) at a time.
struct RowCursors {
  std::span<const Run> runs;
  bool graph;
  std::size_t plane[4] = {}, plane_end[4] = {};

  void open_slab(const Vec3i& origin, std::int64_t slab) {
    std::size_t i = plane_end[3];
    for (int k = 0; k < 4; ++k) {
      plane[k] = i;
      while (i < runs.size() && runs[i].z - origin.z == 4 * slab + k) ++i;
      plane_end[k] = i;
    }
  }
  /// Slab of the next run that open_slab() has not reached; INT64_MAX at the end.
  std::int64_t next_slab(const Vec3i& origin) const {
    return plane_end[3] < runs.size() ? (runs[plane_end[3]].z - origin.z) >> 2 : INT64_MAX;
  }
  std::int64_t next_row(const Vec3i& origin) const {
    std::int64_t row = INT64_MAX;
    for (int k = 0; k < 4; ++k)
      if (plane[k] < plane_end[k]) row = std::min(row, (runs[plane[k]].y - origin.y) >> 2);
    return row;
  }
};

/// One row of bricks while it is filled; reused, cleared by what was touched.
struct BrickRow {
  std::vector<Brick> along;
  std::vector<std::uint32_t> touched;

  void add(const Run& r, const Vec3i& origin, bool graph) {
    const std::int64_t y = r.y - origin.y, z = r.z - origin.z;
    const int shift = static_cast<int>(4 * (y & 3) + 16 * (z & 3));
    const std::int64_t x0 = r.x - origin.x, x1 = x0 + r.len;
    for (std::int64_t bx = x0 >> 2; bx <= (x1 - 1) >> 2; ++bx) {
      const int from = static_cast<int>(std::max<std::int64_t>(x0 - 4 * bx, 0));
      const int to = static_cast<int>(std::min<std::int64_t>(x1 - 4 * bx, 4));
      const std::uint64_t bits = ((1ULL << to) - (1ULL << from)) << shift;
      Brick& b = along[static_cast<std::size_t>(bx)];
      if (!b.solid) touched.push_back(static_cast<std::uint32_t>(bx));
      b.solid |= bits;
      if (graph) b.graph |= bits;
    }
  }
  void flush(std::int64_t by, std::int64_t bz, std::vector<Brick>& out) {
    std::sort(touched.begin(), touched.end());
    for (const std::uint32_t bx : touched) {
      out.push_back({along[bx].graph, along[bx].solid, static_cast<std::int32_t>(bx), static_cast<std::int32_t>(by),
                     static_cast<std::int32_t>(bz)});
      along[bx] = {};
    }
    touched.clear();
  }
};

struct RowRange {
  std::int32_t y, z;
  std::uint32_t first, last;
};

std::vector<RowRange> rows_of(const std::vector<Brick>& bricks) {
  std::vector<RowRange> rows;
  for (std::uint32_t i = 0; i < bricks.size(); ++i) {
    if (rows.empty() || rows.back().y != bricks[i].y || rows.back().z != bricks[i].z)
      rows.push_back({bricks[i].y, bricks[i].z, i, i});
    rows.back().last = i + 1;
  }
  return rows;
}
}  // namespace

const NeighbourTable& neighbour_table() {
  static const NeighbourTable table = make_table();
  return table;
}

Bricks::Bricks(std::span<const Run> runs, std::span<const Run> cavity_runs) {
  const Box3 box = bounding_box(runs);
  origin_ = box.min;
  BrickRow row;
  row.along.resize(static_cast<std::size_t>((box.size().x + 3) / 4));
  RowCursors sources[2] = {{runs, true}, {cavity_runs, false}};
  for (;;) {
    const std::int64_t slab = std::min(sources[0].next_slab(origin_), sources[1].next_slab(origin_));
    if (slab == INT64_MAX) break;
    for (RowCursors& s : sources) s.open_slab(origin_, slab);
    for (;;) {
      const std::int64_t by = std::min(sources[0].next_row(origin_), sources[1].next_row(origin_));
      if (by == INT64_MAX) break;
      for (RowCursors& s : sources)
        for (int k = 0; k < 4; ++k)
          for (; s.plane[k] < s.plane_end[k] && (s.runs[s.plane[k]].y - origin_.y) >> 2 == by; ++s.plane[k])
            row.add(s.runs[s.plane[k]], origin_, s.graph);
      row.flush(by, slab, bricks_);
    }
  }
  if (bricks_.size() >= kNoBrick >> 6)
    throw Error(Category::runtime, "skeleton: a component fills " + std::to_string(bricks_.size()) +
                                       " blocks of 4x4x4 voxels, more than 2^26; use a coarser grid");
  for (const Brick& b : bricks_) graph_.push_back(b.graph), solid_.push_back(b.solid);
  link();
}

void Bricks::link() {
  std::array<std::uint32_t, 27> none;
  none.fill(kNoBrick);
  neighbours_.assign(bricks_.size(), none);
  const std::vector<RowRange> rows = rows_of(bricks_);
  const auto before = [](const RowRange& r, const std::array<std::int32_t, 2>& zy) {
    return r.z != zy[0] ? r.z < zy[0] : r.y < zy[1];
  };
  for (const RowRange& row : rows) {
    for (int k = 0; k < 9; ++k) {
      const std::array<std::int32_t, 2> zy{row.z + k / 3 - 1, row.y + k % 3 - 1};
      const auto other = std::lower_bound(rows.begin(), rows.end(), zy, before);
      if (other == rows.end() || other->z != zy[0] || other->y != zy[1]) continue;
      std::uint32_t j = other->first;
      for (std::uint32_t i = row.first; i < row.last; ++i) {
        while (j < other->last && bricks_[j].x < bricks_[i].x - 1) ++j;
        for (std::uint32_t m = j; m < other->last && bricks_[m].x <= bricks_[i].x + 1; ++m)
          neighbours_[i][static_cast<std::size_t>(3 * k + bricks_[m].x - bricks_[i].x + 1)] = m;
      }
    }
  }
}

}  // namespace syconn::skeleton
