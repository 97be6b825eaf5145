// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "shards.h"
#include "sso_steps.h"
#include "syconn/core/crc32c.h"
#include "syconn/core/json.h"
#include "syconn/core/sha256.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {
namespace {

/// Of the shards: the stage without its lists, so that a shard no list touches keeps its bytes.
std::string early_provenance(const JobContext& ctx) {
  Json p = parse_json(ctx.provenance_json(), "provenance");
  p["stage_sha256"] = ctx.early_hash();
  return p.dump();
}

DatasetSchema schema_of(const JobContext& ctx, const std::string& type) {
  DatasetSchema schema;
  schema.type = type, schema.voxel_size_nm = ctx.geometry().voxel_size_nm;
  schema.provenance_json = early_provenance(ctx);
  return schema;
}

PartSpec voxels_part(const std::string& description) {
  return {"voxels", DType::u64, 1, "offset", false, "vx", description};
}

DatasetSchema sv_schema(const JobContext& ctx) {
  DatasetSchema schema = schema_of(ctx, "sv");
  schema.columns = common_columns();
  schema.columns.push_back({"cell_id", DType::u64, 1, "", "cell of the supervoxel"});
  for (const SsoType& type : sso_types(ctx.config()))
    schema.fields.push_back(ids_field(type.name + "_overlap", "objects of type " + type.name + " in the supervoxel",
                                      {voxels_part("voxels in common")}));
  return schema;
}

DatasetSchema organelle_schema(const JobContext& ctx, const SsoType& type) {
  DatasetSchema schema = schema_of(ctx, type.name);
  if (type.own) schema.columns = common_columns();
  schema.columns.push_back({"cell_id", DType::u64, 1, "", "cell it belongs to; 0: none"});
  schema.columns.push_back({"cell_fraction", DType::f32, 1, "", "largest part of it in one cell"});
  schema.fields.push_back(
      ids_field("sv_overlap", "supervoxels that hold a part of it", {voxels_part("voxels in common")}));
  return schema;
}

DatasetSchema ssv_schema(const JobContext& ctx) {
  DatasetSchema schema = schema_of(ctx, "ssv");
  schema.columns = common_columns();
  schema.columns.push_back({"n_sv", DType::u32, 1, "", "supervoxels"});
  schema.columns.push_back({"fragment", DType::u8, 1, "", "1: no longer than sso.fragment_nm"});
  schema.columns.push_back({"volume_um3", DType::f32, 1, "um3", "volume of its voxels"});
  schema.columns.push_back({"mesh_area_um2", DType::f32, 1, "um2", "area of its mesh"});
  schema.fields.push_back(ids_field("sv_ids", "its supervoxels"));
  schema.fields.push_back(mesh_field());
  add_skeleton_schema(schema, has_myelin(ctx.config()));
  for (const SsoType& type : sso_types(ctx.config())) {
    schema.columns.push_back({"n_" + type.name, DType::u32, 1, "", "objects of type " + type.name});
    schema.fields.push_back(ids_field(type.name + "_ids", "objects of type " + type.name + " that belong to it"));
  }
  return schema;
}

/// One shard of one type: first a digest of what the lists decide, then its rows, unless the file stands already.
class ShardJob {
 public:
  ShardJob(JobContext& ctx, std::string type, const std::string& step, const std::string& name)
      : ctx_(ctx), type_(std::move(type)), digest_(ctx.early_hash()) {
    for (std::uint32_t s = 0; s < ctx.geometry().id_slices(); ++s) files_.emplace_back(ctx.work_input(step, name, s));
  }

  /// digest(cursor): reads one row, returns what of it depends on the mapping. add(cursor, builder): one row.
  template <class Digest, class Add>
  std::string run(const DatasetSchema& schema, Digest&& digest, Add&& add) {
    for_each([&](RecordCursor& cursor) { digest_ = sha256_hex(digest_ + digest(cursor)); });
    const auto shard = static_cast<std::uint32_t>(ctx_.job().index);
    std::string name = shard_file_name(type_, "sso", digest_.substr(0, 8), shard);
    const fs::path relative = fs::path("datasets") / name, standing = ctx_.in_run(relative);
    if (fs::exists(standing) && verify_shard_file(standing).empty()) {
      ctx_.keep(relative);
      return name;
    }
    const fs::path path = ctx_.output(relative);
    ShardBuilder builder(
        schema, {shard, static_cast<std::uint32_t>(ctx_.job().count), std::uint64_t{256} << 20, path.parent_path(), 1});
    for_each([&](RecordCursor& cursor) { add(cursor, builder); });
    builder.write(path);
    return name;
  }

