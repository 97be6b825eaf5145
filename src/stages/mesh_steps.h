// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "syconn/algo/marching.h"
#include "syconn/exec/job.h"
#include "syconn/io/record_file.h"

/// Steps that make closed, simplified meshes of any number of objects out of core: docs/algorithms/meshes.md.
///   march (in a stage's own per_chunk job) -> simplify_blocks -> simplify_shifted -> [gather_meshes] -> MeshReader
/// All four handle one `name` (an object type) a call; a job may call them for several names.
namespace syconn {

struct MeshSettings {
  Vec3i factor_vx{4, 4, 2};
  double reduction = 50;
  double max_error_nm = 40;

  /// Keys mesh_factor_vx, mesh_reduction, mesh_max_error_nm.
  void describe(Fields& f);
};

/// Edge of the blocks that are simplified as one, from the dataset's corner.
inline constexpr Vec3i kMeshBlockVx{1024, 1024, 512};

/// Lattice and blocks of one type. `block_vx` differs from the default in tests only.
struct MeshGrid {
  MeshLattice lattice;
  MeshSettings settings;
  Vec3i block_vx = kMeshBlockVx;

  MeshGrid(const Geometry& geometry, const MeshSettings& settings, const Vec3i& block_vx = kMeshBlockVx);
  ChunkGrid blocks() const { return {lattice.box, block_vx}; }
  /// The blocks shifted by half an edge; their grid is that of the box moved by block_vx / 2.
  ChunkGrid shifted() const { return {lattice.box.shifted(block_vx / 2), block_vx}; }
  /// Block of a cell; first and last block of the cells around a vertex; shifted block of a vertex (grid positions).
  Vec3i block_of(const Vec3i& cell, const Vec3i& shift_vx = {}) const;
  std::pair<Vec3i, Vec3i> blocks_around(VertexKey vertex) const;
  Vec3i shifted_block_of(VertexKey vertex) const;
  bool on_block_face(VertexKey vertex) const;
  Box3 block_positions() const;
};

extern const FanOut per_mesh_block;
extern const FanOut per_shifted_mesh_block;
/// Groups of `merge_fan_in` shifted blocks; none where all together are not more than that.
extern const FanOut per_mesh_group;

/// What march_into reads: `write` and up to `factor` more voxels at its upper sides, inside the dataset.
Box3 mesh_read_box(const Box3& write, const Box3& dataset, const Vec3i& factor);
/// Slices of a chunk's file: the blocks that `write` touches, in raster order.
std::uint32_t mesh_slices(const Box3& write, const MeshGrid& grid);
/// The slice of `block` (its grid position) in that file.
std::uint32_t mesh_slice_of(const Box3& write, const Vec3i& block, const MeshGrid& grid);
/// Surfaces of all objects of a part of the chunk `write` into `out` (mesh_slices() slices, records of varying size).
/// `labels` holds at least mesh_read_box(part, …). Parts are disjoint and their order is free; together they hold every
/// lattice cell that meets an object. Memory: 8 bytes a lattice point, 32 a surface cell and object.
void march_into(RecordFileWriter& out, VolumeView<const Id> labels, const Box3& part, const Box3& write,
                const MeshGrid& grid);
/// The same into a work output `name` of the job, for its box.
void march_job(JobContext& ctx, const std::string& name, VolumeView<const Id> labels, const MeshSettings& settings);

/// Job of a per_mesh_block step: reads `name` of the per_chunk step `from`, writes `name`.
void simplify_blocks(JobContext& ctx, const std::string& from, const std::string& name, const MeshSettings& settings);
/// Job of a per_shifted_mesh_block step: reads `name` of step `from` (simplify_blocks), writes `name` by shard.
void simplify_shifted(JobContext& ctx, const std::string& from, const std::string& name, const MeshSettings& settings,
                      std::uint32_t n_shards);
/// Job of a per_mesh_group step: joins the files of step `from` (simplify_shifted).
void gather_meshes(JobContext& ctx, const std::string& from, const std::vector<std::string>& names);
/// The files a shard's job hands to MeshReader: those of step `gather`, or of `from` where nothing was gathered.
std::vector<fs::path> mesh_files(const JobContext& ctx, const std::string& from, const std::string& gather,
                                 const std::string& name);
/// Bound of a simplify job's memory for a type of these settings, whose surfaces run through at most a share `surface` of
/// the lattice cells; cells that fill the tissue: 1.
std::uint64_t mesh_block_memory_bytes(const Geometry& geometry, const MeshSettings& settings, double surface = 1);

/// Meshes of one shard's objects. Memory: 24 bytes an object and block it touches, up to `memory_bytes` of triangles
/// (what exceeds it goes to a nameless file in `spill_folder`), and the mesh asked for.
class MeshReader {
 public:
  MeshReader(const std::vector<fs::path>& files, std::uint32_t shard, const MeshLattice& lattice,
             const fs::path& spill_folder, std::uint64_t memory_bytes = std::uint64_t{256} << 20);
  ~MeshReader();
  MeshReader(MeshReader&&) noexcept;
  /// Objects with a surface, ascending.
  const std::vector<Id>& ids() const;
  /// Closed mesh: vertices in key order, faces in canonical order (see weld). Empty for an object without surface.
  Mesh mesh(Id id) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ---- the same on plain files, for tests and drivers -----------------------------------------------------------------

/// `chunks`: a file and the write box of each chunk that touches the block.
struct MarchedChunk {
  fs::path file;
  Box3 write;
};
void simplify_block(const std::vector<MarchedChunk>& chunks, std::int64_t block, const MeshGrid& grid,
                    const fs::path& out);
/// `block_file(i)`: what simplify_block wrote for block i.
void simplify_shifted_block(const std::function<fs::path(std::int64_t)>& block_file, std::int64_t shifted,
                            const MeshGrid& grid, std::uint32_t n_shards, const fs::path& out);
/// All surface cells that chunks marched, by object: what the meshes were before simplification.
LabelSurfaces marched_surfaces(const std::vector<MarchedChunk>& chunks, const MeshGrid& grid);

}  // namespace syconn
