// SPDX-License-Identifier: GPL-3.0-or-later
#include "synapse_records.h"

namespace syconn {
namespace {

Vec3i load(const std::int64_t from[3]) { return {from[0], from[1], from[2]}; }

}  // namespace

void SynapseObject::read(RecordCursor& cursor) {
  row = cursor.one<SynapseRow>();
  runs.clear(), cs.clear(), mesh.vertices_nm.clear(), mesh.faces.clear();
  cursor.many(row.n_runs, runs);
  cursor.many(row.n_cs, cs);
  cursor.many(row.n_vertices, mesh.vertices_nm);
  cursor.many(3 * row.n_faces, mesh.faces);
}

void SynapseObject::write(RecordFileWriter& file, std::uint32_t slice) {
  row.n_runs = runs.size(), row.n_cs = cs.size();
  row.n_vertices = mesh.vertices_nm.size(), row.n_faces = mesh.n_faces();
  file.append(slice, &row, sizeof row);
  append_bytes<Run>(file, slice, runs);
  append_bytes<Id>(file, slice, cs);
  append_bytes<Vec3f>(file, slice, mesh.vertices_nm);
  append_bytes<std::uint32_t>(file, slice, mesh.faces);
}

DatasetSchema synapse_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json) {
  DatasetSchema schema;
  schema.type = "syn_ssv", schema.voxel_size_nm = voxel_size_nm, schema.provenance_json = provenance_json;
  schema.columns = common_columns();
  const std::vector<ColumnSpec> more{
      {"cell_a", DType::u64, 1, "", "partner with the smaller id"},
      {"cell_b", DType::u64, 1, "", "partner with the larger id"},
      {"area_um2", DType::f32, 1, "um2", "half the area of the closed mesh"},
      {"mesh_area_um2", DType::f32, 1, "um2", "area of the mesh"},
      {"mesh_method", DType::u8, 1, "", "how the mesh was made", R"({"0":"marching_cubes","1":"poisson"})"},
      {"n_sym_vx", DType::u64, 1, "vx", "voxels typed symmetric (inhibitory)"},
      {"n_asym_vx", DType::u64, 1, "vx", "voxels typed asymmetric (excitatory)"},
      {"sign", DType::i8, 1, "", "+1 asymmetric (excitatory), -1 symmetric (inhibitory), 0 unknown"},
      {"prob", DType::f32, 1, "", "probability of a synapse by the forest; NaN without one"},
      {"features", DType::f32, kSynapseFeatures, "",
       "size_vx, mesh_area_um2, then n_mi, mi_vx, n_vc, vc_vx of the partner with more vesicles, then of the other"},
      {"direction_vc", DType::f32, 1, "", "(vc_a - vc_b) / (vc_a + vc_b) of vesicle voxels near it; 0 if none"}};
  schema.columns.insert(schema.columns.end(), more.begin(), more.end());
  schema.fields = {voxels_field(), mesh_field(),
                   ids_field("cs_ids", "contact sites (rows of cs and syn) it is made of")};
  return schema;
}

void add_synapse(ShardBuilder& shard, const SynapseObject& synapse, const NearOrganelles& a, const NearOrganelles& b,
                 std::int8_t sign, float prob) {
  const SynapseRow& row = synapse.row;
  shard.begin(row.id);
  shard.set("size_vx", row.size_vx);
  shard.set("bbox_min_vx", load(row.bbox_min));
  shard.set("bbox_max_vx", load(row.bbox_max));
  shard.set("rep_vx", load(row.rep));
  shard.set("centroid_nm", Vec3d{row.centroid_nm[0], row.centroid_nm[1], row.centroid_nm[2]});
  shard.set("cell_a", row.key.cell_a);
  shard.set("cell_b", row.key.cell_b);
  shard.set("area_um2", static_cast<float>(row.mesh_area_um2 / 2));
  shard.set("mesh_area_um2", static_cast<float>(row.mesh_area_um2));
  shard.set("mesh_method", static_cast<std::uint8_t>(row.mesh_method));
  shard.set("n_sym_vx", row.n_sym);
  shard.set("n_asym_vx", row.n_asym);
  shard.set("sign", sign);
  shard.set("prob", prob);
  const auto features = synapse_features(row.size_vx, row.mesh_area_um2, a, b);
  shard.set("features", std::span<const float>(features));
  shard.set("direction_vc", static_cast<float>(vesicle_direction(a, b)));
  static_assert(sizeof(Run) == 4 * sizeof(std::int32_t) && sizeof(Vec3f) == 3 * sizeof(float));
  shard.append("voxels", "runs_vx", std::span<const std::int32_t>(&synapse.runs.data()->x, synapse.runs.size() * 4));
  const Mesh& mesh = synapse.mesh;
  if (!mesh.vertices_nm.empty())
    shard.append("mesh", "vertices_nm",
                 std::span<const float>(&mesh.vertices_nm.data()->x, mesh.vertices_nm.size() * 3));
  shard.append<std::uint32_t>("mesh", "faces", mesh.faces);
  shard.append<Id>("cs_ids", "ids", synapse.cs);
  shard.end();
}

}  // namespace syconn
