// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/tree_cloud.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

struct Frustum {
  Vec3d from, to;  ///< parent's and node's end
  double r_from = 0, r_to = 0;
  bool sphere = false;
  double area_nm2() const {
    if (sphere) return 4 * std::numbers::pi * r_to * r_to;
    const Vec3d d = to - from;
    return std::numbers::pi * (r_from + r_to) * std::sqrt(d.dot(d) + (r_from - r_to) * (r_from - r_to));
  }
};

/// A tracing leads each neurite to the soma's centre, often from afar: what lies between is neurite, not a cone.
bool leaves_soma(const NeuronTree& tree, std::size_t node, const TreeCloudParams& params) {
  constexpr std::int32_t kSoma = 1;
  return params.cylinders_from_soma && tree.parent[node] >= 0 && tree.type[node] != kSoma &&
         tree.type[static_cast<std::size_t>(tree.parent[node])] == kSoma;
}

Frustum frustum_of(const NeuronTree& tree, std::size_t node, const TreeCloudParams& params) {
  const std::int32_t parent = tree.parent[node];
  const double r = std::max(tree.radius_nm[node], params.min_radius_nm);
  if (parent < 0) return {tree.nodes_nm[node], tree.nodes_nm[node], r, r, true};
  const auto p = static_cast<std::size_t>(parent);
  const double r_from = leaves_soma(tree, node, params) ? r : std::max(tree.radius_nm[p], params.min_radius_nm);
  return {tree.nodes_nm[p], tree.nodes_nm[node], r_from, r, false};
}

/// Share of the way from `from` at which a uniform point of the side lies: density grows with the radius there.
double share(const Frustum& f, Rng& rng) {
  const double u = rng.uniform();
  if (std::abs(f.r_to - f.r_from) < 1e-9 * (f.r_to + f.r_from)) return u;
  const double a = f.r_from * f.r_from, b = f.r_to * f.r_to;
  return (std::sqrt(a + u * (b - a)) - f.r_from) / (f.r_to - f.r_from);
}

Vec3d unit(const Vec3d& v) { return v / std::sqrt(v.dot(v)); }

void check_tree(const NeuronTree& tree, const TreeCloudParams& q) {
  if (!(q.points_per_um2 > 0) || !(q.min_radius_nm > 0) || q.max_points == 0)
    throw Error(Category::config, "surface of a tree: density, radius and number of points must be positive");
  for (std::size_t i = 0; i < tree.n_nodes(); ++i)
    if (tree.parent[i] >= static_cast<std::int32_t>(i))
      throw Error(Category::runtime, "surface of a tree: a parent comes after its child");
}

}  // namespace

TreeCloud surface_of_tree(const NeuronTree& tree, const TreeCloudParams& params) {
  check_tree(tree, params);
  double area_nm2 = 0;
  for (std::size_t i = 0; i < tree.n_nodes(); ++i) area_nm2 += frustum_of(tree, i, params).area_nm2();
  const double density =
      std::min(params.points_per_um2 * 1e-6, static_cast<double>(params.max_points) * 0.99 / std::max(area_nm2, 1.0));
  TreeCloud cloud;
  for (std::size_t i = 0; i < tree.n_nodes(); ++i) {
    const Frustum f = frustum_of(tree, i, params);
    Rng rng(params.seed, i);
    const auto n = static_cast<std::uint64_t>(f.area_nm2() * density + rng.uniform());
    const Vec3d axis = f.to - f.from;
    const bool flat = axis.dot(axis) == 0;
    const Vec3d along = flat ? Vec3d{0, 0, 1} : unit(axis);
    const Vec3d side = unit(cross(along, std::abs(along.x) < 0.6 ? Vec3d{1, 0, 0} : Vec3d{0, 1, 0}));
    const Vec3d third = cross(along, side);
    for (std::uint64_t k = 0; k < n; ++k) {
      const double t = f.sphere ? 1 : share(f, rng);
      const double turn = rng.uniform(0, 2 * std::numbers::pi), r = f.r_from + t * (f.r_to - f.r_from);
      const Vec3d around = f.sphere ? rng.direction() : side * std::cos(turn) + third * std::sin(turn);
      cloud.points_nm.emplace_back(f.from + axis * t + around * r);
      const bool at_parent = t < 0.5 && !leaves_soma(tree, i, params);
      cloud.node.push_back(static_cast<std::uint32_t>(at_parent ? tree.parent[i] : static_cast<std::int32_t>(i)));
    }
  }
  return cloud;
}

std::vector<Vec3f> tree_nodes(const NeuronTree& tree) { return {tree.nodes_nm.begin(), tree.nodes_nm.end()}; }

std::vector<SkeletonEdge> tree_edges(const NeuronTree& tree) {
  std::vector<SkeletonEdge> edges;
  for (std::uint32_t i = 0; i < tree.n_nodes(); ++i)
    if (tree.parent[i] >= 0) edges.push_back({static_cast<std::uint32_t>(tree.parent[i]), i});
  return edges;
}

}  // namespace syconn
