// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "chunk_records.h"
#include "mesh_steps.h"
#include "organelle_maps.h"
#include "shards.h"
#include "syconn/algo/object_properties.h"
#include "syconn/io/dataset_top.h"
#include "syconn/io/shard_builder.h"
#include "syconn/io/volume_writer.h"
#include "volumes.h"
#include "watershed_records.h"
#include "watershed_steps.h"

/// Objects of each organelle from its map: docs/stages/watershed.md.
namespace syconn {
namespace {

std::string volume_of(const std::string& type) { return type + "_seg"; }
std::string meshes_of(const std::string& type) { return type + "_mesh"; }
std::string records_of(const std::string& type) { return type + "_objects"; }

VolumeMeta meta_of(const JobContext& ctx, const std::string& type) {
  VolumeMeta meta;
  meta.voxel_size_nm = ctx.geometry().voxel_size_nm;
  meta.units = "id";
  meta.description = "objects of " + type;
  meta.provenance = ctx.provenance_json();
  return meta;
}

// ---- relabel: final voxels of a chunk, and what they say of the objects
// ----------------------------------------------

/// ObjectRecord in a record file: followed by the candidates.
struct StoredRecord {
  Id id = 0;
  std::uint64_t size_vx = 0;
  std::int64_t bbox[6] = {};
  std::uint64_t sum_vx[3] = {}, n_candidates = 0;
};

void put_record(RecordFileWriter& file, std::uint32_t shard, const ObjectRecord& r) {
  StoredRecord s;
  s.id = r.id, s.size_vx = r.size_vx, s.n_candidates = r.candidates.size();
  for (int k = 0; k < 3; ++k) s.bbox[k] = r.bbox.min[k], s.bbox[3 + k] = r.bbox.max[k], s.sum_vx[k] = r.sum_vx[k];
  file.append(shard, &s, sizeof s);
  append_bytes<Vec3<std::int32_t>>(file, shard, r.candidates);
}

ObjectRecord next_record(RecordCursor& cursor) {
  const auto s = cursor.one<StoredRecord>();
  ObjectRecord r;
  r.id = s.id, r.size_vx = s.size_vx;
  for (int k = 0; k < 3; ++k) r.bbox.min[k] = s.bbox[k], r.bbox.max[k] = s.bbox[3 + k], r.sum_vx[k] = s.sum_vx[k];
  cursor.many(s.n_candidates, r.candidates);
  return r;
}

void relabel_type(JobContext& ctx, const std::string& type, const MeshSettings& mesh) {
  const Box3 write = ctx.job().box;
  Volume<Id> labels(mesh_read_box(write, ctx.geometry().box, mesh.factor_vx));
  paint_labels(ctx, type, labels.view());
  const VolumeView<const Id> all = labels.view(), own = all.sub(write);
  const fs::path file = ctx.output("volumes" / volume_chunk_file(volume_of(type), write));
  write_volume_chunk(file, volume_of(type), own, meta_of(ctx, type));
  const std::uint32_t shards = n_shards(ctx.geometry().voxels());
  RecordFileWriter records(ctx.work_output(records_of(type)), shards, 0);
  for (const ObjectRecord& r : VolumeProperties(distance_units(ctx.geometry().voxel_size_nm)).run(own))
    put_record(records, shard_of(r.id, shards), r);
  records.close();
  march_job(ctx, meshes_of(type), all, mesh);
}

void relabel(JobContext& ctx, const WatershedConfig& config) {
  for (const std::string& type : watershed_types(ctx.config())) relabel_type(ctx, type, config.types.at(type).mesh);
}

void gather(JobContext& ctx, const WatershedConfig&) {
  std::vector<std::string> names;
  for (const std::string& type : watershed_types(ctx.config())) names.push_back(records_of(type));
  gather_records(ctx, "relabel", names);
}

// ---- meshes
// ----------------------------------------------------------------------------------------------------------

void simplify(JobContext& ctx, const WatershedConfig& config) {
  for (const std::string& type : watershed_types(ctx.config()))
    simplify_blocks(ctx, "relabel", meshes_of(type), config.types.at(type).mesh);
}

void simplify_again(JobContext& ctx, const WatershedConfig& config) {
  for (const std::string& type : watershed_types(ctx.config()))
    simplify_shifted(ctx, "simplify_blocks", meshes_of(type), config.types.at(type).mesh,
                     n_shards(ctx.geometry().voxels()));
}

void gather_all_meshes(JobContext& ctx, const WatershedConfig&) {
  std::vector<std::string> names;
  for (const std::string& type : watershed_types(ctx.config())) names.push_back(meshes_of(type));
  gather_meshes(ctx, "simplify_shifted", names);
}

// ---- shards and top files
// --------------------------------------------------------------------------------------------

DatasetSchema schema_of(const JobContext& ctx, const std::string& type) {
  DatasetSchema schema;
  schema.type = type, schema.voxel_size_nm = ctx.geometry().voxel_size_nm;
  schema.provenance_json = ctx.provenance_json();
  schema.columns = common_columns();
  schema.columns.push_back({"mesh_area_um2", DType::f32, 1, "um2", "area of the mesh; 0 without one"});
  schema.columns.push_back({"mesh_bbox_nm", DType::f32, 6, "nm",
                            "least x, y, z and greatest x, y, z of the mesh; of the voxels without one"});
  schema.fields.push_back(mesh_field());
  return schema;
}

std::vector<ObjectRecord> objects_of_shard(const JobContext& ctx, const std::string& type, std::uint32_t shard) {
  std::vector<ObjectRecord> records;
  std::vector<char> bytes;
  for (const fs::path& file : chunk_record_files(ctx, "relabel", "gather", records_of(type))) {
    bytes.clear();
    RecordFile(file).read(shard, bytes);
    for (RecordCursor cursor(bytes); !cursor.at_end();) records.push_back(next_record(cursor));
  }
  return merge_records(std::move(records));
}

std::array<float, 6> bounds_of(const Mesh& mesh, const ObjectRecord& r, const Vec3d& voxel_size_nm) {
  if (mesh.empty()) {
    const Vec3f lo(Vec3d(r.bbox.min) * voxel_size_nm), hi(Vec3d(r.bbox.max) * voxel_size_nm);
    return {lo.x, lo.y, lo.z, hi.x, hi.y, hi.z};
  }
  const MeshBounds b = mesh_bounds(mesh);
  return {b.min_nm.x, b.min_nm.y, b.min_nm.z, b.max_nm.x, b.max_nm.y, b.max_nm.z};
}

void add_row(ShardBuilder& builder, const ObjectRecord& r, const Mesh& mesh, const Geometry& g) {
  const std::array<float, 6> bounds = bounds_of(mesh, r, g.voxel_size_nm);
  builder.begin(r.id);
  builder.set("size_vx", r.size_vx);
  builder.set("bbox_min_vx", r.bbox.min);
  builder.set("bbox_max_vx", r.bbox.max);
  builder.set("rep_vx", rep_vx(r, distance_units(g.voxel_size_nm)));
  builder.set("centroid_nm", centroid_nm(r, g.voxel_size_nm));
  builder.set("mesh_area_um2", static_cast<float>(mesh_area_um2(mesh)));
  builder.set("mesh_bbox_nm", std::span<const float>(bounds));
  static_assert(sizeof(Vec3f) == 3 * sizeof(float));
  if (!mesh.empty()) {
    builder.append("mesh", "vertices_nm",
                   std::span<const float>(&mesh.vertices_nm.data()->x, mesh.vertices_nm.size() * 3));
    builder.append("mesh", "faces", std::span<const std::uint32_t>(mesh.faces));
  }
  builder.end();
}

void write_shard(JobContext& ctx, const std::string& type, const MeshSettings& settings) {
  const auto shard = static_cast<std::uint32_t>(ctx.job().index);
  const fs::path path = ctx.output("datasets/" + shard_file_name(type, "watershed", ctx.hash8(), shard));
  ShardBuilder builder(schema_of(ctx, type), {shard, static_cast<std::uint32_t>(ctx.job().count),
                                              std::uint64_t{256} << 20, path.parent_path(), 1});
  const MeshGrid grid(ctx.geometry(), settings);
  const MeshReader meshes(mesh_files(ctx, "simplify_shifted", "gather_meshes", meshes_of(type)), shard, grid.lattice,
                          path.parent_path());
  for (const ObjectRecord& r : objects_of_shard(ctx, type, shard))
    add_row(builder, r, meshes.mesh(r.id), ctx.geometry());
  builder.write(path);
}

void shards(JobContext& ctx, const WatershedConfig& config) {
  for (const std::string& type : watershed_types(ctx.config())) write_shard(ctx, type, config.types.at(type).mesh);
}

void publish_type(JobContext& ctx, const std::string& type) {
  const std::string name = volume_of(type);
  const ChunkGrid grid = ctx.geometry().grid();
  std::vector<VolumePart> parts;
  for (std::int64_t i = 0; i < grid.count(); ++i)
    parts.push_back({grid.chunk_box(i), volume_chunk_file(name, grid.chunk_box(i))});
  publish_volume(ctx, name, parts, meta_of(ctx, type));
  publish_objects(ctx, type, shard_set(type, "watershed", ctx.hash8(), n_shards(ctx.geometry().voxels())));
}

void publish(JobContext& ctx, const WatershedConfig& config) {
  const std::vector<std::string> types = watershed_types(ctx.config());
  for (const std::string& type : types) publish_type(ctx, type);
  for (const auto& entry : config.types)
    if (std::find(types.begin(), types.end(), entry.first) == types.end())
      ctx.note(entry.first + ": no map of it among dataset.volumes; skipped");
}

// ---- plan
// ------------------------------------------------------------------------------------------------------------

const WatershedConfig& section_of(const RunConfig& config) { return config.section<WatershedConfig>("watershed"); }

// Labels, a chunk being compressed, runs that are read; then the surface: 8 bytes a lattice point and 32 a cell.
std::uint64_t relabel_memory(const RunConfig& config, const Geometry& g) {
  std::uint64_t most = 0;
  for (const std::string& type : watershed_types(config)) {
    const Vec3i factor = section_of(config).types.at(type).mesh.factor_vx;
    const Vec3i read = min(min(g.chunk_vx, g.box.size()) + factor, g.box.size());
    const Vec3i lattice = read / factor + Vec3i(2);
    most = std::max(
        most, static_cast<std::uint64_t>(read.product()) * 12 + static_cast<std::uint64_t>(lattice.product()) * 40);
  }
  return most + (std::uint64_t{256} << 20);
}

// Organelles and junctions leave most of the tissue alone: of pinky40's and the phantoms' lattice cells under a tenth.
constexpr double kOrganelleSurface = 1.0 / 3;

std::uint64_t mesh_memory(const RunConfig& config, const Geometry& g) {
  std::uint64_t most = 0;
  for (const std::string& type : watershed_types(config))
    most = std::max(most, mesh_block_memory_bytes(g, section_of(config).types.at(type).mesh, kOrganelleSurface));
  return most + (std::uint64_t{64} << 20);
}

StageInputs inputs(const RunConfig& config, const Geometry& g) {
  StageInputs in;
  const std::vector<std::string> types = watershed_types(config, &in.missing);
  for (const std::string& type : types)
    if (organelle_volume(config, type) == OrganelleVolume::map) require_volume(config, g.box, type, true, in);
  if (types.empty() && in.missing.empty())
    in.missing.push_back("a map of any organelle in watershed.types: dataset.volumes.mi, vc, …");
  return in;
}

}  // namespace

Stage watershed_stage() {
  return make_stage<WatershedConfig>(
             "Objects of each organelle from its map, with meshes",
             {
                 {"mask", per_chunk, watershed_mask, {.mvx_per_s = 25, .bytes_per_voxel = 0.5}, watershed_mask_memory},
                 {"join", once, watershed_join, {}, watershed_join_memory},
                 {"flood", per_chunk, watershed_flood, {.mvx_per_s = 100}, watershed_flood_memory},
                 {"resolve", once, watershed_resolve, {.mem_gb = 1}},
                 {"relabel", per_chunk, relabel, {.mvx_per_s = 12, .bytes_per_voxel = 0.3}, relabel_memory},
                 {"gather", per_chunk_group, gather, {.mem_gb = 0.5}},
                 {"simplify_blocks", per_mesh_block, simplify, {.mvx_per_s = 60}, mesh_memory},
                 {"simplify_shifted", per_shifted_mesh_block, simplify_again, {.mvx_per_s = 200}, mesh_memory},
                 {"gather_meshes", per_mesh_group, gather_all_meshes, {.mem_gb = 1}},
                 {"shards", per_shard, shards, {.mem_gb = 1, .mvx_per_s = 400, .bytes_per_voxel = 0.05}},
                 {"publish", once, publish, {.mem_gb = 0.5}},
             })
      .leaving_out("mask")
      .reading(inputs, {"dataset.volumes.<type> of kind probability, or labels with foreground; types: mi, vc, …",
                        "DIR/volumes/<type>_prob.json where chunk-infer makes it"})
      .using_results_of({"chunk-infer"})
      .writing({"DIR/volumes/<type>_seg.h5 (object of each voxel), DIR/datasets/<type>.h5 (objects and their meshes)"});
}

}  // namespace syconn
