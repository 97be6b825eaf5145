// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/multires_mesh.h"

#include <draco/compression/encode.h>
#include <draco/mesh/mesh.h>

#include <cstring>

#include "byte_list.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"

namespace syconn {

std::vector<char> encode_draco(std::span<const std::uint32_t> vertices, std::span<const std::uint32_t> faces) {
  draco::Mesh mesh;
  const auto n = static_cast<std::uint32_t>(vertices.size() / 3);
  mesh.set_num_points(n);
  draco::GeometryAttribute position;
  position.Init(draco::GeometryAttribute::POSITION, nullptr, 3, draco::DT_UINT32, false, 3 * sizeof(std::uint32_t), 0);
  const int id = mesh.AddAttribute(position, true, n);
  for (std::uint32_t v = 0; v < n; ++v)
    mesh.attribute(id)->SetAttributeValue(draco::AttributeValueIndex(v), &vertices[3 * std::size_t{v}]);
  mesh.SetNumFaces(faces.size() / 3);
  for (std::uint32_t f = 0; f < faces.size() / 3; ++f) {
    const std::uint32_t* const v = &faces[3 * std::size_t{f}];
    mesh.SetFace(draco::FaceIndex(f), {draco::PointIndex(v[0]), draco::PointIndex(v[1]), draco::PointIndex(v[2])});
  }
  draco::EncoderBuffer buffer;
  draco::Encoder encoder;
  const draco::Status status = encoder.EncodeMeshToBuffer(mesh, &buffer);
  if (!status.ok()) throw Error(Category::runtime, "Draco cannot encode a mesh: " + status.error_msg_string());
  return {buffer.data(), buffer.data() + buffer.size()};
}

EncodedMesh encode_multires_mesh(const MeshPyramid& mesh) {
  EncodedMesh out;
  ByteList manifest(out.manifest);
  for (int axis = 0; axis < 3; ++axis) manifest.add(mesh.chunk_nm);
  for (int axis = 0; axis < 3; ++axis) manifest.add(mesh.origin_nm[axis]);
  manifest.add(static_cast<std::uint32_t>(mesh.levels.size()));
  for (const MeshLevel& level : mesh.levels) manifest.add(level.scale_nm);
  for (std::size_t i = 0; i < 3 * mesh.levels.size(); ++i) manifest.add(0.0F);  // offsets of the vertices
  for (const MeshLevel& level : mesh.levels) manifest.add(static_cast<std::uint32_t>(level.fragments.size()));
  for (const MeshLevel& level : mesh.levels) {
    for (int axis = 0; axis < 3; ++axis)
      for (const MeshFragment& f : level.fragments) manifest.add(static_cast<std::uint32_t>(f.position[axis]));
    for (const MeshFragment& f : level.fragments) {
      const std::vector<char> data = f.faces.empty() ? std::vector<char>{} : encode_draco(f.steps, f.faces);
      manifest.add(static_cast<std::uint32_t>(data.size()));
      out.fragments.insert(out.fragments.end(), data.begin(), data.end());
    }
  }
  return out;
}

std::string multires_mesh_info(int vertex_bits, const ShardLayout& layout) {
  return Json{{"@type", "neuroglancer_multilod_draco"},
              {"vertex_quantization_bits", vertex_bits},
              {"transform", {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}},
              {"lod_scale_multiplier", 1},
              {"sharding", parse_json(layout.json(), "sharding")}}
             .dump(1) +
         "\n";
}

}  // namespace syconn
