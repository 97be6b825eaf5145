// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "soma_nodes.h"

/// From what the networks say of some vertices of a cell to the compartments of all of it. No files, no networks.
namespace syconn {

inline constexpr std::int32_t kNotLabelled = -1;

/// Vertices without a label (kNotLabelled) take that of the nearest labelled one, Euclidean, tie: the lowest index. No
/// label at all: `none`. Up to `threads` threads.
std::vector<std::int32_t> filled_labels(std::span<const Vec3f> vertices_nm, std::vector<std::int32_t> labels,
                                        std::int32_t none, int threads);

/// Finer labels within one coarse compartment: a vertex whose code is `whole` takes its own label of `fine`, else that
/// of the nearest vertex that has one and is `whole` itself; without any it stays. Other vertices stay.
void refine_labels(std::span<const Vec3f> vertices_nm, std::span<const std::int32_t> fine, std::int32_t whole,
                   std::vector<std::int32_t>& codes, int threads);

/// Of a network that tells dendrite from all else, `codes` kShaft and kAxon: what is not dendrite and has a node of
/// soma as its nearest (Euclidean, tie: the lowest index) becomes kSoma. Soma is what soma_nodes makes of the nodes
/// with a radius of `least_radius_nm` or more; without radii nothing is. Up to `threads` threads.
void mark_soma(std::span<const Vec3f> vertices_nm, const SkeletonShape& cell, double least_radius_nm,
               std::vector<std::int32_t>& codes, int threads);

struct NodeVote {
  std::uint32_t neighbours = 50;
  double smooth_nm = 10000, axon_share = 0.66;  ///< axon_share 0: components keep what their nodes say
  double least_soma_nm = 0;
};
/// Codes of skeleton nodes: majority of the nearest vertices; what soma_nodes says is soma, and what it does not is
/// none and takes the code of the nearest node beyond; then smooth_compartments of each neurite by itself, so that a
/// soma neither grows along its neurites nor is outvoted by them; then component_compartments. `radius_nm`: one a node
/// or empty.
std::vector<std::int32_t> node_codes(std::span<const Vec3f> vertices_nm, std::span<const std::int32_t> vertex_codes,
                                     std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                     const NodeVote& vote, std::span<const float> radius_nm = {});

/// Length of the edges by the coarse compartment of the node away from the root, µm. `bridge_nm`: one an edge or empty;
/// bridges do not count. Throws Error{runtime} where an edge is not one between a node and its parent.
struct CompartmentPaths {
  double axon_um = 0, dend_um = 0, soma_um = 0;
};
CompartmentPaths compartment_paths(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                   std::span<const std::int32_t> parent, std::span<const float> bridge_nm,
                                   std::span<const std::int32_t> codes);

}  // namespace syconn
