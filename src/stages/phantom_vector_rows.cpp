// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_vector_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "phantom_vector_skeleton.h"
#include "syconn/algo/phantom/mesh.h"
#include "syconn/core/compartments.h"

namespace syconn {
namespace {

constexpr std::uint8_t kNoType = 255;

std::string type_names() {
  std::string json = "{";
  for (int k = 0; k < kPhantomTypes; ++k)
    json += '"' + std::to_string(k) + "\":\"" + phantom_type_name(static_cast<PhantomType>(k)) + "\",";
  return json + "\"255\":\"unknown\"}";
}

Id id_of(const PhantomModel& m, std::uint32_t cell_idx) {
  return cell_idx == kNone ? kBackground : m.cells[cell_idx].id;
}
std::uint8_t type_of(const PhantomModel& m, std::uint32_t cell_idx) {
  return cell_idx == kNone ? kNoType : static_cast<std::uint8_t>(m.cells[cell_idx].type);
}
Vec3i floor_vx(const Vec3d& nm, const Vec3d& voxel_nm) {
  const auto down = [](double v) { return static_cast<std::int64_t>(std::floor(v)); };
  return {down(nm.x / voxel_nm.x), down(nm.y / voxel_nm.y), down(nm.z / voxel_nm.z)};
}

struct MeshBounds {
  Vec3d min, max;
};
MeshBounds bounds_of(const PhantomMesh& mesh) {
  if (mesh.vertices_nm.empty()) return {};
  MeshBounds b{Vec3d(mesh.vertices_nm[0]), Vec3d(mesh.vertices_nm[0])};
  for (const Vec3f& v : mesh.vertices_nm) b.min = min(b.min, Vec3d(v)), b.max = max(b.max, Vec3d(v));
  return b;
}

/// A point of the object's axis is inside it, so its voxel can stand for the object; the mean of its surface need not
/// be.
class Nearest {
 public:
  explicit Nearest(const Vec3d& to) : to_(to) {}
  void offer(const Vec3d& p) {
    const double d = (p - to_).dot(p - to_);
    if (d < best_) best_ = d, point_ = p;
  }
  Vec3d point() const { return point_; }

