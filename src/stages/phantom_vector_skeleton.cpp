// SPDX-License-Identifier: GPL-3.0-or-later
#include "phantom_vector_skeleton.h"

#include <algorithm>
#include <cmath>

namespace syconn {
namespace {

double length_nm(const Vec3d& d) { return std::sqrt(d.dot(d)); }
float f32(double v) { return static_cast<float>(v); }

/// Path lengths of a cell's tree, µm; an edge counts for the compartment of its node away from the root.
struct Paths {
  double all = 0, axon = 0, dendrite = 0, soma = 0, myelin = 0;
};

Paths paths_of(const std::vector<PhantomSkeletonNode>& nodes) {
  Paths sum;
  for (const PhantomSkeletonNode& n : nodes) {
    if (n.parent < 0) continue;
    const Vec3f from = nodes[static_cast<std::size_t>(n.parent)].position_nm;
    const double um = length_nm(Vec3d(n.position_nm) - Vec3d(from)) / 1000;
    sum.all += um;
    if (n.compartment == kSoma) sum.soma += um;
    if (n.compartment <= kSpineNeck) sum.dendrite += um;
    if (n.compartment >= kAxon && n.compartment <= kBoutonTerminal) sum.axon += um;
    if (n.myelin) sum.myelin += um;
  }
  return sum;
}

}  // namespace

std::vector<PhantomSkeletonNode> phantom_skeleton(const PhantomModel& m, const PhantomCell& c) {
  constexpr double kStepNm = 500;
  std::vector<PhantomSkeletonNode> nodes;
  std::vector<std::int32_t> row(c.n_nodes);  // of each node of the model
  for (std::uint32_t i = 0; i < c.n_nodes; ++i) {
    const PhantomNode& n = m.nodes[c.first_node + i];
    std::int32_t parent = n.parent == kNone ? -1 : row[n.parent - c.first_node];
    if (n.parent != kNone && m.nodes[n.parent].compartment == kSoma) {
      const PhantomNode& soma = m.nodes[n.parent];
      const Vec3d from(soma.position_nm), along = Vec3d(n.position_nm) - from;
      const double radius = static_cast<double>(soma.radius_nm), length = length_nm(along);
      for (double nm = kStepNm; nm < std::min(radius, length); nm += kStepNm) {
        const Vec3d at = from + along * (nm / length);
        const double inner = std::max(radius - nm, static_cast<double>(n.start_radius_nm));
        nodes.push_back({Vec3f(at), static_cast<float>(inner), parent, soma.compartment, false});
        parent = static_cast<std::int32_t>(nodes.size()) - 1;
      }
    }
    row[i] = static_cast<std::int32_t>(nodes.size());
    nodes.push_back({n.position_nm, n.radius_nm, parent, n.compartment, n.myelin_nm > 0});
  }
  return nodes;
}

void set_phantom_paths(ShardBuilder& shard, const std::vector<PhantomSkeletonNode>& nodes) {
  const Paths paths = paths_of(nodes);
  shard.set("path_length_um", f32(paths.all));
  shard.set("axon_um", f32(paths.axon));
  shard.set("dend_um", f32(paths.dendrite));
  shard.set("soma_um", f32(paths.soma));
  shard.set("myelin_fraction", f32(paths.all > 0 ? paths.myelin / paths.all : 0));
}

void append_phantom_skeleton(ShardBuilder& shard, const std::vector<PhantomSkeletonNode>& nodes) {
  std::vector<float> xyz, radius;
  std::vector<std::int32_t> parent;
  std::vector<std::uint32_t> edges;
  std::vector<std::uint8_t> compartment, myelin;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const PhantomSkeletonNode& n = nodes[i];
    xyz.insert(xyz.end(), {n.position_nm.x, n.position_nm.y, n.position_nm.z});
    radius.push_back(n.radius_nm);
    compartment.push_back(n.compartment), myelin.push_back(n.myelin);
    parent.push_back(n.parent);
    if (n.parent >= 0) edges.insert(edges.end(), {static_cast<std::uint32_t>(n.parent), i});
  }
  shard.append<float>("skeleton", "nodes_nm", xyz);
  shard.append<float>("skeleton", "radius_nm", radius);
  shard.append<std::int32_t>("skeleton", "parent", parent);
  shard.append<std::uint8_t>("skeleton", "compartment", compartment);
  shard.append<std::uint8_t>("skeleton", "myelin", myelin);
  shard.append<std::uint32_t>("skeleton", "edges", edges);
}

}  // namespace syconn
