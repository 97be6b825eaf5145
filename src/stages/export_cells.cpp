// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes and skeletons of the export.
#include "export_steps.h"
#include "node_compartments.h"
#include "syconn/algo/mesh_pyramid.h"
#include "syconn/io/multires_mesh.h"
#include "syconn/io/precomputed_skeleton.h"

namespace syconn {
namespace {

Mesh mesh_of(const Ragged<float>& vertices, const Ragged<std::uint32_t>& faces, Row row) {
  const std::vector<float> xyz = vertices(row);
  Mesh mesh;
  for (std::size_t i = 0; i + 2 < xyz.size(); i += 3) mesh.vertices_nm.push_back({xyz[i], xyz[i + 1], xyz[i + 2]});
  mesh.faces = faces(row);
  return mesh;
}

/// Values of one node attribute: a part of the field `skeleton`, or a field with one value a node.
struct NodeValues {
  SkeletonAttribute attribute;
  std::function<std::vector<char>(Row)> read;
};

template <class T>
NodeValues node_values(const SegmentationDataset& cells, const std::string& id, const std::string& field,
                       const std::string& part) {
  return {{id, dtype_of<T>()}, [values = cells.ragged<T>(field, part)](Row row) {
            const std::vector<T> list = values(row);
            const auto* const bytes = reinterpret_cast<const char*>(list.data());
            return std::vector<char>(bytes, bytes + list.size() * sizeof(T));
          }};
}

/// The radius, then compartments and myelin where the run has them.
std::vector<NodeValues> node_attributes(const SegmentationDataset& cells) {
  std::vector<NodeValues> list{node_values<float>(cells, "radius", "skeleton", "radius_nm")};
  if (const auto at = NodeCompartments::part_of(cells))
    list.push_back(node_values<std::uint8_t>(cells, "compartment", at->first, at->second));
  if (cells.has_part("skeleton", "myelin"))
    list.push_back(node_values<std::uint8_t>(cells, "myelin", "skeleton", "myelin"));
  return list;
}

}  // namespace

void export_meshes(JobContext& ctx, const ExportConfig&) {
  const SegmentationDataset cells = exported_cells(ctx);
  const ShardLayout layout = id_layout(ctx.geometry());
  const auto file = static_cast<std::uint64_t>(ctx.job().index);
  const MeshPyramidOptions options;
  if (file == 0) write_output(ctx, neuroglancer_path("mesh/info"), multires_mesh_info(options.bits, layout));
  if (!cells.has_part("mesh", "vertices_nm")) return ctx.note("the cells have no meshes");
  const auto vertices = cells.ragged<float>("mesh", "vertices_nm");
  const auto faces = cells.ragged<std::uint32_t>("mesh", "faces");
  ShardFileWriter shard(ctx.output(neuroglancer_path("mesh") / layout.file_name(file)), layout, file);
  for (const ExportedCell& cell : cells_of_file(cells, layout, file)) {
    const MeshPyramid pyramid = make_mesh_pyramid(mesh_of(vertices, faces, cell.row), options);
    if (pyramid.levels.empty()) continue;
    const EncodedMesh encoded = encode_multires_mesh(pyramid);
    shard.add(cell.id, encoded.manifest, encoded.fragments);
  }
  shard.close();
}

void export_skeletons(JobContext& ctx, const ExportConfig&) {
  const SegmentationDataset cells = exported_cells(ctx);
  const ShardLayout layout = id_layout(ctx.geometry());
  const auto file = static_cast<std::uint64_t>(ctx.job().index);
  if (!cells.has_part("skeleton", "nodes_nm")) {
    if (file == 0) write_output(ctx, neuroglancer_path("skeletons/info"), precomputed_skeleton_info({}, layout));
    return ctx.note("the cells have no skeletons");
  }
  const std::vector<NodeValues> attributes = node_attributes(cells);
  if (file == 0) {
    std::vector<SkeletonAttribute> listed;
    for (const NodeValues& a : attributes) listed.push_back(a.attribute);
    write_output(ctx, neuroglancer_path("skeletons/info"), precomputed_skeleton_info(listed, layout));
  }
  const auto nodes = cells.ragged<float>("skeleton", "nodes_nm");
  const auto edges = cells.ragged<std::uint32_t>("skeleton", "edges");
  ShardFileWriter shard(ctx.output(neuroglancer_path("skeletons") / layout.file_name(file)), layout, file);
  for (const ExportedCell& cell : cells_of_file(cells, layout, file)) {
    const std::vector<float> nodes_nm = nodes(cell.row);
    if (nodes_nm.empty()) continue;
    std::vector<std::vector<char>> values;
    for (std::size_t a = 0; a < attributes.size(); ++a) {
      values.push_back(attributes[a].read(cell.row));
      if (values.back().size() != nodes_nm.size() / 3 * dtype_bytes(attributes[a].attribute.dtype))
        throw Error(Category::input, "skeleton of cell " + std::to_string(cell.id) + ": not one value of '" +
                                         attributes[a].attribute.id + "' a node");
    }
    shard.add(cell.id, encode_skeleton(nodes_nm, edges(cell.row), values));
  }
  shard.close();
}

}  // namespace syconn
