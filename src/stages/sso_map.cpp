// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes of cells: supervoxels mapped to cells and marched, only where cells changed.
#include <algorithm>
#include <unordered_map>

#include "sso_steps.h"
#include "volumes.h"

namespace syconn {
namespace {

/// Cells to be made anew whose box meets `box`.
std::vector<Id> changed_cells(const JobContext& ctx, const Box3& box) {
  std::vector<Id> cells;
  for (std::uint32_t s = 0; s < ctx.geometry().id_slices(); ++s)
    for (const ChangedCell& c : read_records<ChangedCell>(RecordFile(ctx.work_input("cells", "changed", s)), 0))
      if (!intersect(c.bbox(), box).empty()) cells.push_back(c.cell);
  std::sort(cells.begin(), cells.end());
  return cells;
}

std::vector<Id> ids_in(const Volume<Id>& labels) {
  std::vector<Id> ids;
  for (std::size_t i = 0; i < labels.count(); ++i)
    if (labels.data()[i] != kBackground && (i == 0 || labels.data()[i] != labels.data()[i - 1])) {
      ids.push_back(labels.data()[i]);
      if (ids.size() < (std::size_t{1} << 22)) continue;
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

/// Cells of these supervoxels; those of cells that are not to be made map to background.
std::unordered_map<Id, Id> cells_of(const JobContext& ctx, const std::vector<Id>& sv_ids,
                                    const std::vector<Id>& cells) {
  std::unordered_map<Id, Id> map;
  const RecordFile mapping(ctx.work_input("assemble", "mapping", 0));
  for (std::uint32_t s = 0; s < mapping.n_slices(); ++s)
    for (const SvCell& m : read_records<SvCell>(mapping, s))
      if (std::binary_search(sv_ids.begin(), sv_ids.end(), m.sv))
        map[m.sv] = std::binary_search(cells.begin(), cells.end(), m.cell) ? m.cell : kBackground;
  return map;
}

void map_to_cells(Volume<Id>& labels, const std::unordered_map<Id, Id>& cell_of) {
  Id last = kBackground, cell = kBackground;
  for (std::size_t i = 0; i < labels.count(); ++i) {
    Id& label = labels.data()[i];
    if (label != last) last = label, cell = label == kBackground ? kBackground : cell_of.at(label);
    label = cell;
  }
}

}  // namespace

void sso_map(JobContext& ctx, const SsoConfig& c) {
  const Box3 read = mesh_read_box(ctx.job().box, ctx.geometry().box, c.mesh.factor_vx);
  const std::vector<Id> cells = changed_cells(ctx, read);
  Volume<Id> labels(read);
  if (!cells.empty()) {
    open_covering(ctx.config(), "sv", ctx.geometry().box)->read_labels(labels.view());
    map_to_cells(labels, cells_of(ctx, ids_in(labels), cells));
  }
  march_job(ctx, "cells", labels.view(), c.mesh);
}

void sso_simplify(JobContext& ctx, const SsoConfig& c) { simplify_blocks(ctx, "map", "cells", c.mesh); }
void sso_shift(JobContext& ctx, const SsoConfig& c) {
  simplify_shifted(ctx, "simplify", "cells", c.mesh, n_shards(ctx.geometry().voxels()));
}
void sso_gather_meshes(JobContext& ctx, const SsoConfig&) { gather_meshes(ctx, "shift", {"cells"}); }

}  // namespace syconn