 private:
  Vec3d to_, point_;
  double best_ = std::numeric_limits<double>::infinity();
};

std::vector<ColumnSpec> phantom_common_columns() {
  std::vector<ColumnSpec> columns = common_columns();
  for (ColumnSpec& c : columns)
    if (c.name == "size_vx")
      c.description = "volume of the closed mesh in voxels, rounded: there are no voxels to count";
  return columns;
}

void set_common(ShardBuilder& shard, const PhantomMesh& mesh, const MeshBounds& b, const Vec3d& centroid_nm,
                const Vec3d& rep_nm) {
  const Vec3d voxel_nm = shard.schema().voxel_size_nm;
  const double voxels = phantom_mesh_volume_um3(mesh) * 1e9 / voxel_nm.product();
  shard.set("size_vx", static_cast<std::uint64_t>(std::max<long long>(0, std::llround(voxels))));
  shard.set("bbox_min_vx", floor_vx(b.min, voxel_nm));
  shard.set("bbox_max_vx", floor_vx(b.max, voxel_nm) + Vec3i(1));
  shard.set("rep_vx", floor_vx(rep_nm, voxel_nm));
  shard.set("centroid_nm", centroid_nm);
}

void append_mesh(ShardBuilder& shard, const PhantomMesh& mesh) {
  static_assert(sizeof(Vec3f) == 3 * sizeof(float));
  std::vector<float> xyz;
  xyz.reserve(mesh.vertices_nm.size() * 3);
  for (const Vec3f& v : mesh.vertices_nm) xyz.insert(xyz.end(), {v.x, v.y, v.z});
  std::vector<std::uint32_t> corners;
  corners.reserve(mesh.faces.size() * 3);
  for (const auto& f : mesh.faces) corners.insert(corners.end(), f.begin(), f.end());
  shard.append<float>("mesh", "vertices_nm", xyz);
  shard.append<std::uint32_t>("mesh", "faces", corners);
}

template <class Object>
void append_ids(ShardBuilder& shard, const char* field, const std::vector<Object>& objects,
                const std::vector<std::uint32_t>& rows) {
  std::vector<Id> ids;
  for (const std::uint32_t row : rows) ids.push_back(objects[row].id);
  shard.append<Id>(field, "ids", ids);
}

float f32(double v) { return static_cast<float>(v); }
std::uint32_t count(const std::vector<std::uint32_t>& rows) { return static_cast<std::uint32_t>(rows.size()); }

bool within(const MeshBounds& b, const Vec3d& box_nm) {
  return b.min.min_element() > 0 && (box_nm - b.max).min_element() > 0;
}

}  // namespace

PhantomCells::PhantomCells(PhantomModel m)
    : model(std::move(m)), mitos(model.cells.size()), clouds(model.cells.size()), synapses(model.cells.size()) {
  for (std::uint32_t i = 0; i < model.mitos.size(); ++i) mitos[model.mitos[i].cell_idx].push_back(i);
  for (std::uint32_t i = 0; i < model.clouds.size(); ++i) clouds[model.clouds[i].cell_idx].push_back(i);
  for (std::uint32_t i = 0; i < model.synapses.size(); ++i) {
    const PhantomSynapse& s = model.synapses[i];
    if (s.decoy) continue;
    if (s.pre_cell != kNone) synapses[s.pre_cell].push_back(i);
    if (s.post_cell != kNone && s.post_cell != s.pre_cell) synapses[s.post_cell].push_back(i);
  }
}

DatasetSchema phantom_cell_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json) {
  DatasetSchema s;
  s.type = "ssv", s.voxel_size_nm = voxel_size_nm, s.provenance_json = provenance_json;
  s.columns = phantom_common_columns();
  const std::vector<ColumnSpec> more{
      {"volume_um3", DType::f32, 1, "um3", "volume of the closed mesh"},
      {"mesh_area_um2", DType::f32, 1, "um2", "area of the mesh"},
      {"path_length_um", DType::f32, 1, "um", "length of all skeleton edges"},
      {"axon_um", DType::f32, 1, "um", "path of nodes labelled axon or bouton"},
      {"dend_um", DType::f32, 1, "um", "path of nodes labelled shaft, spine head or spine neck"},
      {"soma_um", DType::f32, 1, "um", "path of nodes labelled soma"},
      {"myelin_fraction", DType::f32, 1, "", "share of the path under a myelin sheath"},
      {"n_mi", DType::u32, 1, "", "mitochondria"},
      {"n_vc", DType::u32, 1, "", "vesicle clouds"},
      {"n_syn", DType::u32, 1, "", "synapses, given and received"},
      {"root_vx", DType::i64, 3, "vx", "voxel of the skeleton's root"},
      {"soma_radius_nm", DType::f32, 1, "nm", "radius of the soma; NaN without one"},
      {"cell_type", DType::u8, 1, "", "true type", type_names()},
      {"complete", DType::u8, 1, "", "1: soma, and the mesh lies within the box"}};
  s.columns.insert(s.columns.end(), more.begin(), more.end());
  s.fields = {
      mesh_field(),
      skeleton_field({{"compartment", DType::u8, 1, "node_offset", true, "", "true compartment", kCompartmentEnum},
                      {"myelin", DType::u8, 1, "node_offset", true, "", "1: under a myelin sheath"}}),
      ids_field("mi_ids", "mitochondria of the cell"),
      ids_field("vc_ids", "vesicle clouds of the cell"),
      ids_field("syn_ids", "synapses of the cell, rows of syn_ssv"),
      {"vertex_comp",
       {{"values", DType::u8, 1, "offset", true, "", "true compartment of each mesh vertex: that of the nearest node",
         kCompartmentEnum}}}};
  return s;
}