 private:
  template <class F>
  void for_each(F&& fn) const {
    std::vector<char> bytes;
    for (const RecordFile& file : files_) {
      bytes.clear();
      file.read(static_cast<std::uint32_t>(ctx_.job().index), bytes);
      for (RecordCursor cursor(bytes); !cursor.at_end();) fn(cursor);
    }
  }
  JobContext& ctx_;
  std::string type_, digest_;
  std::vector<RecordFile> files_;
};

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

void append_overlaps(ShardBuilder& builder, const std::string& field, std::span<const OverlapRecord> overlaps,
                     Id OverlapRecord::*id) {
  std::vector<Id> ids;
  std::vector<std::uint64_t> voxels;
  for (const OverlapRecord& o : overlaps) ids.push_back(o.*id), voxels.push_back(o.voxels);
  builder.append<Id>(field, "ids", ids);
  builder.append<std::uint64_t>(field, "voxels", voxels);
}

std::string sv_shard(JobContext& ctx, const std::vector<SsoType>& types) {
  std::vector<OverlapRecord> overlaps;
  return ShardJob(ctx, "sv", "members", "shard")
      .run(
          sv_schema(ctx),
          [](RecordCursor& cursor) {
            const auto row = cursor.one<SvShardRow>();
            cursor.skip<OverlapRecord>(row.n_overlaps);
            return std::to_string(row.sv.id) + ' ' + std::to_string(row.cell);
          },
          [&](RecordCursor& cursor, ShardBuilder& builder) {
            const auto row = cursor.one<SvShardRow>();
            overlaps.clear();
            cursor.many(row.n_overlaps, overlaps);
            builder.begin(row.sv.id);
            set_common(builder, row.sv, ctx.geometry().voxel_size_nm);
            builder.set("cell_id", row.cell);
            for (std::uint64_t t = 0; t < types.size(); ++t) {
              std::vector<OverlapRecord> mine;
              for (const OverlapRecord& o : overlaps)
                if (o.type == t) mine.push_back(o);
              append_overlaps(builder, types[t].name + "_overlap", mine, &OverlapRecord::organelle);
            }
            builder.end();
          });
}

std::string organelle_shard(JobContext& ctx, const SsoType& type) {
  std::vector<OverlapRecord> overlaps;
  return ShardJob(ctx, type.name, "organelles", type.name)
      .run(
          organelle_schema(ctx, type),
          [](RecordCursor& cursor) {
            const auto row = cursor.one<OrganelleShardRow>();
            cursor.skip<OverlapRecord>(row.n_overlaps);
            return std::to_string(row.object.id) + ' ' + std::to_string(row.cell) + ' ' + std::to_string(row.fraction);
          },
          [&](RecordCursor& cursor, ShardBuilder& builder) {
            const auto row = cursor.one<OrganelleShardRow>();
            overlaps.clear();
            cursor.many(row.n_overlaps, overlaps);
            builder.begin(row.object.id);
            if (type.own) set_common(builder, row.object, ctx.geometry().voxel_size_nm);
            builder.set("cell_id", row.cell);
            builder.set("cell_fraction", static_cast<float>(row.fraction));
            append_overlaps(builder, "sv_overlap", overlaps, &OverlapRecord::sv);
            builder.end();
          });
}

/// Meshes of a shard's cells: new ones of the step `map`, or those of the published generation.
class CellMeshes {
 public:
  CellMeshes(const JobContext& ctx, const SsoConfig& c)
      : reader_(mesh_files(ctx, "shift", "gather_meshes", "cells"), static_cast<std::uint32_t>(ctx.job().index),
                MeshGrid(ctx.geometry(), c.mesh).lattice, ctx.in_run("work/sso")),
        published_(published_cells(ctx)) {}

  Mesh operator()(Id cell, bool changed) const {
    if (changed) return reader_.mesh(cell);
    if (!published_ || !published_->find(cell))
      throw Error(Category::input,
                  "the published cells that step 'cells' compared with are gone; remove work/sso/cells");
    const auto xyz = published_->ragged<float>("mesh", "vertices_nm", cell);
    Mesh mesh;
    mesh.faces = published_->ragged<std::uint32_t>("mesh", "faces", cell);
    for (std::size_t i = 0; i < xyz.size(); i += 3) mesh.vertices_nm.push_back({xyz[i], xyz[i + 1], xyz[i + 2]});
    return mesh;
  }

