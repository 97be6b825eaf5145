// SPDX-License-Identifier: GPL-3.0-or-later
// Simplification in fixed blocks, then in blocks shifted by half an edge.
#include <algorithm>
#include <array>

#include "mesh_steps.h"
#include "record_cursor.h"
#include "syconn/algo/simplify.h"

namespace syconn {
namespace {

/// Where records of an object stand in the bytes read.
struct PlacedObject {
  Id id;
  std::size_t at;
  bool operator<(const PlacedObject& o) const { return id != o.id ? id < o.id : at < o.at; }
};

/// simplify_blocks -> simplify_shifted: followed by three keys a face, then a key and a face of each removed vertex.
struct PieceHeader {
  Id id = 0;
  std::uint64_t n_faces = 0, n_points = 0;
};

std::uint64_t skip_marched(RecordCursor& cursor) {
  const auto id = cursor.one<std::uint64_t>();
  cursor.skip<SurfaceCell>(cursor.one<std::uint64_t>());
  return id;
}
std::uint64_t skip_piece(RecordCursor& cursor) {
  const auto h = cursor.one<PieceHeader>();
  for (int k = 0; k < 3; ++k) cursor.skip<VertexKey>(h.n_faces);  // a product could overflow
  cursor.skip<VertexKey>(h.n_points);
  cursor.skip<std::uint32_t>(h.n_points);
  return h.id;
}

template <class Skip>
std::vector<PlacedObject> index_objects(const std::vector<char>& bytes, Skip&& skip) {
  std::vector<PlacedObject> index;
  for (RecordCursor cursor(bytes); !cursor.at_end();) {
    const std::size_t at = cursor.position();
    index.push_back({skip(cursor), at});
  }
  std::sort(index.begin(), index.end());
  return index;
}

/// Calls fn(id, its places) for every object, ascending.
template <class F>
void for_each_object(const std::vector<PlacedObject>& index, F&& fn) {
  for (std::size_t i = 0; i < index.size();) {
    std::size_t end = i;
    while (end < index.size() && index[end].id == index[i].id) ++end;
    fn(index[i].id, std::span(index).subspan(i, end - i));
    i = end;
  }
}

void set_positions(const std::vector<VertexKey>& keys, const MeshLattice& lattice, SimplifyMesh& mesh) {
  const Vec3f origin = lattice.position_nm(keys.front());
  mesh.vertices_nm.clear();
  for (const VertexKey key : keys) mesh.vertices_nm.push_back(lattice.position_nm(key) - origin);
}

// ---- fixed blocks -------------------------------------------------------------------------------------------------

class BlockJob {
 public:
  BlockJob(const MeshGrid& grid, const Vec3i& position, const fs::path& out)
      : grid_(grid), position_(position), file_(out, 8, 0) {}

  void object(Id id, std::vector<SurfaceCell>& cells) {
    std::sort(cells.begin(), cells.end());
    weld_cells(cells, keys_, mesh_.faces);
    set_positions(keys_, grid_.lattice, mesh_);
    mesh_.locked.clear(), mesh_.face_of.clear();
    for (const VertexKey key : keys_) mesh_.locked.push_back(grid_.on_block_face(key));
    simplifier_.run(mesh_, {grid_.settings.max_error_nm, grid_.settings.reduction, true});
    write(id);
  }
  void close() { file_.close(); }

