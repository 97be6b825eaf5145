// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/run_components.h"

#include "syconn/core/error.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

/// Runs of one row: [first, last).
struct Row {
  std::int32_t y, z;
  std::uint32_t first, last;
};

std::vector<Row> rows_of(std::span<const Run> runs) {
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i < runs.size(); ++i) {
    if (rows.empty() || rows.back().z != runs[i].z || rows.back().y != runs[i].y)
      rows.push_back({runs[i].y, runs[i].z, i, i});
    rows.back().last = i + 1;
  }
  return rows;
}

/// Unites the runs of two rows that overlap, or, with `slack` 1, touch diagonally.
void unite_rows(std::span<const Run> runs, const Row& a, const Row& b, std::int32_t slack, UnionFind& sets) {
  for (std::uint32_t i = a.first, j = b.first; i < a.last && j < b.last;) {
    if (runs[i].x < runs[j].end() + slack && runs[j].x < runs[i].end() + slack) sets.unite(i, j);
    if (runs[i].end() < runs[j].end())
      ++i;
    else
      ++j;
  }
}

/// Row (y,z) looked for with a cursor that only moves forward.
const Row* seek(const std::vector<Row>& rows, std::size_t& cursor, std::int32_t y, std::int32_t z) {
  while (cursor < rows.size() && (rows[cursor].z < z || (rows[cursor].z == z && rows[cursor].y < y))) ++cursor;
  return cursor < rows.size() && rows[cursor].z == z && rows[cursor].y == y ? &rows[cursor] : nullptr;
}
}  // namespace

RunComponents run_components(std::span<const Run> runs, Connectivity connectivity) {
  if (!is_raster_sorted(runs)) throw Error(Category::runtime, "run_components: the runs are not in raster order");
  const int n = static_cast<int>(connectivity);
  UnionFind sets(static_cast<std::uint32_t>(runs.size()));
  const std::vector<Row> rows = rows_of(runs);
  const std::int32_t slack_face = n >= 18 ? 1 : 0, slack_edge = n >= 26 ? 1 : 0;
  std::size_t cursors[4] = {};
  for (const Row& row : rows) {
    for (std::uint32_t i = row.first + 1; i < row.last; ++i)
      if (runs[i - 1].end() == runs[i].x) sets.unite(i - 1, i);
    if (const Row* r = seek(rows, cursors[0], row.y - 1, row.z)) unite_rows(runs, row, *r, slack_face, sets);
    if (const Row* r = seek(rows, cursors[1], row.y, row.z - 1)) unite_rows(runs, row, *r, slack_face, sets);
    if (n < 18) continue;
    if (const Row* r = seek(rows, cursors[2], row.y - 1, row.z - 1)) unite_rows(runs, row, *r, slack_edge, sets);
    if (const Row* r = seek(rows, cursors[3], row.y + 1, row.z - 1)) unite_rows(runs, row, *r, slack_edge, sets);
  }
  RunComponents out;
  out.part.resize(runs.size());
  for (std::uint32_t i = 0; i < runs.size(); ++i) {  // a root is the first run of its set
    const std::uint32_t root = sets.find(i);
    out.part[i] = root == i ? out.n_parts++ : out.part[root];
  }
  return out;
}

}  // namespace syconn
