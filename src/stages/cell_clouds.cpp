// SPDX-License-Identifier: GPL-3.0-or-later
#include "cell_clouds.h"

#include <algorithm>
#include <map>
#include <optional>

#include "shards.h"
#include "syconn/algo/point_contexts.h"
#include "syconn/io/shard_builder.h"

namespace syconn {
namespace {

constexpr const char* kType = "cell_cloud";

std::vector<Vec3f> triples(const std::vector<float>& xyz) {
  std::vector<Vec3f> points;
  points.reserve(xyz.size() / 3);
  for (std::size_t i = 0; i + 2 < xyz.size(); i += 3) points.emplace_back(xyz[i], xyz[i + 1], xyz[i + 2]);
  return points;
}

/// Points of one class that are not the cell's surface, down-sampled.
void add_points(CellCloud& cloud, const std::vector<Vec3f>& vertices_nm, double voxel_nm, std::uint8_t feature) {
  for (const std::uint32_t v : one_per_voxel(std::span(vertices_nm), voxel_nm)) {
    cloud.points_nm.push_back(vertices_nm[v]);
    cloud.feature.push_back(feature);
    cloud.vertex.push_back(CellCloud::kNoVertex);
  }
}

DatasetSchema schema(const JobContext& ctx) {
  DatasetSchema s;
  s.type = kType, s.voxel_size_nm = ctx.geometry().voxel_size_nm;
  s.provenance_json = ctx.provenance_json();
  s.columns = {{"n_points", DType::u64, 1, "", "points of the cell's cloud"},
               {"n_surface", DType::u64, 1, "", "of these on the cell's surface; they come first"}};
  s.fields = {{"cloud",
               {{"points_nm", DType::f32, 3, "offset", true, "nm", "one vertex a voxel"},
                {"feature", DType::u8, 1, "offset", true, "", "class of the point",
                 R"({"0":"surface","1":"mi","2":"vc","3":"symmetric","4":"asymmetric","5":"myelinated"})"},
                {"vertex", DType::u32, 1, "offset", true, "", "vertex of the cell's mesh; 4294967295: none"},
                {"node", DType::u32, 1, "offset", true, "", "nearest node of the cell's skeleton"}}}};
  return s;
}

}  // namespace

void CloudVoxels::describe(Fields& f) {
  f.add("cell_voxel_nm", cell_nm, "edge of the voxels of which one vertex of the cell's surface is taken",
        Range{1, 1e5});
  f.add("mi_voxel_nm", mi_nm, "the same for mitochondria", Range{1, 1e5});
  f.add("vc_voxel_nm", vc_nm, "the same for vesicle clouds", Range{1, 1e5});
  f.add("synapse_voxel_nm", synapse_nm, "the same for synapses", Range{1, 1e5});
}

struct CellCloudReader::Impl {
  explicit Impl(const fs::path& datasets) : cells(SegmentationDataset::open(datasets / "ssv.h5")) {
    for (const char* type : {"mi", "vc", "syn_ssv"})
      if (const fs::path file = datasets / (std::string(type) + ".h5"); fs::exists(file))
        others.emplace(type, SegmentationDataset::open(file));
  }
  /// All vertices of the objects that the cell lists, for which `wanted(row)` holds.
  template <class F>
  std::vector<Vec3f> vertices(Row cell, const std::string& list, const std::string& type, const F& wanted) const {
    const auto objects = others.find(type);
    if (objects == others.end() || !cells.has_part(list, "ids") || !objects->second.has_part("mesh", "vertices_nm"))
      return {};
    const auto mesh = objects->second.ragged<float>("mesh", "vertices_nm");
    std::vector<Vec3f> all;
    for (const Id id : cells.ragged<Id>(list, "ids")(cell)) {
      const Row row = objects->second.at(id);
      if (!wanted(row)) continue;
      const std::vector<Vec3f> own = triples(mesh(row));
      all.insert(all.end(), own.begin(), own.end());
    }
    return all;
  }
  void add_surface(Row cell, const CloudVoxels& voxels, CellCloud& cloud) const {
    if (!cells.has_part("mesh", "vertices_nm")) return;
    const std::vector<Vec3f> mesh = triples(cells.ragged<float>("mesh", "vertices_nm")(cell));
    for (const std::uint32_t v : one_per_voxel(std::span(mesh), voxels.cell_nm)) {
      cloud.points_nm.push_back(mesh[v]);
      cloud.feature.push_back(kCellSurface);
      cloud.vertex.push_back(v);
    }
  }
  void add_synapses(Row cell, const CloudVoxels& voxels, CellCloud& cloud) const {
    const auto synapses = others.find("syn_ssv");
    if (synapses == others.end()) return;
    const auto sign = synapses->second.column<std::int8_t>("sign");
    for (const bool asymmetric : {false, true})
      add_points(cloud, vertices(cell, "syn_ids", "syn_ssv", [&](Row row) { return (sign(row) > 0) == asymmetric; }),
                 voxels.synapse_nm, asymmetric ? kAsymmetricSynapse : kSymmetricSynapse);
  }

