// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <span>
#include <string>
#include <vector>

#include "syconn/core/mesh_pyramid.h"
#include "syconn/io/precomputed_shard_writer.h"

/// Neuroglancer's meshes of several levels of detail (neuroglancer_multilod_draco).
namespace syconn {

/// One fragment as Draco: vertices as whole numbers in the attribute POSITION, nothing quantised. Throws
/// Error{runtime}. Draco may drop faces without area and puts vertices and faces into an order of its own.
std::vector<char> encode_draco(std::span<const std::uint32_t> vertices, std::span<const std::uint32_t> faces);

struct EncodedMesh {
  std::vector<char> manifest, fragments;  ///< in a shard the fragments stand right before the manifest
};
EncodedMesh encode_multires_mesh(const MeshPyramid& mesh);

/// The text of the file `info`; positions are in nm.
std::string multires_mesh_info(int vertex_bits, const ShardLayout& layout);

}  // namespace syconn
