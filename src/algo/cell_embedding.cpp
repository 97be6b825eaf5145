// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/cell_embedding.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <tuple>

#include "syconn/core/compartments.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

struct Link {
  std::uint32_t to;
  double nm;
};
/// Links of node i: [first[i], first[i + 1]).
struct Links {
  std::vector<std::size_t> first;
  std::vector<Link> list;
};

Links links_of(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges) {
  Links links{std::vector<std::size_t>(nodes_nm.size() + 1, 0), std::vector<Link>(2 * edges.size())};
  for (const SkeletonEdge& e : edges) {
    if (std::max(e[0], e[1]) >= nodes_nm.size())
      throw Error(Category::runtime, "nearest source: an edge names no node");
    ++links.first[e[0] + 1], ++links.first[e[1] + 1];
  }
  for (std::size_t i = 0; i < nodes_nm.size(); ++i) links.first[i + 1] += links.first[i];
  std::vector<std::size_t> next(links.first.begin(), links.first.end() - 1);
  for (const SkeletonEdge& e : edges) {
    const Vec3d d = Vec3d(nodes_nm[e[0]]) - Vec3d(nodes_nm[e[1]]);
    const double nm = std::sqrt(d.dot(d));
    links.list[next[e[0]]++] = {e[1], nm};
    links.list[next[e[1]]++] = {e[0], nm};
  }
  return links;
}

/// Nodes that nothing reached take the source that is nearest in space.
void fill_by_space(std::span<const Vec3f> nodes_nm, std::span<const std::uint32_t> sources,
                   std::vector<std::uint32_t>& nearest) {
  if (std::find(nearest.begin(), nearest.end(), kNone) == nearest.end()) return;
  std::vector<Vec3f> at;
  for (const std::uint32_t node : sources) at.push_back(nodes_nm[node]);
  const NearestNode in_space(at);
  for (std::size_t i = 0; i < nearest.size(); ++i)
    if (nearest[i] == kNone) nearest[i] = in_space(nodes_nm[i]);
}

}  // namespace

std::vector<std::uint32_t> nearest_source(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                          std::span<const std::uint32_t> sources) {
  if (sources.empty()) throw Error(Category::runtime, "nearest source: there is none");
  const Links links = links_of(nodes_nm, edges);
  using Entry = std::tuple<double, std::uint32_t, std::uint32_t>;  // path, source, node: ties by source
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  for (std::uint32_t s = 0; s < sources.size(); ++s) {
    if (sources[s] >= nodes_nm.size()) throw Error(Category::runtime, "nearest source: a source names no node");
    open.emplace(0, s, sources[s]);
  }
  std::vector<std::uint32_t> nearest(nodes_nm.size(), kNone);
  while (!open.empty()) {
    const auto [nm, source, node] = open.top();
    open.pop();
    if (nearest[node] != kNone) continue;
    nearest[node] = source;
    for (std::size_t i = links.first[node]; i < links.first[node + 1]; ++i)
      if (nearest[links.list[i].to] == kNone) open.emplace(nm + links.list[i].nm, source, links.list[i].to);
  }
  fill_by_space(nodes_nm, sources, nearest);
  return nearest;
}

std::vector<double> cell_vector(std::span<const float> rows, std::size_t dim,
                                std::span<const std::uint8_t> compartment) {
  if (dim == 0 || rows.size() % dim != 0 || (!compartment.empty() && compartment.size() != rows.size() / dim))
    throw Error(Category::runtime, "cell vector: the rows, their width and the compartments do not fit together");
  const std::size_t n = rows.size() / dim;
  std::size_t members[3] = {0, 0, 0};  // axon, dendrite, all
  std::vector<double> sum[3];
  for (auto& s : sum) s.assign(dim, 0);
  const auto add = [&](int part, std::size_t node) {
    ++members[part];
    for (std::size_t d = 0; d < dim; ++d) sum[part][d] += static_cast<double>(rows[node * dim + d]);
  };
  for (std::size_t i = 0; i < n; ++i) {
    add(2, i);
    if (!compartment.empty() && is_axon(compartment[i])) add(0, i);
    if (!compartment.empty() && is_dendrite(compartment[i])) add(1, i);
  }
  if (n == 0) return {};
  std::vector<double> vector(dim, 0);
  const bool all = members[0] + members[1] == 0;
  for (int part = all ? 2 : 0; part < (all ? 3 : 2); ++part)
    for (std::size_t d = 0; d < dim && members[part] > 0; ++d)
      vector[d] += sum[part][d] / static_cast<double>(members[part]);
  return vector;
}

}  // namespace syconn