  SegmentationDataset cells;
  std::map<std::string, SegmentationDataset> others;
};

CellCloudReader::CellCloudReader(const fs::path& datasets) : impl_(std::make_unique<Impl>(datasets)) {}
CellCloudReader::~CellCloudReader() = default;
const SegmentationDataset& CellCloudReader::cells() const { return impl_->cells; }

CellCloud CellCloudReader::read(Row cell, const CloudVoxels& voxels) const {
  CellCloud cloud;
  const SegmentationDataset& cells = impl_->cells;
  if (!cells.has_part("skeleton", "nodes_nm")) return cloud;
  const std::vector<Vec3f> nodes = triples(cells.ragged<float>("skeleton", "nodes_nm")(cell));
  if (nodes.empty()) return cloud;
  impl_->add_surface(cell, voxels, cloud);
  if (cloud.points_nm.empty()) return cloud;
  const std::size_t n_surface = cloud.points_nm.size();
  const auto any = [](Row) { return true; };
  add_points(cloud, impl_->vertices(cell, "mi_ids", "mi", any), voxels.mi_nm, kMitochondrion);
  add_points(cloud, impl_->vertices(cell, "vc_ids", "vc", any), voxels.vc_nm, kVesicleCloud);
  impl_->add_synapses(cell, voxels, cloud);
  const NearestNode nearest(nodes);
  for (const Vec3f& p : cloud.points_nm) cloud.node.push_back(nearest(p));
  if (cells.has_part("skeleton", "myelin")) {
    const std::vector<std::uint8_t> myelin = cells.ragged<std::uint8_t>("skeleton", "myelin")(cell);
    for (std::size_t i = 0; i < n_surface; ++i)
      if (myelin.at(cloud.node[i]) == 1) cloud.feature[i] = kMyelinatedSurface;
  }
  return cloud;
}

void cell_clouds_shard(JobContext& ctx, const CloudVoxels& voxels, const std::string& stage) {
  const auto shard = static_cast<std::uint32_t>(ctx.job().index), shards = static_cast<std::uint32_t>(ctx.job().count);
  const CellCloudReader reader(ctx.in_run("datasets"));
  const fs::path path = ctx.output("datasets/" + shard_file_name(kType, stage, ctx.hash8(), shard));
  ShardBuilder builder(schema(ctx), {shard, shards, std::uint64_t{192} << 20, path.parent_path(), 1});
  std::vector<float> xyz;
  reader.cells().for_each(shard, [&](Id id, Row row) {
    const CellCloud cloud = reader.read(row, voxels);
    xyz.clear();
    for (const Vec3f& p : cloud.points_nm) xyz.insert(xyz.end(), {p.x, p.y, p.z});
    builder.begin(id);
    builder.set("n_points", std::uint64_t{cloud.points_nm.size()});
    builder.set("n_surface",
                static_cast<std::uint64_t>(std::count_if(cloud.vertex.begin(), cloud.vertex.end(),
                                                         [](std::uint32_t v) { return v != CellCloud::kNoVertex; })));
    builder.append<float>("cloud", "points_nm", xyz);
    builder.append<std::uint8_t>("cloud", "feature", cloud.feature);
    builder.append<std::uint32_t>("cloud", "vertex", cloud.vertex);
    builder.append<std::uint32_t>("cloud", "node", cloud.node);
    builder.end();
  });
  builder.write(path);
}

void cell_clouds_publish(JobContext& ctx, const std::string& stage) {
  publish_objects(ctx, kType, shard_set(kType, stage, ctx.hash8(), n_shards(ctx.geometry().voxels())));
}

}  // namespace syconn
