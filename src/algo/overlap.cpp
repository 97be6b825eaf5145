// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/overlap.h"

#include <algorithm>
#include <tuple>

#include "row_runs.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

/// (organelle, sv) -> voxels; open addressing over places in `list`.
class OverlapTable {
 public:
  void add(Id organelle, Id sv, std::uint64_t voxels) {
    if (last_ >= list.size() || list[last_].organelle != organelle || list[last_].sv != sv) last_ = find(organelle, sv);
    list[last_].voxels += voxels;
  }
  std::vector<Overlap> list;

 private:
  std::size_t find(Id organelle, Id sv) {
    if (list.size() * 2 >= places_.size()) grow();
    std::size_t& place = places_[slot(organelle, sv)];
    if (place == 0) list.push_back({organelle, sv, 0}), place = list.size();
    return place - 1;
  }
  std::size_t slot(Id organelle, Id sv) const {
    std::size_t i = mix64(organelle, sv) & (places_.size() - 1);
    while (places_[i] != 0 && (list[places_[i] - 1].organelle != organelle || list[places_[i] - 1].sv != sv))
      i = (i + 1) & (places_.size() - 1);
    return i;
  }
  void grow() {
    places_.assign(std::max<std::size_t>(1024, places_.size() * 2), 0);
    for (std::size_t k = 0; k < list.size(); ++k) places_[slot(list[k].organelle, list[k].sv)] = k + 1;
  }
  std::vector<std::size_t> places_;  // 1 + place in list, 0: free; a power of two
  std::size_t last_ = 0;
};

void add_row(const Id* sv, const Id* organelle, std::int64_t n, OverlapTable& table) {
  for_each_row_run(organelle, n, [&](std::int64_t from, std::int64_t to) {
    if (organelle[from] == kBackground) return;
    for_each_row_run(sv + from, to - from, [&](std::int64_t start, std::int64_t end) {
      table.add(organelle[from], sv[from + start], static_cast<std::uint64_t>(end - start));
    });
  });
}

}  // namespace

std::vector<Overlap> count_overlaps(VolumeView<const Id> sv, VolumeView<const Id> organelles) {
  if (!(sv.box() == organelles.box())) throw Error(Category::runtime, "overlaps need two volumes of the same box");
  OverlapTable table;
  for (std::int64_t z = 0; z < sv.size.z; ++z)
    for (std::int64_t y = 0; y < sv.size.y; ++y) add_row(sv.row(y, z), organelles.row(y, z), sv.size.x, table);
  std::sort(table.list.begin(), table.list.end(), [](const Overlap& x, const Overlap& y) {
    return std::tie(x.organelle, x.sv) < std::tie(y.organelle, y.sv);
  });
  return std::move(table.list);
}

}  // namespace syconn
