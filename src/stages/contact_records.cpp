// SPDX-License-Identifier: GPL-3.0-or-later
#include "contact_records.h"

namespace syconn {
namespace {

void store(const Vec3i& from, std::int64_t to[3]) { to[0] = from.x, to[1] = from.y, to[2] = from.z; }
Vec3i load(const std::int64_t from[3]) { return {from[0], from[1], from[2]}; }

DatasetSchema pair_schema(const std::string& type, const Vec3d& voxel_size_nm, const std::string& provenance_json) {
  DatasetSchema schema;
  schema.type = type, schema.voxel_size_nm = voxel_size_nm, schema.provenance_json = provenance_json;
  schema.columns = common_columns();
  schema.columns.push_back({"sv_a", DType::u64, 1, "", "supervoxel with the smaller id"});
  schema.columns.push_back({"sv_b", DType::u64, 1, "", "supervoxel with the larger id"});
  return schema;
}

}  // namespace

void fill_properties(ObjectHeader& object, std::span<const Run> runs, const Vec3i& units, const Vec3d& voxel_size_nm) {
  const ObjectRecord record = record_of_runs(object.id, runs, units);
  object.size_vx = record.size_vx;
  object.n_runs = runs.size();
  store(record.bbox.min, object.bbox_min);
  store(record.bbox.max, object.bbox_max);
  store(rep_vx(record, units), object.rep);
  const Vec3d c = centroid_nm(record, voxel_size_nm);
  object.centroid_nm[0] = c.x, object.centroid_nm[1] = c.y, object.centroid_nm[2] = c.z;
}

DatasetSchema cs_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json) {
  DatasetSchema schema = pair_schema("cs", voxel_size_nm, provenance_json);
  schema.columns.push_back({"n_parts", DType::u32, 1, "", "26-connected parts of the contact"});
  schema.fields.push_back(voxels_field({{"part", DType::u32, 1, "offset", true, "",
                                         "26-connected part of the run, 1 to n_parts, by smallest raster voxel"}}));
  return schema;
}

DatasetSchema syn_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json) {
  DatasetSchema schema = pair_schema("syn", voxel_size_nm, provenance_json);
  schema.columns.push_back({"n_sym_vx", DType::u64, 1, "vx", "voxels typed symmetric (inhibitory)"});
  schema.columns.push_back({"n_asym_vx", DType::u64, 1, "vx", "voxels typed asymmetric (excitatory)"});
  schema.fields.push_back(voxels_field());
  return schema;
}

void add_object(ShardBuilder& shard, const ObjectHeader& object, std::span<const Run> runs,
                std::span<const std::uint32_t> part) {
  shard.begin(object.id);
  shard.set("size_vx", object.size_vx);
  shard.set("bbox_min_vx", load(object.bbox_min));
  shard.set("bbox_max_vx", load(object.bbox_max));
  shard.set("rep_vx", load(object.rep));
  shard.set("centroid_nm", Vec3d{object.centroid_nm[0], object.centroid_nm[1], object.centroid_nm[2]});
  shard.set("sv_a", object.pair.a);
  shard.set("sv_b", object.pair.b);
  if (part.empty()) {
    shard.set("n_sym_vx", object.n_sym);
    shard.set("n_asym_vx", object.n_asym);
  } else {
    shard.set("n_parts", static_cast<std::uint32_t>(object.n_parts));
    shard.append("voxels", "part", part);
  }
  static_assert(sizeof(Run) == 4 * sizeof(std::int32_t));
  shard.append("voxels", "runs_vx", std::span<const std::int32_t>(&runs.data()->x, runs.size() * 4));
  shard.end();
}

}  // namespace syconn
