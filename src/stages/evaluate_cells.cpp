// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_cells.h"

#include <algorithm>
#include <set>

#include "evaluate_support.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

/// True cells, those that share a label in one set.
class TrueCells {
 public:
  explicit TrueCells(const std::map<Id, std::vector<Id>>& of_labels) {
    for (const auto& [label, cells] : of_labels) ids_.insert(ids_.end(), cells.begin(), cells.end());
    std::sort(ids_.begin(), ids_.end());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
    sets_ = UnionFind(static_cast<std::uint32_t>(ids_.size()));
    for (const auto& [label, cells] : of_labels)
      for (const Id cell : cells) sets_.unite(index(cells.front()), index(cell));
  }
  /// The set of a cell, named by its smallest cell.
  Id set_of(Id cell) { return ids_[sets_.find(index(cell))]; }
  std::map<Id, std::vector<Id>> members() {
    std::map<Id, std::vector<Id>> sets;
    for (const Id cell : ids_) sets[set_of(cell)].push_back(cell);
    return sets;
  }

 private:
  std::uint32_t index(Id cell) const {
    return static_cast<std::uint32_t>(std::lower_bound(ids_.begin(), ids_.end(), cell) - ids_.begin());
  }
  std::vector<Id> ids_;
  UnionFind sets_;
};

using Links = std::map<Id, std::set<Id>>;

/// What is wrong with a set of true cells; nothing in `cells` beyond one and nothing in `others`: it is exact.
CellFault compare(const std::vector<Id>& truth, Id set, const std::set<Id>& cells, const Links& sets_of_cell,
                  const std::map<Id, std::vector<Id>>& members) {
  CellFault fault{truth, {cells.begin(), cells.end()}, {}};
  std::set<Id> others;
  for (const Id cell : cells)
    if (cell != kBackground)
      for (const Id other : sets_of_cell.at(cell))
        if (other != set) others.insert(members.at(other).begin(), members.at(other).end());
  fault.others.assign(others.begin(), others.end());
  return fault;
}

void count(const CellFault& fault, CellScore& score) {
  const bool split = fault.cells.size() > 1 || fault.cells.front() == kBackground, merged = !fault.others.empty();
  if (fault.truth.size() > 1) {
    score.joined_cells += fault.truth.size();
    ++score.joined_sets;
    score.joined_exact += !split && !merged;
  } else {
    ++score.cells;
    score.split += split;
    score.merged += merged;
    score.exact += !split && !merged;
  }
}

}  // namespace

CellScore evaluate_cells(const fs::path& run, const fs::path& phantom) {
  const auto truth = true_cells_of_labels(phantom);
  const auto cells = cells_of_supervoxels(run);
  CellScore score;
  TrueCells true_cells(truth);
  Links cells_of_set, sets_of_cell;
  for (const auto& [label, of] : truth) {
    score.wrongly_merged += of.size() > 1;
    const auto found = cells.find(label);
    if (found == cells.end()) {
      ++score.missing;
      continue;
    }
    ++score.supervoxels;
    const Id set = true_cells.set_of(of.front());
    cells_of_set[set].insert(found->second);
    sets_of_cell[found->second].insert(set);
  }
  score.unknown = cells.size() - score.supervoxels;
  const auto members = true_cells.members();
  for (const auto& [set, in] : cells_of_set) {
    CellFault fault = compare(members.at(set), set, in, sets_of_cell, members);
    count(fault, score);
    if (in.size() > 1 || *in.begin() == kBackground || !fault.others.empty()) score.faults.push_back(std::move(fault));
  }
  return score;
}

}  // namespace syconn
