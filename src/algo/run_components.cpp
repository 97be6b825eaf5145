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

/// Unites the runs of two rows that overlap, or, with `slack` 1, touch diagonally, where `joins` allows it. Runs marked
/// in `done`, counted from the first of row a, are passed over; with `mark` those get marked that one run of b covers.
template <class Joins>
void unite_rows(std::span<const Run> runs, const Row& a, const Row& b, std::int32_t slack, const Joins& joins,
                UnionFind& sets, std::vector<std::uint8_t>& done, bool mark) {
  std::uint32_t first = b.first;
  for (std::uint32_t i = a.first; i < a.last; ++i) {
    if (done[i - a.first] != 0) continue;
    while (first < b.last && runs[first].end() + slack <= runs[i].x) ++first;
    for (std::uint32_t j = first; j < b.last && runs[j].x < runs[i].end() + slack; ++j) {
      if (!joins(i, j)) continue;
      sets.unite(i, j);
      if (mark && runs[j].x <= runs[i].x && runs[j].end() >= runs[i].end()) done[i - a.first] = 1;
    }
  }
}

/// Row (y,z) looked for with a cursor that only moves forward.
const Row* seek(const std::vector<Row>& rows, std::size_t& cursor, std::int32_t y, std::int32_t z) {
  while (cursor < rows.size() && (rows[cursor].z < z || (rows[cursor].z == z && rows[cursor].y < y))) ++cursor;
  return cursor < rows.size() && rows[cursor].z == z && rows[cursor].y == y ? &rows[cursor] : nullptr;
}

template <class Joins>
RunComponents components(std::span<const Run> runs, Connectivity connectivity, const Joins& joins) {
  if (!is_raster_sorted(runs)) throw Error(Category::runtime, "run_components: the runs are not in raster order");
  const int n = static_cast<int>(connectivity);
  UnionFind sets(static_cast<std::uint32_t>(runs.size()));
  const std::vector<Row> rows = rows_of(runs);
  const std::int32_t slack_face = n >= 18 ? 1 : 0, slack_edge = n >= 26 ? 1 : 0;
  std::size_t cursors[4] = {};
  std::vector<std::uint8_t> done;
  for (const Row& row : rows) {
    for (std::uint32_t i = row.first + 1; i < row.last; ++i)
      if (runs[i - 1].end() == runs[i].x && joins(i - 1, i)) sets.unite(i - 1, i);
    const auto with = [&](int cursor, std::int32_t y, std::int32_t z, std::int32_t slack, bool mark) {
      if (const Row* r = seek(rows, cursors[cursor], y, z)) unite_rows(runs, row, *r, slack, joins, sets, done, mark);
    };
    done.assign(row.last - row.first, 0);
    with(0, row.y - 1, row.z, slack_face, false);
    // What touches a run across an edge touches the run that covers it in the row between across a face.
    with(1, row.y, row.z - 1, slack_face, n >= 18);
    if (n < 18) continue;
    with(2, row.y - 1, row.z - 1, slack_edge, false);
    with(3, row.y + 1, row.z - 1, slack_edge, false);
  }
  RunComponents out;
  out.part.resize(runs.size());
  for (std::uint32_t i = 0; i < runs.size(); ++i) {  // a root is the first run of its set
    const std::uint32_t root = sets.find(i);
    out.part[i] = root == i ? out.n_parts++ : out.part[root];
  }
  return out;
}

}  // namespace

RunComponents run_components(std::span<const Run> runs, Connectivity connectivity) {
  return components(runs, connectivity, [](std::uint32_t, std::uint32_t) { return true; });
}

RunComponents run_components(std::span<const Run> runs, std::span<const Id> values, Connectivity connectivity) {
  if (values.size() != runs.size()) throw Error(Category::runtime, "run_components: not one value a run");
  return components(runs, connectivity, [&](std::uint32_t i, std::uint32_t j) { return values[i] == values[j]; });
}

}  // namespace syconn
