// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes of cells: supervoxels mapped to cells and marched, only where cells changed.
#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "chunk_records.h"
#include "sso_steps.h"
#include "syconn/algo/object_properties.h"
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

/// What of a chunk belongs to cells that are made anew, as the early steps know it.
struct ChangedTiles {
  std::unordered_map<Id, Id> cell_of;  ///< of their supervoxels in sight
  Volume<std::uint8_t> holds;          ///< by position of a tile: 1 where it holds voxels of these supervoxels

  bool at(const Vec3i& tile) const { return holds.box().contains(Box3{tile, tile + Vec3i(1)}) && holds.at(tile) != 0; }
};

Box3 tile_box(const Vec3i& tile) { return {tile * kRepTile, (tile + Vec3i(1)) * kRepTile}; }
Box3 tiles_of(const Box3& voxels) {
  return {voxels.min / kRepTile, (voxels.max + Vec3i(kRepTile - 1)) / kRepTile};  // no negative coordinates
}

/// Pieces of supervoxels in the chunks that `box` touches. An object has a candidate in every tile it touches.
std::vector<ObjectRecord> pieces_around(const JobContext& ctx, const Box3& box) {
  std::vector<ObjectRecord> pieces;
  std::vector<char> bytes;
  for (const std::int64_t chunk : chunks_touching(ctx.geometry().grid(), box)) {
    const RecordFile file(ctx.work_input("scan", "sv", chunk));
    bytes.clear();
    for (std::uint32_t s = 0; s < file.n_slices(); ++s) file.read(s, bytes);
    for (auto& [type, records] : read_pieces(bytes))
      pieces.insert(pieces.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
  }
  std::sort(pieces.begin(), pieces.end(), [](const ObjectRecord& a, const ObjectRecord& b) { return a.id < b.id; });
  return pieces;
}

ChangedTiles changed_tiles(const JobContext& ctx, const std::vector<Id>& cells, const Box3& read) {
  const std::vector<ObjectRecord> pieces = pieces_around(ctx, read);
  ChangedTiles changed{{}, Volume<std::uint8_t>(tiles_of(read))};
  const RecordFile mapping(ctx.work_input("assemble", "mapping", 0));
  for (std::uint32_t s = 0; s < mapping.n_slices(); ++s)
    for (const SvCell& m : read_records<SvCell>(mapping, s)) {
      if (!std::binary_search(cells.begin(), cells.end(), m.cell)) continue;
      auto piece =
          std::lower_bound(pieces.begin(), pieces.end(), m.sv, [](const ObjectRecord& r, Id id) { return r.id < id; });
      for (; piece != pieces.end() && piece->id == m.sv; ++piece) {
        changed.cell_of[m.sv] = m.cell;
        for (const auto& voxel : piece->candidates)
          if (const Vec3i tile = Vec3i(voxel) / kRepTile; changed.holds.box().contains(Box3{tile, tile + Vec3i(1)}))
            changed.holds.at(tile) = 1;
      }
    }
  return changed;
}

/// Part of `tile` whose lattice cells may have a changed voxel at a corner: a cell reaches `factor` voxels up.
Box3 marched_part(const ChangedTiles& changed, const Vec3i& tile, const Vec3i& factor) {
  if (changed.at(tile)) return tile_box(tile);
  Box3 part;
  for (int n = 1; n < 8; ++n)
    if (const Vec3i upper = tile + Vec3i(n & 1, n >> 1 & 1, n >> 2); changed.at(upper))
      part = unite(part, intersect(tile_box(tile), tile_box(upper).grown(factor)));
  return part;
}

/// Disjoint boxes of `write` outside of which no lattice cell meets a changed voxel. Tiles that follow each other along
/// x make one box; a chunk that changed for the most part is one box.
std::vector<Box3> marched_parts(const ChangedTiles& changed, const Box3& write, const Vec3i& factor) {
  const Box3 tiles = tiles_of(write);
  std::vector<Box3> parts;
  std::int64_t whole = 0;
  for (std::int64_t z = tiles.min.z; z < tiles.max.z; ++z)
    for (std::int64_t y = tiles.min.y; y < tiles.max.y; ++y) {
      bool joins = false;  // the last part is whole tiles up to here
      for (std::int64_t x = tiles.min.x; x < tiles.max.x; ++x) {
        const bool full = changed.at({x, y, z});
        const Box3 part = intersect(marched_part(changed, {x, y, z}, factor), write);
        whole += full;
        if (full && joins)
          parts.back() = unite(parts.back(), part);
        else if (!part.empty())
          parts.push_back(part);
        joins = full;
      }
    }
  if (4 * whole >= 3 * tiles.voxels()) return {write};
  return parts;
}

/// Labels of the tiles that hold changed voxels; background elsewhere.
void read_changed(const VolumeReader& sv, const ChangedTiles& changed, const VolumeView<Id>& labels) {
  const Box3 tiles = tiles_of(labels.box());
  for (std::int64_t z = tiles.min.z; z < tiles.max.z; ++z)
    for (std::int64_t y = tiles.min.y; y < tiles.max.y; ++y)
      for (std::int64_t x = tiles.min.x; x < tiles.max.x; ++x) {
        if (!changed.at({x, y, z})) continue;
        Box3 run = tile_box({x, y, z});
        while (x + 1 < tiles.max.x && changed.at({x + 1, y, z})) ++x;
        run.max.x = (x + 1) * kRepTile;
        sv.read_labels(labels.sub(intersect(run, labels.box())));
      }
}

/// Supervoxels of other cells become background.
void map_to_cells(Volume<Id>& labels, const std::unordered_map<Id, Id>& cell_of) {
  Id last = kBackground, cell = kBackground;
  for (std::size_t i = 0; i < labels.count(); ++i) {
    Id& label = labels.data()[i];
    if (label != last) {
      const auto found = cell_of.find(label);
      last = label, cell = found == cell_of.end() ? kBackground : found->second;
    }
    label = cell;
  }
}

}  // namespace

void sso_map(JobContext& ctx, const SsoConfig& c) {
  const Box3& write = ctx.job().box;
  const Box3 read = mesh_read_box(write, ctx.geometry().box, c.mesh.factor_vx);
  const MeshGrid mesh_grid(ctx.geometry(), c.mesh);
  RecordFileWriter surfaces(ctx.work_output("cells"), mesh_slices(write, mesh_grid), 0);
  GridRuns grid(ctx);
  if (const std::vector<Id> cells = changed_cells(ctx, read); !cells.empty()) {
    const auto sv = open_covering(ctx.config(), "sv", ctx.geometry().box);
    const ChangedTiles changed = changed_tiles(ctx, cells, read);
    for (const Box3& part : marched_parts(changed, write, c.mesh.factor_vx)) {
      Volume<Id> labels(mesh_read_box(part, ctx.geometry().box, c.mesh.factor_vx));
      read_changed(*sv, changed, labels.view());
      map_to_cells(labels, changed.cell_of);
      march_into(surfaces, std::as_const(labels).view(), part, write, mesh_grid);
      grid.add(std::as_const(labels).view().sub(part));
    }
  }
  surfaces.close();
  grid.close();
}

void sso_simplify(JobContext& ctx, const SsoConfig& c) { simplify_blocks(ctx, "map", "cells", c.mesh); }
void sso_shift(JobContext& ctx, const SsoConfig& c) {
  simplify_shifted(ctx, "simplify", "cells", c.mesh, n_shards(ctx.geometry().voxels()));
}
void sso_gather_meshes(JobContext& ctx, const SsoConfig&) { gather_meshes(ctx, "shift", {"cells"}); }

}  // namespace syconn
