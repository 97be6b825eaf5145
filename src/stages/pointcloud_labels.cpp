// SPDX-License-Identifier: GPL-3.0-or-later
#include "pointcloud_labels.h"

#include <algorithm>
#include <cmath>

#include "syconn/core/error.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

constexpr std::size_t kBlock = 4096;  // vertices a thread takes at a time

/// labels[i] of every i of `wanting` becomes that of the nearest of `known`.
void take_nearest(std::span<const Vec3f> vertices_nm, const std::vector<std::uint32_t>& known,
                  const std::vector<std::uint32_t>& wanting, std::span<const std::int32_t> from,
                  std::vector<std::int32_t>& labels, int threads) {
  if (known.empty() || wanting.empty()) return;
  std::vector<Vec3f> points;
  points.reserve(known.size());
  for (const std::uint32_t i : known) points.push_back(vertices_nm[i]);
  const NearestNode nearest(points);
  parallel_for(static_cast<std::int64_t>((wanting.size() + kBlock - 1) / kBlock), threads, [&](std::int64_t block) {
    const std::size_t first = static_cast<std::size_t>(block) * kBlock;
    for (std::size_t k = first; k < std::min(first + kBlock, wanting.size()); ++k)
      labels[wanting[k]] = from[known[nearest(vertices_nm[wanting[k]])]];
  });
}

/// Marked nodes take the code of the nearest unmarked one that is no soma, counted in edges; those that reach none keep
/// their own.
void take_neighbours(std::span<const SkeletonEdge> edges, std::vector<bool> marked, std::vector<std::int32_t>& codes) {
  const SkeletonLinks links = skeleton_links(codes.size(), edges);
  std::vector<std::uint32_t> front;
  for (std::uint32_t i = 0; i < codes.size(); ++i)
    if (!marked[i] && codes[i] != kSoma) front.push_back(i);
  for (std::size_t k = 0; k < front.size(); ++k)
    for (const std::uint32_t to : links[front[k]])
      if (marked[to]) marked[to] = false, codes[to] = codes[front[k]], front.push_back(to);
}

}  // namespace

std::vector<std::int32_t> filled_labels(std::span<const Vec3f> vertices_nm, std::vector<std::int32_t> labels,
                                        std::int32_t none, int threads) {
  if (labels.size() != vertices_nm.size()) throw Error(Category::runtime, "fill: not one label a vertex");
  std::vector<std::uint32_t> known, wanting;
  for (std::uint32_t i = 0; i < labels.size(); ++i) (labels[i] == kNotLabelled ? wanting : known).push_back(i);
  take_nearest(vertices_nm, known, wanting, std::vector<std::int32_t>(labels), labels, threads);
  if (known.empty()) labels.assign(labels.size(), none);
  return labels;
}

void refine_labels(std::span<const Vec3f> vertices_nm, std::span<const std::int32_t> fine, std::int32_t whole,
                   std::vector<std::int32_t>& codes, int threads) {
  if (fine.size() != vertices_nm.size() || codes.size() != vertices_nm.size())
    throw Error(Category::runtime, "refine: not one label a vertex");
  std::vector<std::uint32_t> known, wanting;
  for (std::uint32_t i = 0; i < codes.size(); ++i) {
    if (codes[i] != whole) continue;
    (fine[i] == kNotLabelled ? wanting : known).push_back(i);
  }
  for (const std::uint32_t i : known) codes[i] = fine[i];
  take_nearest(vertices_nm, known, wanting, fine, codes, threads);
}

void mark_soma(std::span<const Vec3f> vertices_nm, const SkeletonShape& cell, double least_radius_nm,
               std::vector<std::int32_t>& codes, int threads) {
  if (codes.size() != vertices_nm.size()) throw Error(Category::runtime, "soma: not one code a vertex");
  std::vector<std::int32_t> of_node(cell.nodes_nm.size(), kUnknownCompartment);
  for (std::size_t i = 0; i < cell.radius_nm.size(); ++i)
    if (static_cast<double>(cell.radius_nm[i]) >= least_radius_nm) of_node[i] = kSoma;
  const std::vector<bool> soma = soma_nodes(cell, of_node, 0);
  if (std::find(soma.begin(), soma.end(), true) == soma.end()) return;
  const NearestNode nearest(cell.nodes_nm);
  parallel_for(static_cast<std::int64_t>((codes.size() + kBlock - 1) / kBlock), threads, [&](std::int64_t block) {
    const std::size_t first = static_cast<std::size_t>(block) * kBlock;
    for (std::size_t i = first; i < std::min(first + kBlock, codes.size()); ++i)
      if (codes[i] == kAxon && soma[nearest(vertices_nm[i])]) codes[i] = kSoma;
  });
}

std::vector<std::int32_t> node_codes(std::span<const Vec3f> vertices_nm, std::span<const std::int32_t> vertex_codes,
                                     std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                     const NodeVote& vote, std::span<const float> radius_nm) {
  std::vector<std::int32_t> own =
      knn_majority(vertices_nm, vertex_codes, nodes_nm, vote.neighbours, kUnknownCompartment);
  const std::vector<bool> soma = soma_nodes({nodes_nm, radius_nm, edges}, own, vote.least_soma_nm);
  std::vector<bool> not_soma(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    not_soma[i] = own[i] == kSoma && !soma[i];
    if (soma[i]) own[i] = kSoma;
  }
  take_neighbours(edges, not_soma, own);
  std::vector<SkeletonEdge> neurites;
  for (const SkeletonEdge& e : edges)
    if (own[e[0]] != kSoma && own[e[1]] != kSoma) neurites.push_back(e);
  const std::vector<std::int32_t> codes = smooth_compartments(nodes_nm, neurites, own, vote.smooth_nm);
  return vote.axon_share > 0 ? component_compartments(edges, codes, vote.axon_share) : codes;
}

CompartmentPaths compartment_paths(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                   std::span<const std::int32_t> parent, std::span<const float> bridge_nm,
                                   std::span<const std::int32_t> codes) {
  if (parent.size() != nodes_nm.size() || codes.size() != nodes_nm.size())
    throw Error(Category::runtime, "paths: not one parent and code a node");
  if (!bridge_nm.empty() && bridge_nm.size() != edges.size())
    throw Error(Category::runtime, "paths: not one bridge length an edge");
  CompartmentPaths sum;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const auto [a, b] = edges[e];
    const bool down = parent[b] == static_cast<std::int32_t>(a);
    if (!down && parent[a] != static_cast<std::int32_t>(b))
      throw Error(Category::runtime, "paths: edge " + std::to_string(e) + " joins no node with its parent");
    if (!bridge_nm.empty() && bridge_nm[e] > 0) continue;
    const Vec3d d = Vec3d(nodes_nm[a]) - Vec3d(nodes_nm[b]);
    const double um = std::sqrt(d.dot(d)) / 1000;
    const std::int32_t code = coarse_compartment(codes[down ? b : a]);
    if (code == kAxon) sum.axon_um += um;
    if (code == kShaft) sum.dend_um += um;
    if (code == kSoma) sum.soma_um += um;
  }
  return sum;
}

}  // namespace syconn
