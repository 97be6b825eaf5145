// SPDX-License-Identifier: GPL-3.0-or-later
// Soma nodes and the codes of nodes by brute force: sets that grow until nothing changes, distances by walking.
#pragma once
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "../../src/stages/soma_nodes.h"

namespace syconn::test {

using NodeSet = std::set<std::uint32_t>;

inline double node_distance_nm(const SkeletonShape& cell, std::uint32_t a, std::uint32_t b) {
  const Vec3d d = Vec3d(cell.nodes_nm[a]) - Vec3d(cell.nodes_nm[b]);
  return std::sqrt(d.dot(d));
}

/// What edges join to `start` within the nodes that `in` allows.
template <class In>
NodeSet grown(const SkeletonShape& cell, std::uint32_t start, const In& in) {
  NodeSet set{start};
  for (bool more = true; more;) {
    more = false;
    for (const auto& [a, b] : cell.edges)
      for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}})
        if (set.contains(from) && in(to)) more |= set.insert(to).second;
  }
  return set;
}

inline float thickest(const SkeletonShape& cell, const NodeSet& nodes) {
  float most = 0;
  for (const std::uint32_t i : nodes) most = std::max(most, cell.radius_nm[i]);
  return most;
}

/// What the balls of the thick nodes hold, again and again until no thicker node turns up.
inline NodeSet ball_soma(const SkeletonShape& cell, NodeSet group) {
  for (;;) {
    NodeSet soma;
    for (const std::uint32_t i : group)
      if (2 * cell.radius_nm[i] >= thickest(cell, group))
        soma.merge(grown(cell, i, [&](std::uint32_t k) {
          return node_distance_nm(cell, k, i) < static_cast<double>(cell.radius_nm[i]);
        }));
    if (thickest(cell, soma) <= thickest(cell, group)) return soma;
    group = soma;
  }
}

inline std::vector<bool> soma_oracle(const SkeletonShape& cell, const std::vector<std::int32_t>& codes,
                                     double least_nm) {
  std::vector<bool> soma(codes.size());
  for (std::uint32_t i = 0; i < codes.size(); ++i) {
    if (codes[i] != kSoma) continue;
    const NodeSet group = grown(cell, i, [&](std::uint32_t k) { return codes[k] == kSoma; });
    double nm = 0;
    for (const auto& [a, b] : cell.edges)
      if (group.contains(a) && group.contains(b)) nm += node_distance_nm(cell, a, b);
    if (*group.begin() != i || nm < least_nm) continue;
    for (const std::uint32_t k : cell.radius_nm.empty() ? group : ball_soma(cell, group)) soma[k] = true;
  }
  return soma;
}

/// Of each node that said soma and is none: the code of the node nearest in edges (tie: lowest index) that is neither.
inline std::vector<std::int32_t> without_patches(const SkeletonShape& cell, std::vector<std::int32_t> codes,
                                                 const std::vector<bool>& soma) {
  const auto is_patch = [&](std::uint32_t i) { return codes[i] == kSoma && !soma[i]; };
  std::vector<std::int32_t> out = codes;
  for (std::uint32_t i = 0; i < codes.size(); ++i) {
    if (soma[i]) out[i] = kSoma;
    if (!is_patch(i)) continue;
    NodeSet reached{i}, last{i};
    std::int32_t found = -1;
    while (found < 0 && !last.empty()) {
      NodeSet next;
      for (const auto& [a, b] : cell.edges)
        for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}})
          if (last.contains(from) && !reached.contains(to)) next.insert(to);
      for (const std::uint32_t k : next)
        if (found < 0 && !is_patch(k) && !soma[k]) found = codes[k];
      // only through patches, as they ask their neighbours
      last.clear();
      for (const std::uint32_t k : next)
        if (reached.insert(k).second && is_patch(k)) last.insert(k);
    }
    if (found >= 0) out[i] = found;
  }
  return out;
}

}  // namespace syconn::test