 private:
  std::uint32_t slice_of(VertexKey key) const {
    const Vec3i p = grid_.shifted_block_of(key) - position_;
    return static_cast<std::uint32_t>(p.x + 2 * (p.y + 2 * p.z));
  }
  // Each face to all shifted blocks that have one of its vertices; with its removed vertices if that is one block.
  void write(Id id) {
    std::array<std::vector<VertexKey>, 8> faces, points;
    std::array<std::vector<std::uint32_t>, 8> point_face;
    const std::size_t n_faces = mesh_.faces.size() / 3;
    std::vector<std::uint32_t> only(n_faces, 8), number(n_faces);  // a free face's slice, and its number there
    for (std::size_t f = 0; f < n_faces; ++f) {
      std::uint32_t to = 0;
      for (std::size_t k = 0; k < 3; ++k) to |= 1U << slice_of(keys_[mesh_.faces[3 * f + k]]);
      for (std::uint32_t s = 0; s < 8; ++s) {
        if (!(to >> s & 1)) continue;
        if (to == 1U << s) only[f] = s, number[f] = static_cast<std::uint32_t>(faces[s].size() / 3);
        for (std::size_t k = 0; k < 3; ++k) faces[s].push_back(keys_[mesh_.faces[3 * f + k]]);
      }
    }
    for (std::size_t v = 0; v < keys_.size(); ++v) {
      const std::uint32_t f = mesh_.face_of[v];
      if (f == kNoFace || only[f] == 8) continue;
      points[only[f]].push_back(keys_[v]), point_face[only[f]].push_back(number[f]);
    }
    for (std::uint32_t s = 0; s < 8; ++s) {
      if (faces[s].empty()) continue;
      const PieceHeader header{id, faces[s].size() / 3, points[s].size()};
      file_.append(s, &header, sizeof header);
      append_bytes<VertexKey>(file_, s, faces[s]);
      append_bytes<VertexKey>(file_, s, points[s]);
      append_bytes<std::uint32_t>(file_, s, point_face[s]);
    }
  }
  const MeshGrid& grid_;
  Vec3i position_;
  RecordFileWriter file_;
  MeshSimplifier simplifier_;
  SimplifyMesh mesh_;
  std::vector<VertexKey> keys_;
};

// ---- shifted blocks -----------------------------------------------------------------------------------------------

class ShiftedJob {
 public:
  ShiftedJob(const MeshGrid& grid, const Vec3i& position, std::uint32_t n_shards, const fs::path& out)
      : grid_(grid), position_(position), n_shards_(n_shards), file_(out, n_shards, 0) {}

  void object(Id id, std::span<const PlacedObject> places, const std::vector<char>& bytes) {
    read(places, bytes);
    set_positions(keys_, grid_.lattice, mesh_);
    lock();
    simplifier_.run(mesh_, {grid_.settings.max_error_nm, grid_.settings.reduction, false});
    write(id);
  }
  void close() { file_.close(); }

