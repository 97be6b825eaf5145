// SPDX-License-Identifier: GPL-3.0-or-later
#include "soma_nodes.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "syconn/algo/skeleton_labels.h"

namespace syconn {
namespace {

double distance_nm(const Vec3f& a, const Vec3f& b) {
  const Vec3d d = Vec3d(a) - Vec3d(b);
  return std::sqrt(d.dot(d));
}

using Nodes = std::vector<std::uint32_t>;  ///< ascending

/// Connected soma nodes with at least `least_nm` of edges between them.
std::vector<Nodes> groups_of(const SkeletonShape& cell, std::span<const std::int32_t> codes, double least_nm) {
  std::vector<SkeletonEdge> within;
  for (const SkeletonEdge& e : cell.edges)
    if (codes[e[0]] == kSoma && codes[e[1]] == kSoma) within.push_back(e);
  const std::vector<std::uint32_t> part = skeleton_components(codes.size(), within);
  std::map<std::uint32_t, double> length_nm;
  for (const SkeletonEdge& e : within) length_nm[part[e[0]]] += distance_nm(cell.nodes_nm[e[0]], cell.nodes_nm[e[1]]);
  std::map<std::uint32_t, Nodes> groups;
  for (std::uint32_t i = 0; i < codes.size(); ++i)
    if (codes[i] == kSoma && length_nm[part[i]] >= least_nm) groups[part[i]].push_back(i);
  std::vector<Nodes> list;
  for (auto& [first, nodes] : groups) list.push_back(std::move(nodes));
  return list;
}

class Balls {
 public:
  explicit Balls(const SkeletonShape& cell) : cell_(cell), links_(skeleton_links(cell.nodes_nm.size(), cell.edges)) {}

  /// The soma that `group` stands for.
  Nodes soma_of(Nodes group) const {
    for (;;) {
      const float largest = largest_of(group);
      std::vector<bool> in(cell_.nodes_nm.size());
      Nodes soma;
      for (const std::uint32_t i : group)
        if (cell_.radius_nm[i] >= 0.5F * largest) walk(i, in, soma);
      std::sort(soma.begin(), soma.end());
      if (largest_of(soma) <= largest) return soma;
      group = std::move(soma);
    }
  }

 private:
  float largest_of(const Nodes& nodes) const {
    float largest = 0;
    for (const std::uint32_t i : nodes) largest = std::max(largest, cell_.radius_nm[i]);
    return largest;
  }
  /// Adds to `soma` what the ball around `centre` holds, as far as one gets in it.
  void walk(std::uint32_t centre, std::vector<bool>& in, Nodes& soma) const {
    std::map<std::uint32_t, bool> seen{{centre, true}};
    Nodes front{centre};
    for (std::size_t k = 0; k < front.size(); ++k) {
      if (!in[front[k]]) in[front[k]] = true, soma.push_back(front[k]);
      for (const std::uint32_t to : links_[front[k]])
        if (distance_nm(cell_.nodes_nm[to], cell_.nodes_nm[centre]) < static_cast<double>(cell_.radius_nm[centre]) &&
            seen.try_emplace(to, true).second)
          front.push_back(to);
    }
  }

  const SkeletonShape& cell_;
  SkeletonLinks links_;
};

}  // namespace

SkeletonLinks skeleton_links(std::size_t nodes, std::span<const SkeletonEdge> edges) {
  SkeletonLinks links(nodes);
  for (const auto& [a, b] : edges) links[a].push_back(b), links[b].push_back(a);
  return links;
}

std::vector<bool> soma_nodes(const SkeletonShape& cell, std::span<const std::int32_t> codes, double least_nm) {
  std::vector<bool> soma(codes.size());
  const std::vector<Nodes> groups = groups_of(cell, codes, least_nm);
  if (groups.empty()) return soma;
  const Balls balls(cell);
  for (const Nodes& group : groups)
    for (const std::uint32_t i : cell.radius_nm.empty() ? group : balls.soma_of(group)) soma[i] = true;
  return soma;
}

}  // namespace syconn
