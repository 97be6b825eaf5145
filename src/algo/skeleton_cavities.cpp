// SPDX-License-Identifier: GPL-3.0-or-later
// Enclosed cavities without a box of voxels: the gaps between the runs of a row are the only candidates, a gap that
// touches a place which is neither a gap nor the component is outside, and touching gaps share their fate.
#include <algorithm>

#include "skeleton_bricks.h"
#include "syconn/core/union_find.h"

namespace syconn::skeleton {
namespace {

struct GapRow {
  std::int32_t y, z;
  std::int32_t x0, x1;        ///< reach of the component's runs of this row
  std::uint32_t first, last;  ///< its gaps
};

struct Gaps {
  std::vector<Run> runs;
  std::vector<GapRow> rows;
};

Gaps gaps_between(std::span<const Run> runs) {
  Gaps gaps;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& r = runs[i];
    const auto n = static_cast<std::uint32_t>(gaps.runs.size());
    if (i == 0 || runs[i - 1].z != r.z || runs[i - 1].y != r.y) {
      gaps.rows.push_back({r.y, r.z, r.x, r.end(), n, n});
      continue;
    }
    if (r.x > runs[i - 1].end()) gaps.runs.push_back({runs[i - 1].end(), r.y, r.z, r.x - runs[i - 1].end()});
    gaps.rows.back().x1 = r.end();
    gaps.rows.back().last = static_cast<std::uint32_t>(gaps.runs.size());
  }
  return gaps;
}

class Enclosure {
 public:
  explicit Enclosure(const Gaps& gaps)
      : gaps_(gaps), outside_(static_cast<std::uint32_t>(gaps.runs.size())), sets_(outside_ + 1) {
    std::size_t cursors[4] = {};
    for (const GapRow& row : gaps.rows) {
      if (row.first == row.last) continue;
      visit(row, row.y, row.z - 1, cursors[0]);
      visit(row, row.y - 1, row.z, cursors[1]);
      visit(row, row.y + 1, row.z, cursors[2]);
      visit(row, row.y, row.z + 1, cursors[3]);
    }
  }
  bool enclosed(std::uint32_t gap) { return sets_.find(gap) != sets_.find(outside_); }

 private:
  void visit(const GapRow& row, std::int32_t y, std::int32_t z, std::size_t& cursor) {
    const auto& rows = gaps_.rows;
    while (cursor < rows.size() && (rows[cursor].z != z ? rows[cursor].z < z : rows[cursor].y < y)) ++cursor;
    if (cursor == rows.size() || rows[cursor].z != z || rows[cursor].y != y) {
      for (std::uint32_t i = row.first; i < row.last; ++i) sets_.unite(i, outside_);
      return;
    }
    const GapRow& other = rows[cursor];
    for (std::uint32_t i = row.first, j = other.first; i < row.last; ++i) {
      const Run& g = gaps_.runs[i];
      if (g.x < other.x0 || g.end() > other.x1) sets_.unite(i, outside_);
      while (j < other.last && gaps_.runs[j].end() <= g.x) ++j;
      for (std::uint32_t k = j; k < other.last && gaps_.runs[k].x < g.end(); ++k) sets_.unite(i, k);
    }
  }

  const Gaps& gaps_;
  std::uint32_t outside_;
  UnionFind sets_;
};
}  // namespace

std::vector<Run> cavities(std::span<const Run> runs) {
  const Gaps gaps = gaps_between(runs);
  std::vector<Run> filled;
  if (gaps.runs.empty()) return filled;
  Enclosure enclosure(gaps);
  for (std::uint32_t i = 0; i < gaps.runs.size(); ++i)
    if (enclosure.enclosed(i)) filled.push_back(gaps.runs[i]);
  return filled;
}

}  // namespace syconn::skeleton