 private:
  void read(std::span<const PlacedObject> places, const std::vector<char>& bytes) {
    std::vector<VertexKey> corners, points;
    std::vector<std::uint32_t> point_face;
    for (const PlacedObject& place : places) {
      RecordCursor cursor(bytes, place.at);
      const auto h = cursor.one<PieceHeader>();
      const auto first_face = static_cast<std::uint32_t>(corners.size() / 3);
      const std::size_t first_point = point_face.size();
      cursor.many(3 * h.n_faces, corners);
      cursor.many(h.n_points, points);
      cursor.many(h.n_points, point_face);
      for (std::size_t i = first_point; i < point_face.size(); ++i) point_face[i] += first_face;
    }
    weld_keys(corners, keys_, mesh_.faces);
    mesh_.face_of.assign(keys_.size(), kNoFace);
    keys_.insert(keys_.end(), points.begin(), points.end());
    mesh_.face_of.insert(mesh_.face_of.end(), point_face.begin(), point_face.end());
  }
  // Faces with vertices in several shifted blocks stay; elsewhere only what the first pass had to leave is tried.
  void lock() {
    mesh_.locked.assign(keys_.size(), 0), mesh_.candidate.assign(keys_.size(), 0);
    std::vector<std::uint8_t> outside, seam;
    for (const VertexKey key : keys_) {
      outside.push_back(grid_.shifted_block_of(key) != position_);
      seam.push_back(grid_.on_block_face(key));
    }
    for (std::size_t f = 0; f < mesh_.faces.size(); f += 3) {
      const std::uint32_t a = mesh_.faces[f], b = mesh_.faces[f + 1], c = mesh_.faces[f + 2];
      const bool fixed = outside[a] || outside[b] || outside[c], near = seam[a] || seam[b] || seam[c];
      for (const std::uint32_t v : {a, b, c}) {
        if (fixed) mesh_.locked[v] = 1;
        if (near) mesh_.candidate[v] = 1;
      }
    }
  }
  // A face of several shifted blocks is written by the first of them.
  bool owns(std::size_t face) const {
    Vec3i first = position_;
    for (std::size_t k = 0; k < 3; ++k) {
      const Vec3i p = grid_.shifted_block_of(keys_[mesh_.faces[3 * face + k]]);
      if (raster_less(p, first)) first = p;
    }
    return first == position_;
  }
  void write(Id id) {
    std::vector<VertexKey> corners;
    for (std::size_t f = 0; f < mesh_.faces.size() / 3; ++f)
      if (owns(f))
        for (std::size_t k = 0; k < 3; ++k) corners.push_back(keys_[mesh_.faces[3 * f + k]]);
    if (corners.empty()) return;
    const std::uint64_t header[2] = {id, corners.size() / 3};
    append_bytes<std::uint64_t>(file_, shard_of(id, n_shards_), header);
    append_bytes<VertexKey>(file_, shard_of(id, n_shards_), corners);
  }
  const MeshGrid& grid_;
  Vec3i position_;
  std::uint32_t n_shards_;
  RecordFileWriter file_;
  MeshSimplifier simplifier_;
  SimplifyMesh mesh_;
  std::vector<VertexKey> keys_;
};

void gather_cells(std::span<const PlacedObject> places, const std::vector<char>& bytes,
                  std::vector<SurfaceCell>& cells) {
  for (const PlacedObject& place : places) {
    RecordCursor cursor(bytes, place.at);
    cursor.skip<Id>(1);
    cursor.many(cursor.one<std::uint64_t>(), cells);
  }
}

}  // namespace

void simplify_block(const std::vector<MarchedChunk>& chunks, std::int64_t block, const MeshGrid& grid,
                    const fs::path& out) {
  const Vec3i position = grid.blocks().position(block);
  std::vector<char> bytes;
  for (const MarchedChunk& chunk : chunks)
    RecordFile(chunk.file).read(mesh_slice_of(chunk.write, position, grid), bytes);
  BlockJob job(grid, position, out);
  std::vector<SurfaceCell> cells;
  for_each_object(index_objects(bytes, skip_marched), [&](Id id, std::span<const PlacedObject> places) {
    cells.clear();
    gather_cells(places, bytes, cells);
    job.object(id, cells);
  });
  job.close();
}

void simplify_shifted_block(const std::function<fs::path(std::int64_t)>& block_file, std::int64_t shifted,
                            const MeshGrid& grid, std::uint32_t n_shards, const fs::path& out) {
  const Vec3i position = grid.shifted().position(shifted);
  const Box3 all = grid.block_positions();
  std::vector<char> bytes;
  for (int n = 0; n < 8; ++n) {
    const Vec3i local(n & 1, n >> 1 & 1, n >> 2), block = position - local;
    if (!all.contains(block)) continue;
    const Vec3i voxel = max(block * grid.block_vx, grid.lattice.box.min);
    RecordFile(block_file(grid.blocks().index_of(voxel))).read(static_cast<std::uint32_t>(n), bytes);
  }
  ShiftedJob job(grid, position, n_shards, out);
  for_each_object(index_objects(bytes, skip_piece),
                  [&](Id id, std::span<const PlacedObject> places) { job.object(id, places, bytes); });
  job.close();
}

LabelSurfaces marched_surfaces(const std::vector<MarchedChunk>& chunks, const MeshGrid& grid) {
  std::vector<char> bytes;
  for (const MarchedChunk& chunk : chunks)
    for (std::uint32_t s = 0; s < mesh_slices(chunk.write, grid); ++s) RecordFile(chunk.file).read(s, bytes);
  LabelSurfaces out;
  out.offset.push_back(0);
  for_each_object(index_objects(bytes, skip_marched), [&](Id id, std::span<const PlacedObject> places) {
    out.ids.push_back(id);
    gather_cells(places, bytes, out.cells);
    std::sort(out.cells.begin() + static_cast<std::ptrdiff_t>(out.offset.back()), out.cells.end());
    out.offset.push_back(out.cells.size());
  });
  return out;
}

}  // namespace syconn
