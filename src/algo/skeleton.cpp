// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/skeleton.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "node_tree.h"
#include "skeleton_trace.h"
#include "syconn/algo/run_components.h"
#include "syconn/core/error.h"
#include "syconn/core/union_find.h"

namespace syconn::skeleton {
namespace {

struct Link {
  std::uint32_t to;
  bool bridge;
};
using Adjacency = std::vector<std::vector<Link>>;

struct Bridge {
  double square = std::numeric_limits<double>::infinity();
  std::uint32_t a = 0, b = 0;
  bool operator<(const Bridge& o) const { return std::tie(square, a, b) < std::tie(o.square, o.a, o.b); }
};

/// Minimum spanning tree over the components (Boruvka); (length, nodes) is a total order, so the tree is unique.
std::vector<Bridge> bridges(const std::vector<Vec3d>& points, std::vector<std::uint32_t> part, std::uint32_t n_parts) {
  std::vector<Bridge> chosen;
  if (n_parts < 2) return chosen;
  const NodeTree tree(points);
  UnionFind sets(n_parts);
  std::vector<std::uint32_t> group(part);
  for (std::uint32_t left = n_parts; left > 1;) {
    std::vector<Bridge> best(n_parts);
    for (std::uint32_t i = 0; i < points.size(); ++i) group[i] = sets.find(part[i]);
    for (std::uint32_t i = 0; i < points.size(); ++i) {
      Bridge& b = best[group[i]];
      const auto hit = tree.nearest(points[i], b.square, [&](std::size_t j) { return group[j] != group[i]; });
      if (hit.index == SIZE_MAX) continue;
      const auto j = static_cast<std::uint32_t>(hit.index);
      b = std::min(b, Bridge{hit.square, std::min(i, j), std::max(i, j)});
    }
    for (const Bridge& b : best) {
      if (!std::isfinite(b.square) || sets.find(part[b.a]) == sets.find(part[b.b])) continue;
      sets.unite(part[b.a], part[b.b]);
      chosen.push_back(b);
      --left;
    }
  }
  return chosen;
}

/// Root of the thickest soma, else of the largest component; ties: the earlier component.
std::size_t root_tree(const std::vector<Tree>& trees) {
  std::size_t best = 0;
  for (std::size_t t = 1; t < trees.size(); ++t)
    if (std::tie(trees[t].soma_radius_nm, trees[t].n_voxels) >
        std::tie(trees[best].soma_radius_nm, trees[best].n_voxels))
      best = t;
  return best;
}

Skeleton preorder(const Adjacency& links, std::uint32_t root, const std::vector<const Node*>& nodes,
                  const Vec3d& voxel_nm, const Vec3d& origin_nm) {
  struct Step {
    std::uint32_t node;
    std::int64_t from;
    std::int32_t parent;
    bool bridge;
  };
  Skeleton out;
  std::vector<Step> stack{{root, -1, -1, false}};
  while (!stack.empty()) {
    const Step s = stack.back();
    stack.pop_back();
    const auto now = static_cast<std::int32_t>(out.nodes_nm.size());
    out.nodes_nm.push_back(Vec3f(origin_nm + Vec3d(nodes[s.node]->voxel) * voxel_nm));
    out.radius_nm.push_back(nodes[s.node]->radius_nm);
    out.parent.push_back(s.parent);
    if (s.parent >= 0) {
      out.edges.push_back({static_cast<std::uint32_t>(s.parent), static_cast<std::uint32_t>(now)});
      const Vec3d d = Vec3d(nodes[s.node]->voxel - nodes[static_cast<std::size_t>(s.from)]->voxel) * voxel_nm;
      out.bridge_nm.push_back(s.bridge ? static_cast<float>(std::sqrt(d.dot(d))) : 0.0F);
    }
    const auto& next = links[s.node];
    for (std::size_t i = next.size(); i-- > 0;)
      if (next[i].to != s.from) stack.push_back({next[i].to, s.node, now, next[i].bridge});
  }
  return out;
}

void check(const Vec3d& voxel_nm, const Vec3d& origin_nm, const SkeletonParams& p) {
  const auto range = [](bool ok, const char* what) {
    if (!ok) throw Error(Category::config, std::string("skeleton: ") + what);
  };
  for (int axis = 0; axis < 3; ++axis) {
    range(voxel_nm[axis] >= 0.1 && voxel_nm[axis] <= 1e5, "grid_voxel_nm must lie in 0.1..100,000 nm");
    range(std::isfinite(origin_nm[axis]), "origin_nm must be finite");
  }
  range(voxel_nm.max_element() <= 1000 * voxel_nm.min_element(), "grid_voxel_nm: axes differ by more than 1000");
  range(p.scale >= 0 && p.scale <= 1000 && p.const_nm >= 0 && p.const_nm <= 1e6, "scale or const_nm out of range");
  range(p.pdrf_scale >= 0 && p.pdrf_scale <= 1e6, "pdrf_scale must lie in 0..1,000,000");
  range(p.pdrf_exponent >= 1 && p.pdrf_exponent <= 16, "pdrf_exponent must lie in 1..16");
  range(p.soma_acceptance_nm > 0 && p.soma_invalidation_scale >= 0 && p.soma_invalidation_const_nm >= 0,
        "soma keys must not be negative");
  range(p.downsample_factor >= 1, "downsample_factor must be at least 1");
}
}  // namespace

Skeleton join(const std::vector<Tree>& trees, const Vec3d& voxel_nm, const Vec3d& origin_nm) {
  std::vector<const Node*> nodes;
  std::vector<Vec3d> points;
  std::vector<std::uint32_t> part, first;
  Vec3i corner = trees[0].nodes[0].voxel;  // points are taken relative to the cell, so that a shift changes nothing
  for (const Tree& t : trees)
    for (const Node& n : t.nodes) corner = syconn::min(corner, n.voxel);
  Adjacency links;
  for (std::uint32_t t = 0; t < trees.size(); ++t) {
    first.push_back(static_cast<std::uint32_t>(nodes.size()));
    for (const Node& n : trees[t].nodes) {
      const auto i = static_cast<std::uint32_t>(nodes.size());
      nodes.push_back(&n), part.push_back(t), links.emplace_back();
      points.push_back(Vec3d(n.voxel - corner) * voxel_nm);
      if (n.parent < 0) continue;
      const std::uint32_t parent = first[t] + static_cast<std::uint32_t>(n.parent);
      links[i].push_back({parent, false}), links[parent].push_back({i, false});
    }
  }
  for (const Bridge& b : bridges(points, part, static_cast<std::uint32_t>(trees.size())))
    links[b.a].push_back({b.b, true}), links[b.b].push_back({b.a, true});
  const std::size_t root = root_tree(trees);
  Skeleton out = preorder(links, first[root], nodes, voxel_nm, origin_nm);
  out.soma_radius_nm = trees[root].soma_radius_nm;
  return out;
}

}  // namespace syconn::skeleton

