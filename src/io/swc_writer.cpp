// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/swc_writer.h"

#include "number_text.h"
#include "syconn/core/error.h"

namespace syconn {

void write_swc(const fs::path& path, const NeuronTree& tree, double nm_per_unit,
               const std::vector<std::string>& comments) {
  std::string text;
  for (const std::string& comment : comments) text += "# " + comment + '\n';
  const auto length = [&](double nm) { return number_text(static_cast<float>(nm / nm_per_unit)) + ' '; };
  for (std::size_t i = 0; i < tree.n_nodes(); ++i) {
    const std::int64_t parent = tree.parent[i];
    if (parent >= static_cast<std::int64_t>(i))
      throw Error(Category::runtime, "'" + path.string() + "': node " + std::to_string(i) + " comes before its parent");
    const Vec3d& p = tree.nodes_nm[i];
    text += std::to_string(i + 1) + ' ' + std::to_string(tree.type[i]) + ' ' + length(p.x) + length(p.y) + length(p.z) +
            length(tree.radius_nm[i]) + std::to_string(parent < 0 ? -1 : parent + 1) + '\n';
  }
  write_file_atomically(path, text);
}

}  // namespace syconn
