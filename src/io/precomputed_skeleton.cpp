// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/precomputed_skeleton.h"

#include "byte_list.h"
#include "precomputed_dtype.h"
#include "syconn/core/json.h"

namespace syconn {

std::string precomputed_skeleton_info(const std::vector<SkeletonAttribute>& attributes, const ShardLayout& layout) {
  Json json{{"@type", "neuroglancer_skeletons"}, {"transform", {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}}};
  json["vertex_attributes"] = Json::array();
  for (const SkeletonAttribute& a : attributes)
    json["vertex_attributes"].push_back(
        {{"id", a.id}, {"data_type", precomputed_dtype(a.dtype)}, {"num_components", 1}});
  json["sharding"] = parse_json(layout.json(), "sharding");
  return json.dump(1) + "\n";
}

std::vector<char> encode_skeleton(std::span<const float> nodes_nm, std::span<const std::uint32_t> edges,
                                  std::span<const std::vector<char>> attributes) {
  std::vector<char> bytes;
  ByteList list(bytes);
  list.add(static_cast<std::uint32_t>(nodes_nm.size() / 3));
  list.add(static_cast<std::uint32_t>(edges.size() / 2));
  list.add(nodes_nm);
  list.add(edges);
  for (const std::vector<char>& values : attributes) list.add(std::span<const char>(values));
  return bytes;
}

}  // namespace syconn
