// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/myelin_stretches.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "syconn/core/error.h"
#include "syconn/core/union_find.h"

namespace syconn {
namespace {

constexpr std::uint32_t kNoNode = UINT32_MAX;

struct Neighbour {
  std::uint32_t node;
  double length_nm;
};

void check_forest(std::uint32_t n_nodes, std::span<const PathEdge> edges) {
  UnionFind parts(n_nodes);
  for (const PathEdge& e : edges) {
    if (e.a >= n_nodes || e.b >= n_nodes)
      throw Error(Category::runtime, "myelin stretches: an edge names a node that there is not");
    if (parts.find(e.a) == parts.find(e.b)) throw Error(Category::runtime, "myelin stretches: the edges form a ring");
    parts.unite(e.a, e.b);
  }
}

/// Walks over bare edges from the end of a stretch until the next stretch.
class GapWalk {
 public:
  GapWalk(std::uint32_t n_nodes, std::span<const PathEdge> edges, const std::vector<std::uint8_t>& sheathed)
      : bare_(n_nodes), sheathed_(sheathed) {
    for (const PathEdge& e : edges)
      if (!e.myelin) bare_[e.a].push_back({e.b, e.length_nm}), bare_[e.b].push_back({e.a, e.length_nm});
  }
  void from(std::uint32_t start, double max_nm, std::vector<MyelinGap>& out) const {
    struct At {
      std::uint32_t node, before;
      double length_nm;
    };
    std::vector<At> open{{start, kNoNode, 0}};
    while (!open.empty()) {
      const At at = open.back();
      open.pop_back();
      for (const Neighbour& next : bare_[at.node]) {
        const double length = at.length_nm + next.length_nm;
        if (next.node == at.before || length > max_nm) continue;
        if (sheathed_[next.node] == 0)
          open.push_back({next.node, at.node, length});
        else if (start < next.node)
          out.push_back({start, next.node, length});
      }
    }
  }

 private:
  std::vector<std::vector<Neighbour>> bare_;
  const std::vector<std::uint8_t>& sheathed_;
};

}  // namespace

MyelinStretches find_myelin_stretches(std::uint32_t n_nodes, std::span<const PathEdge> edges, double max_gap_nm) {
  check_forest(n_nodes, edges);
  UnionFind stretches(n_nodes);
  std::vector<std::uint8_t> sheathed(n_nodes, 0);
  for (const PathEdge& e : edges)
    if (e.myelin) stretches.unite(e.a, e.b), sheathed[e.a] = sheathed[e.b] = 1;
  std::map<std::uint32_t, double> lengths;  // the root of a set is its smallest node
  for (const PathEdge& e : edges)
    if (e.myelin) lengths[stretches.find(e.a)] += e.length_nm;
  MyelinStretches out;
  for (const auto& [node, length] : lengths) out.stretches.push_back({node, length});
  std::vector<MyelinGap> paths;
  const GapWalk walk(n_nodes, edges, sheathed);
  for (std::uint32_t node = 0; node < n_nodes; ++node)
    if (sheathed[node] != 0) walk.from(node, max_gap_nm, paths);
  std::sort(paths.begin(), paths.end(), [](const MyelinGap& x, const MyelinGap& y) {
    return std::tie(x.length_nm, x.node_a, x.node_b) < std::tie(y.length_nm, y.node_a, y.node_b);
  });
  for (const MyelinGap& path : paths) {
    if (stretches.find(path.node_a) == stretches.find(path.node_b)) continue;
    stretches.unite(path.node_a, path.node_b);
    out.gaps.push_back(path);
  }
  return out;
}

}  // namespace syconn