 private:
  MeshReader reader_;
  std::optional<SegmentationDataset> published_;
};

void add_mesh(ShardBuilder& builder, const Mesh& mesh) {
  std::vector<float> xyz;
  for (const Vec3f& v : mesh.vertices_nm) xyz.insert(xyz.end(), {v.x, v.y, v.z});
  builder.set("mesh_area_um2", static_cast<float>(mesh_area_um2(mesh)));
  builder.append<float>("mesh", "vertices_nm", xyz);
  builder.append<std::uint32_t>("mesh", "faces", mesh.faces);
}

void add_cell(const JobContext& ctx, const SsoConfig& c, const std::vector<SsoType>& types,
              std::optional<CellMeshes>& meshes, std::optional<CellSkeletons>& skeletons, RecordCursor& cursor,
              ShardBuilder& builder) {
  const Vec3d& size_nm = ctx.geometry().voxel_size_nm;
  const auto row = cursor.one<CellShardRow>();
  std::vector<Id> sv_ids;
  std::vector<CellOrganelle> organelles;
  cursor.many(row.n_sv, sv_ids);
  cursor.many(row.n_organelles, organelles);
  const Vec3d edge = Vec3d(row.cell.bbox().size()) * size_nm;
  builder.begin(row.cell.id);
  set_common(builder, row.cell, size_nm);
  builder.set("n_sv", static_cast<std::uint32_t>(row.n_sv));
  builder.set("fragment", static_cast<std::uint8_t>(std::sqrt(edge.dot(edge)) <= c.fragment_nm));
  builder.set("volume_um3", static_cast<float>(static_cast<double>(row.cell.size_vx) * size_nm.product() * 1e-9));
  builder.append<Id>("sv_ids", "ids", sv_ids);
  if (!meshes) {  // not for a shard that stands already
    meshes.emplace(ctx, c);
    skeletons.emplace(ctx, static_cast<std::uint32_t>(ctx.job().index));
  }
  add_skeleton(builder, (*skeletons)(row.cell.id, row.changed != 0), size_nm, row.cell.rep_vx(),
               has_myelin(ctx.config()));
  add_mesh(builder, (*meshes)(row.cell.id, row.changed != 0));
  for (std::uint64_t t = 0; t < types.size(); ++t) {
    std::vector<Id> ids;
    for (const CellOrganelle& o : organelles)
      if (o.type == t) ids.push_back(o.organelle);
    builder.set("n_" + types[t].name, static_cast<std::uint32_t>(ids.size()));
    builder.append<Id>(types[t].name + "_ids", "ids", ids);
  }
  builder.end();
}

std::string ssv_shard(JobContext& ctx, const SsoConfig& c, const std::vector<SsoType>& types) {
  std::optional<CellMeshes> meshes;
  std::optional<CellSkeletons> skeletons;
  return ShardJob(ctx, "ssv", "cells", "shard")
      .run(
          ssv_schema(ctx),
          [](RecordCursor& cursor) {
            const auto row = cursor.one<CellShardRow>();
            std::vector<Id> sv_ids;
            cursor.many(row.n_sv, sv_ids);
            cursor.skip<CellOrganelle>(row.n_organelles);
            return std::to_string(row.cell.id) + bytes_of(sv_ids);
          },
          [&](RecordCursor& cursor, ShardBuilder& builder) {
            add_cell(ctx, c, types, meshes, skeletons, cursor, builder);
          });
}

}  // namespace

void sso_shards(JobContext& ctx, const SsoConfig& c) {
  const std::vector<SsoType> types = sso_types(ctx.config());
  Json names;
  names["sv"] = sv_shard(ctx, types);
  names["ssv"] = ssv_shard(ctx, c, types);
  for (const SsoType& type : types) names[type.name] = organelle_shard(ctx, type);
  write_file_atomically(ctx.work_output("names"), names.dump() + "\n");
}

namespace {

/// Tells also which lists made the cells, and what a later run may compare itself with.
std::string top_provenance(const JobContext& ctx) {
  Json p = parse_json(ctx.provenance_json(), "provenance");
  p["early_sha256"] = ctx.early_hash();
  const DatasetConfig& dataset = ctx.config().dataset;
  for (const auto& [name, path] : {std::pair{"supervoxel_graph", dataset.supervoxel_graph},
                                   {"merges", dataset.merges},
                                   {"splits", dataset.splits}})
    if (!path.empty()) p[name] = {{"crc32c", hex8(file_crc32c(ctx.config().resolve(path)))}};
  return p.dump();
}

}  // namespace

void sso_publish(JobContext& ctx, const SsoConfig&) {
  if (!has_myelin(ctx.config()))
    ctx.note("no dataset.volumes.myelin and no model that makes it: cells have no myelin_fraction, nodes no myelin");
  const std::vector<SsoType> types = sso_types(ctx.config());
  const std::uint32_t shards = n_shards(ctx.geometry().voxels());
  std::map<std::string, ShardSet> sets;
  for (std::uint32_t k = 0; k < shards; ++k) {
    const fs::path file = ctx.work_input("shards", "names", k);
    const Json names = parse_json(read_file(file), file.string());
    for (const auto& [type, name] : names.items()) {
      sets[type].stage = "sso";
      sets[type].files.push_back(name.get<std::string>());
    }
  }
  for (const auto& [type, set] : sets) {
    const bool columns = std::any_of(types.begin(), types.end(),
                                     [&, &name = type](const SsoType& t) { return t.name == name && !t.own; });
    if (columns)
      publish_columns(ctx, type, set);
    else
      publish_objects(ctx, type, set, top_provenance(ctx));
  }
}

}  // namespace syconn
