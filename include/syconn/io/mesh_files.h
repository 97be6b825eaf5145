// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "syconn/core/files.h"

/// Triangle meshes for other tools; positions in nm, said in a comment. `vertices_nm`: x, y, z each; `faces`: three
/// vertices each, counted from 0.
namespace syconn {

/// PLY, binary_little_endian. Both write the file atomically; Error{runtime}.
void write_ply(const fs::path& path, std::span<const float> vertices_nm, std::span<const std::uint32_t> faces,
               const std::string& comment);
/// Wavefront OBJ; coordinates in the fewest digits that read back the same.
void write_obj(const fs::path& path, std::span<const float> vertices_nm, std::span<const std::uint32_t> faces,
               const std::string& comment);

}  // namespace syconn