DatasetSchema phantom_organelle_schema(const std::string& type, const Vec3d& voxel_size_nm,
                                       const std::string& provenance_json) {
  DatasetSchema s;
  s.type = type, s.voxel_size_nm = voxel_size_nm, s.provenance_json = provenance_json;
  s.columns = phantom_common_columns();
  s.columns.push_back({"mesh_area_um2", DType::f32, 1, "um2", "area of the mesh"});
  s.columns.push_back({"mesh_bbox_nm", DType::f32, 6, "nm", "least x, y, z and greatest x, y, z of the mesh"});
  s.columns.push_back({"cell_id", DType::u64, 1, "", "cell it lies in"});
  s.columns.push_back({"cell_fraction", DType::f32, 1, "", "share of it that lies in that cell: all"});
  s.fields = {mesh_field()};
  return s;
}

DatasetSchema phantom_synapse_schema(const Vec3d& voxel_size_nm, const std::string& provenance_json) {
  DatasetSchema s;
  s.type = "syn_ssv", s.voxel_size_nm = voxel_size_nm, s.provenance_json = provenance_json;
  s.columns = phantom_common_columns();
  const std::vector<ColumnSpec> more{
      {"cell_a", DType::u64, 1, "", "partner with the smaller id; 0: not modelled"},
      {"cell_b", DType::u64, 1, "", "partner with the larger id"},
      {"area_um2", DType::f32, 1, "um2", "half the area of the closed mesh"},
      {"mesh_area_um2", DType::f32, 1, "um2", "area of the mesh"},
      {"sign", DType::i8, 1, "", "+1 asymmetric (excitatory), -1 symmetric (inhibitory)"},
      {"comp_a", DType::u8, 1, "", "compartment on cell_a", kCompartmentEnum},
      {"comp_b", DType::u8, 1, "", "compartment on cell_b", kCompartmentEnum},
      {"spine_head_vol_um3", DType::f32, 1, "um3", "of the spine head it sits on; NaN elsewhere"},
      {"pre_id", DType::u64, 1, "", "presynaptic cell; 0: not modelled"},
      {"post_id", DType::u64, 1, "", "postsynaptic cell; 0: not modelled"},
      {"pre_comp", DType::u8, 1, "", "compartment on pre_id", kCompartmentEnum},
      {"post_comp", DType::u8, 1, "", "compartment on post_id", kCompartmentEnum},
      {"pre_type", DType::u8, 1, "", "cell type of pre_id", type_names()},
      {"post_type", DType::u8, 1, "", "cell type of post_id", type_names()}};
  s.columns.insert(s.columns.end(), more.begin(), more.end());
  s.fields = {mesh_field()};
  return s;
}

void add_phantom_cell(ShardBuilder& shard, const PhantomCells& cells, std::uint32_t cell_idx, double grid_nm) {
  const PhantomModel& m = cells.model;
  const PhantomCell& c = m.cells[cell_idx];
  const PhantomMesh mesh = phantom_mesh_cell(m, cell_idx, grid_nm);
  const MeshBounds b = bounds_of(mesh);
  const Vec3d centroid_nm = phantom_mesh_centroid_nm(mesh);
  Nearest rep(centroid_nm);
  for (std::uint32_t i = c.first_node; i < c.first_node + c.n_nodes; ++i) rep.offer(Vec3d(m.nodes[i].position_nm));
  shard.begin(c.id);
  set_common(shard, mesh, b, centroid_nm, rep.point());
  shard.set("volume_um3", f32(phantom_mesh_volume_um3(mesh)));
  shard.set("mesh_area_um2", f32(phantom_mesh_area_um2(mesh)));
  const std::vector<PhantomSkeletonNode> skeleton = phantom_skeleton(m, c);
  set_phantom_paths(shard, skeleton);
  shard.set("n_mi", count(cells.mitos[cell_idx]));
  shard.set("n_vc", count(cells.clouds[cell_idx]));
  shard.set("n_syn", count(cells.synapses[cell_idx]));
  shard.set("root_vx", floor_vx(Vec3d(m.nodes[c.first_node].position_nm), m.params.voxel_size_nm));
  shard.set("soma_radius_nm", c.has_soma ? f32(c.soma_radius_nm) : std::numeric_limits<float>::quiet_NaN());
  shard.set("cell_type", static_cast<std::uint8_t>(c.type));
  shard.set("complete", static_cast<std::uint8_t>(c.has_soma && within(b, m.params.box_nm)));
  append_mesh(shard, mesh);
  std::vector<std::uint8_t> vertex_comp;
  for (const std::uint32_t node : mesh.vertex_node) vertex_comp.push_back(m.nodes[node].compartment);
  shard.append<std::uint8_t>("vertex_comp", "values", vertex_comp);
  append_phantom_skeleton(shard, skeleton);
  append_ids(shard, "mi_ids", m.mitos, cells.mitos[cell_idx]);
  append_ids(shard, "vc_ids", m.clouds, cells.clouds[cell_idx]);
  append_ids(shard, "syn_ids", m.synapses, cells.synapses[cell_idx]);
  shard.end();
}

