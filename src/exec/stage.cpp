// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/exec/stage.h"

#include <algorithm>

#include "syconn/exec/diagnostics.h"

namespace syconn {

std::uint32_t Geometry::id_slices() const {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ceil_div(voxels(), std::int64_t{1} << 25), 4, 4096));
}

const FanOut once{"once", [](const Geometry&) { return std::int64_t{1}; }};
const FanOut per_chunk{"per_chunk", [](const Geometry& g) { return g.grid().count(); }};
const FanOut per_id_slice{"per_id_slice", [](const Geometry& g) { return std::int64_t{g.id_slices()}; }};

const Stage& StageTable::at(const std::string& name) const {
  std::vector<std::string> names;
  for (const Stage& s : stages) {
    if (s.name == name) return s;
    names.push_back(s.name);
  }
  throw Error(Category::usage, "no stage '" + name + "'" + did_you_mean(name, names));
}

std::vector<Section> StageTable::sections() const {
  std::vector<Section> list;
  for (const Stage& s : stages) {
    list.push_back(s.section);
    list.back().name = s.name;
  }
  return list;
}

}  // namespace syconn
