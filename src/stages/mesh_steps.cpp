// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_steps.h"

#include <algorithm>

#include "chunk_records.h"
#include "record_cursor.h"

namespace syconn {
namespace {

// Positions of the blocks that `write` touches.
Box3 touched_blocks(const Box3& write, const Vec3i& block) {
  Box3 b;
  for (int k = 0; k < 3; ++k)
    b.min[k] = floor_div(write.min[k], block[k]), b.max[k] = floor_div(write.max[k] - 1, block[k]) + 1;
  return b;
}

std::int64_t groups(const Geometry& g) {
  const std::int64_t n = per_shifted_mesh_block.count(g);
  return n > g.merge_fan_in ? ceil_div(n, g.merge_fan_in) : 0;
}

// Chunks that touch `block`, in raster order.
std::vector<MarchedChunk> chunks_of(const JobContext& ctx, const std::string& from, const std::string& name,
                                    const Box3& block) {
  const ChunkGrid grid = ctx.geometry().grid();
  std::vector<MarchedChunk> chunks;
  for (const std::int64_t i : chunks_touching(grid, block))
    chunks.push_back({ctx.work_input(from, name, i), grid.chunk_box(i)});
  return chunks;
}

}  // namespace

const FanOut per_mesh_block{"per_mesh_block", [](const Geometry& g) { return ChunkGrid(g.box, kMeshBlockVx).count(); }};
const FanOut per_shifted_mesh_block{"per_shifted_mesh_block", [](const Geometry& g) {
                                      return ChunkGrid(g.box.shifted(kMeshBlockVx / 2), kMeshBlockVx).count();
                                    }};
const FanOut per_mesh_group{"per_mesh_group", groups};

void MeshSettings::describe(Fields& f) {
  f.add("mesh_factor_vx", factor_vx, "meshes sample every so many voxels", Range{1, 64});
  f.add("mesh_reduction", reduction, "simplification stops at this part of the faces", Range{1});
  f.add("mesh_max_error_nm", max_error_nm,
        "no vertex of the unsimplified mesh lies farther from the simplified surface", Range{0});
}

MeshGrid::MeshGrid(const Geometry& geometry, const MeshSettings& s, const Vec3i& block)
    : lattice{geometry.box, geometry.voxel_size_nm, s.factor_vx}, settings(s), block_vx(block) {
  lattice.check();
}

Vec3i MeshGrid::block_of(const Vec3i& cell, const Vec3i& shift_vx) const {
  const Vec3i v = min(max(cell * lattice.factor, lattice.box.min), lattice.box.max - Vec3i(1)) + shift_vx;
  return {floor_div(v.x, block_vx.x), floor_div(v.y, block_vx.y), floor_div(v.z, block_vx.z)};
}

std::pair<Vec3i, Vec3i> MeshGrid::blocks_around(VertexKey vertex) const {
  const Vec3i d = doubled_coordinate(vertex);
  Vec3i lo, hi;
  for (int k = 0; k < 3; ++k) lo[k] = ceil_div(d[k], 2) - 1, hi[k] = floor_div(d[k], 2);
  return {block_of(lo), block_of(hi)};
}

bool MeshGrid::on_block_face(VertexKey vertex) const {
  const auto [lo, hi] = blocks_around(vertex);
  return lo != hi;
}

Vec3i MeshGrid::shifted_block_of(VertexKey vertex) const {
  const Vec3i d = doubled_coordinate(vertex);
  return block_of({floor_div(d.x, 2), floor_div(d.y, 2), floor_div(d.z, 2)}, block_vx / 2);
}

Box3 MeshGrid::block_positions() const { return touched_blocks(lattice.box, block_vx); }

Box3 mesh_read_box(const Box3& write, const Box3& dataset, const Vec3i& factor) {
  return MeshLattice{dataset, {1, 1, 1}, factor}.read_box(write);
}

std::uint32_t mesh_slices(const Box3& write, const MeshGrid& grid) {
  return static_cast<std::uint32_t>(touched_blocks(write, grid.block_vx).voxels());
}

std::uint32_t mesh_slice_of(const Box3& write, const Vec3i& block, const MeshGrid& grid) {
  const Box3 all = touched_blocks(write, grid.block_vx);
  const Vec3i p = block - all.min, n = all.size();
  return static_cast<std::uint32_t>(p.x + n.x * (p.y + n.y * p.z));
}

void march_into(RecordFileWriter& out, VolumeView<const Id> labels, const Box3& part, const Box3& write,
                const MeshGrid& grid) {
  LabelSurfaces surfaces;
  LabelMarcher().run(labels, part, grid.lattice, surfaces);
  std::vector<std::vector<SurfaceCell>> by_slice(mesh_slices(write, grid));
  for (std::size_t k = 0; k < surfaces.ids.size(); ++k) {
    for (const SurfaceCell& cell : surfaces.of(k))
      by_slice[mesh_slice_of(write, grid.block_of(cell.at()), grid)].push_back(cell);
    for (std::uint32_t s = 0; s < by_slice.size(); ++s) {
      if (by_slice[s].empty()) continue;
      const std::uint64_t header[2] = {surfaces.ids[k], by_slice[s].size()};
      append_bytes<std::uint64_t>(out, s, header);
      append_bytes<SurfaceCell>(out, s, by_slice[s]);
      by_slice[s].clear();
    }
  }
}

void march_job(JobContext& ctx, const std::string& name, VolumeView<const Id> labels, const MeshSettings& settings) {
  const MeshGrid grid(ctx.geometry(), settings);
  RecordFileWriter out(ctx.work_output(name), mesh_slices(ctx.job().box, grid), 0);
  march_into(out, labels, ctx.job().box, ctx.job().box, grid);
  out.close();
}

void simplify_blocks(JobContext& ctx, const std::string& from, const std::string& name, const MeshSettings& settings) {
  const MeshGrid grid(ctx.geometry(), settings);
  const std::int64_t i = ctx.job().index;
  simplify_block(chunks_of(ctx, from, name, grid.blocks().chunk_box(i)), i, grid, ctx.work_output(name));
}

void simplify_shifted(JobContext& ctx, const std::string& from, const std::string& name, const MeshSettings& settings,
                      std::uint32_t n_shards) {
  const auto file = [&](std::int64_t i) { return ctx.work_input(from, name, i); };
  simplify_shifted_block(file, ctx.job().index, MeshGrid(ctx.geometry(), settings), n_shards, ctx.work_output(name));
}

void gather_meshes(JobContext& ctx, const std::string& from, const std::vector<std::string>& names) {
  const std::int64_t fan_in = ctx.geometry().merge_fan_in, first = ctx.job().index * fan_in,
                     last = std::min(per_shifted_mesh_block.count(ctx.geometry()), first + fan_in);
  for (const std::string& name : names) {
    std::vector<RecordFile> inputs;
    for (std::int64_t i = first; i < last; ++i) inputs.emplace_back(ctx.work_input(from, name, i));
    RecordFileWriter out(ctx.work_output(name), inputs.front().n_slices(), 0);
    std::vector<char> bytes;
    for (std::uint32_t s = 0; s < inputs.front().n_slices(); ++s)
      for (const RecordFile& input : inputs) {
        bytes.clear();
        input.read(s, bytes);
        out.append(s, bytes.data(), bytes.size());
      }
    out.close();
  }
}

std::vector<fs::path> mesh_files(const JobContext& ctx, const std::string& from, const std::string& gather,
                                 const std::string& name) {
  const std::int64_t gathered = groups(ctx.geometry());
  const std::int64_t n = gathered > 0 ? gathered : per_shifted_mesh_block.count(ctx.geometry());
  std::vector<fs::path> files;
  for (std::int64_t i = 0; i < n; ++i) files.push_back(ctx.work_input(gathered > 0 ? gather : from, name, i));
  return files;
}

// 16 bytes a surface cell while it is read, 250 one of the largest object's, which holds a quarter of them at most.
std::uint64_t mesh_block_memory_bytes(const Geometry& geometry, const MeshSettings& settings, double surface) {
  const Vec3i block = min(kMeshBlockVx, geometry.box.size());
  const auto cells = static_cast<std::uint64_t>((block / settings.factor_vx + Vec3i(2)).product());
  return static_cast<std::uint64_t>(surface * static_cast<double>(cells * (16 + 250 / 4))) + (std::uint64_t{256} << 20);
}

}  // namespace syconn