void add_phantom_organelle(ShardBuilder& shard, const PhantomModel& m, PhantomOrganelleKind kind, std::uint32_t idx,
                           double grid_nm) {
  const bool mito = kind == PhantomOrganelleKind::mito;
  const PhantomOrganelle& o = mito ? m.mitos[idx] : m.clouds[idx];
  const PhantomMesh mesh = mito ? phantom_mesh_mito(m, idx, 0.8 * grid_nm) : phantom_mesh_cloud(m, idx, 0.8 * grid_nm);
  const MeshBounds b = bounds_of(mesh);
  const Vec3d centroid_nm = phantom_mesh_centroid_nm(mesh);
  Nearest rep(centroid_nm);
  for (std::uint32_t k = o.first_tube; k < o.first_tube + o.n_tubes; ++k) {
    const PhantomTube& t = mito ? m.mito_tubes[k] : m.cloud_tubes[k];
    rep.offer(Vec3d(t.a_nm)), rep.offer(Vec3d(t.b_nm));
  }
  shard.begin(o.id);
  set_common(shard, mesh, b, centroid_nm, rep.point());
  shard.set("mesh_area_um2", f32(phantom_mesh_area_um2(mesh)));
  const float bbox[6] = {f32(b.min.x), f32(b.min.y), f32(b.min.z), f32(b.max.x), f32(b.max.y), f32(b.max.z)};
  shard.set("mesh_bbox_nm", std::span<const float>(bbox));
  shard.set("cell_id", id_of(m, o.cell_idx));
  shard.set("cell_fraction", 1.0F);
  append_mesh(shard, mesh);
  shard.end();
}

void add_phantom_synapse(ShardBuilder& shard, const PhantomModel& m, std::uint32_t idx) {
  const PhantomSynapse& s = m.synapses[idx];
  const PhantomMesh mesh = phantom_mesh_synapse(m, idx);
  const double area_um2 = phantom_mesh_area_um2(mesh);
  const Id pre = id_of(m, s.pre_cell), post = id_of(m, s.post_cell);
  const auto pre_comp = static_cast<std::uint8_t>(s.pre_compartment),
             post_comp = static_cast<std::uint8_t>(s.post_compartment);
  shard.begin(s.id);
  set_common(shard, mesh, bounds_of(mesh), phantom_mesh_centroid_nm(mesh), s.position_nm);
  shard.set("cell_a", std::min(pre, post));
  shard.set("cell_b", std::max(pre, post));
  shard.set("area_um2", f32(area_um2 / 2));
  shard.set("mesh_area_um2", f32(area_um2));
  shard.set("sign", s.sign);
  shard.set("comp_a", pre < post ? pre_comp : post_comp);
  shard.set("comp_b", pre < post ? post_comp : pre_comp);
  shard.set("spine_head_vol_um3", s.head_volume_um3);
  shard.set("pre_id", pre);
  shard.set("post_id", post);
  shard.set("pre_comp", pre_comp);
  shard.set("post_comp", post_comp);
  shard.set("pre_type", type_of(m, s.pre_cell));
  shard.set("post_type", type_of(m, s.post_cell));
  append_mesh(shard, mesh);
  shard.end();
}

}  // namespace syconn
