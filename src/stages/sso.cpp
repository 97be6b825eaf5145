// SPDX-License-Identifier: GPL-3.0-or-later
#include "chunk_records.h"
#include "organelle_maps.h"
#include "shards.h"
#include "sso_steps.h"
#include "syconn/core/crc32c.h"
#include "volumes.h"

/// Cells from supervoxels: docs/stages/sso.md.
namespace syconn {
namespace {

/// Two label volumes at a time, and the records of what they hold.
std::uint64_t scan_memory(const RunConfig&, const Geometry& g) {
  const auto voxels = static_cast<std::uint64_t>(min(g.chunk_vx, g.box.size()).product());
  return voxels * (2 * sizeof(Id) + 2) + (std::uint64_t{384} << 20);
}

/// At most 4 bytes of records a voxel of the slice's share.
std::uint64_t slice_memory(const RunConfig&, const Geometry& g) {
  return static_cast<std::uint64_t>(g.voxels() / g.id_slices()) * 4 + (std::uint64_t{256} << 20);
}

/// 16 bytes a supervoxel (id and disjoint set) and 4 for the result, one in 500 voxels at most, the rows of one slice.
std::uint64_t assemble_memory(const RunConfig& config, const Geometry& g) {
  return static_cast<std::uint64_t>(g.voxels() / 500) * 20 + slice_memory(config, g);
}

/// The labels of a chunk, its lattice and surfaces, and the mapping of its supervoxels.
std::uint64_t map_memory(const RunConfig& config, const Geometry& g) {
  return scan_memory(config, g) + static_cast<std::uint64_t>(min(g.chunk_vx, g.box.size()).product()) * 4;
}

std::uint64_t simplify_memory(const RunConfig& config, const Geometry& g) {
  return mesh_block_memory_bytes(g, config.section<SsoConfig>("sso").mesh);
}

std::uint64_t skeleton_memory(const RunConfig& config, const Geometry& g) {
  return skeleton_job_bytes(config.section<SsoConfig>("sso"), g);
}

/// A slab of the map with its reader's cache, and at most one node in 100 voxels of a slice of nodes.
std::uint64_t myelin_memory(const RunConfig&, const Geometry& g) {
  const std::int64_t chunk = min(g.chunk_vx, g.box.size()).product();
  const auto nodes = static_cast<std::uint64_t>(std::max(chunk, g.voxels() / 256) / 100);
  return (std::uint64_t{256} << 20) + nodes * 64;
}

void add_list(const RunConfig& config, const std::string& name, const std::string& path, StageInputs& in) {
  if (path.empty()) return;
  const fs::path file = config.resolve(path);
  if (!fs::exists(file))
    throw Error(Category::input, config.where("dataset." + name) + ": there is no file '" + file.string() + "'");
  in.late_fingerprints[name] = {{"bytes", fs::file_size(file)}, {"crc32c", hex8(file_crc32c(file))}};
}

StageInputs inputs(const RunConfig& config, const Geometry& g) {
  StageInputs in;
  require_volume(config, g.box, "sv", true, in);
  for (const SsoType& type : sso_types(config)) require_instances(config, g.box, type.name, false, in);
  require_myelin(config, g.box, in);
  add_list(config, "supervoxel_graph", config.dataset.supervoxel_graph, in);
  add_list(config, "merges", config.dataset.merges, in);
  add_list(config, "splits", config.dataset.splits, in);
  return in;
}

}  // namespace

Stage sso_stage() {
  return make_stage<SsoConfig>(
             "Cells from supervoxels, and which organelles belong to them",
             {
                 {"scan", per_chunk, sso_scan, {.mvx_per_s = 20, .bytes_per_voxel = 0.2}, scan_memory, true},
                 {"gather", per_chunk_group, sso_gather, {.mem_gb = 1, .bytes_per_voxel = 0.2}, {}, true},
                 {"supervoxels", per_id_slice, sso_supervoxels, {}, slice_memory, true},
                 {"objects", per_id_slice, sso_objects, {}, slice_memory, true},
                 {"assemble", once, sso_assemble, {}, assemble_memory},
                 {"members", per_id_slice, sso_members, {}, slice_memory},
                 {"organelles", per_id_slice, sso_organelles, {}, slice_memory},
                 {"cells", per_id_slice, sso_cells, {}, slice_memory},
                 {"map", per_chunk, sso_map, {.mvx_per_s = 40, .bytes_per_voxel = 0.2}, map_memory},
                 {"simplify", per_mesh_block, sso_simplify, {.mvx_per_s = 16}, simplify_memory},
                 {"shift", per_shifted_mesh_block, sso_shift, {.mvx_per_s = 40}, simplify_memory},
                 {"gather_meshes", per_mesh_group, sso_gather_meshes, {.mem_gb = 1}},
                 {"gather_grid", per_chunk_group, sso_gather_grid, {.mem_gb = 1}},
                 {"skeletons", per_id_slice, sso_skeletons, {.mvx_per_s = 3}, skeleton_memory},
                 {"myelin", per_chunk, sso_myelin, {}, myelin_memory},
                 {"gather_myelin", per_chunk_group, sso_gather_myelin, {.mem_gb = 1}},
                 {"shards", per_shard, sso_shards, {.mem_gb = 1.5}},
                 {"publish", once, sso_publish, {.mem_gb = 0.5}},
             })
      .using_results_of({"watershed"})
      .previewing(sso_preview)
      .reading(inputs, {"dataset.volumes.sv; optional: dataset.supervoxel_graph, merges, splits",
                        "DIR/volumes/<organelle>_seg or dataset.volumes.<organelle> of kind labels",
                        "optional: dataset.volumes.myelin, for myelin on skeletons"})
      .writing({"DIR/datasets/sv.h5, ssv.h5 (cells); columns of DIR/datasets/<organelle>.h5"});
}

}  // namespace syconn