namespace syconn {

Skeleton skeletonise(std::span<const Run> grid_runs, const Vec3d& grid_voxel_nm, const Vec3d& origin_nm,
                     const SkeletonParams& params) {
  skeleton::check(grid_voxel_nm, origin_nm, params);
  std::vector<Run> runs(grid_runs.begin(), grid_runs.end());
  sort_and_merge(runs);
  if (runs.empty()) return {};
  const RunComponents parts = run_components(runs);
  std::vector<std::size_t> offset(parts.n_parts + 1, 0);
  for (const std::uint32_t p : parts.part) ++offset[p + 1];
  for (std::uint32_t p = 0; p < parts.n_parts; ++p) offset[p + 1] += offset[p];
  std::vector<Run> sorted(runs.size());
  std::vector<std::size_t> next(offset.begin(), offset.end() - 1);
  for (std::size_t i = 0; i < runs.size(); ++i) sorted[next[parts.part[i]]++] = runs[i];
  std::vector<skeleton::Tree> trees;
  for (std::uint32_t p = 0; p < parts.n_parts; ++p) {
    const std::span<const Run> own(sorted.data() + offset[p], offset[p + 1] - offset[p]);
    trees.push_back(skeleton::trace(own, grid_voxel_nm, params));
    skeleton::clean(trees.back(), grid_voxel_nm, params);
  }
  return skeleton::join(trees, grid_voxel_nm, origin_nm);
}

// A slot holds edt 4, distance 4, penalty 4, cost 8, claim 4 bytes; a brick 180 more; queues, order 32 a voxel.
std::uint64_t skeleton_memory_bytes(std::uint64_t n_voxels, std::uint64_t n_runs) {
  return n_voxels * (4 * 24 + 180 / 16 + 32) + n_runs * 64 + (1 << 20);
}

}  // namespace syconn
