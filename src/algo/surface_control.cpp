// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/surface_control.h"

#include <algorithm>

#include "syconn/algo/skeleton_labels.h"
#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr std::uint64_t kDrawNodes = 1, kDrawVertex = 2;  // streams of random numbers

/// The first `most` of a random order.
std::vector<std::uint32_t> draw_nodes(std::span<const std::uint8_t> wanted, std::uint32_t most, std::uint64_t seed) {
  std::vector<std::uint32_t> nodes;
  for (std::uint32_t i = 0; i < wanted.size(); ++i)
    if (wanted[i] != 0) nodes.push_back(i);
  Rng rng(seed, kDrawNodes);
  const std::size_t n = std::min<std::size_t>(most, nodes.size());
  for (std::size_t i = 0; i < n; ++i) std::swap(nodes[i], nodes[i + rng.below(nodes.size() - i)]);
  nodes.resize(n);
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

}  // namespace

std::vector<SurfacePoint> draw_surface_points(std::span<const Vec3f> nodes_nm, std::span<const std::uint8_t> wanted,
                                              std::span<const Vec3f> vertices_nm, std::uint32_t most,
                                              std::uint64_t seed) {
  if (wanted.size() != nodes_nm.size()) throw Error(Category::runtime, "surface points: not one entry a node");
  const std::vector<std::uint32_t> nodes = draw_nodes(wanted, most, seed);
  if (nodes.empty()) return {};
  std::vector<std::uint32_t> slot(nodes_nm.size(), UINT32_MAX), seen(nodes.size(), 0);
  std::vector<SurfacePoint> drawn(nodes.size());
  std::vector<Rng> streams;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    slot[nodes[i]] = i, drawn[i].node = nodes[i];
    streams.emplace_back(seed, kDrawVertex, nodes[i]);
  }
  const NearestNode nearest(nodes_nm);
  for (std::uint32_t v = 0; v < vertices_nm.size(); ++v) {
    const std::uint32_t s = slot[nearest(vertices_nm[v])];
    // The k-th vertex of a node takes the place with probability 1 / k: each is as likely in the end.
    if (s != UINT32_MAX && streams[s].below(++seen[s]) == 0) drawn[s].vertex = v;
  }
  std::vector<SurfacePoint> found;
  for (std::size_t i = 0; i < drawn.size(); ++i)
    if (seen[i] > 0) found.push_back(drawn[i]);
  return found;
}

}  // namespace syconn
