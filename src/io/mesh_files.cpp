// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/mesh_files.h"

#include <vector>

#include "byte_list.h"
#include "number_text.h"

namespace syconn {

void write_ply(const fs::path& path, std::span<const float> vertices_nm, std::span<const std::uint32_t> faces,
               const std::string& comment) {
  const std::string header =
      "ply\nformat binary_little_endian 1.0\ncomment " + comment + "\nelement vertex " +
      std::to_string(vertices_nm.size() / 3) + "\nproperty float x\nproperty float y\nproperty float z\nelement face " +
      std::to_string(faces.size() / 3) + "\nproperty list uchar uint vertex_indices\nend_header\n";
  std::vector<char> bytes(header.begin(), header.end());
  ByteList list(bytes);
  list.add(vertices_nm);
  for (std::size_t f = 0; f + 2 < faces.size(); f += 3) {
    bytes.push_back(3);
    list.add(faces.subspan(f, 3));
  }
  write_file_atomically(path, {bytes.data(), bytes.size()});
}

void write_obj(const fs::path& path, std::span<const float> vertices_nm, std::span<const std::uint32_t> faces,
               const std::string& comment) {
  std::string text = "# " + comment + "\n";
  for (std::size_t v = 0; v + 2 < vertices_nm.size(); v += 3)
    text += "v " + number_text(vertices_nm[v]) + ' ' + number_text(vertices_nm[v + 1]) + ' ' +
            number_text(vertices_nm[v + 2]) + '\n';
  for (std::size_t f = 0; f + 2 < faces.size(); f += 3)
    text += "f " + std::to_string(faces[f] + 1) + ' ' + std::to_string(faces[f + 1] + 1) + ' ' +
            std::to_string(faces[f + 2] + 1) + '\n';
  write_file_atomically(path, text);
}

}  // namespace syconn
