// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "syconn/algo/skeleton_labels.h"

namespace syconn {

/// Votes of overlapping contexts on the vertices of one cell.
class VertexVotes {
 public:
  VertexVotes(std::size_t n_vertices, std::uint32_t n_classes);
  /// Throws Error{runtime} for a vertex or class that does not exist.
  void add(std::uint32_t vertex, std::uint32_t label, std::uint32_t times = 1);
  /// Adds the votes of another part of the contexts.
  void merge(const VertexVotes& from);
  /// The class with most votes, tie: the smallest; `none` where nobody voted.
  std::vector<std::int32_t> majority(std::int32_t none = -1) const;

 private:
  std::uint32_t n_classes_;
  std::vector<std::uint32_t> votes_;  ///< [vertex][class]
};

/// For every target the most frequent label of its k nearest sources (of all, if there are fewer), tie: the label met
/// first going outward. Neighbours are those of PointGrid. No source: `none`.
std::vector<std::int32_t> knn_majority(std::span<const Vec3f> sources_nm, std::span<const std::int32_t> labels,
                                       std::span<const Vec3f> targets_nm, std::uint32_t k, std::int32_t none = -1);
/// The same, passing over the sources that carry `ignore`.
std::vector<std::int32_t> knn_majority_without(std::int32_t ignore, std::span<const Vec3f> sources_nm,
                                               std::span<const std::int32_t> labels, std::span<const Vec3f> targets_nm,
                                               std::uint32_t k, std::int32_t none = -1);

/// Compartments as the store numbers them.
enum Compartment : std::int32_t {
  kShaft = 0,
  kSpineHead = 1,
  kSpineNeck = 2,
  kAxon = 3,
  kBoutonEnPassant = 4,
  kTerminalBouton = 5,
  kSoma = 6,
  kUnknownCompartment = 255,
};
/// kShaft for all parts of a dendrite, kAxon for all of an axon, else the code itself.
std::int32_t coarse_compartment(std::int32_t code);

/// Running majority of the coarse compartments along the path; a node whose own code is a part of what the majority
/// says (spine, bouton) keeps it. The edges must form a forest.
std::vector<std::int32_t> smooth_compartments(std::span<const Vec3f> nodes_nm, std::span<const SkeletonEdge> edges,
                                              std::span<const std::int32_t> codes, double radius_nm = 10000);

/// Without its soma nodes a cell falls into components; each becomes axon if at least `axon_share` of its nodes are
/// axon, dendrite otherwise. Nodes keep their finer code where it fits. Components without a known node stay unknown.
std::vector<std::int32_t> component_compartments(std::span<const SkeletonEdge> edges,
                                                 std::span<const std::int32_t> codes, double axon_share = 0.66);

/// What the contexts of one cell say together.
struct ClassVote {
  std::vector<double> probability;  ///< mean over the samples of softmax(logits)
  std::uint32_t best = 0;           ///< the largest of it, tie: the smallest class
  std::uint32_t majority = 0;       ///< most frequent best class of a sample, tie: the one met first (the reference)
  double certainty = 0;             ///< of `probability`
};
/// `logits`: [sample][class]. Throws Error{runtime} for no sample, fewer than two classes or what is not finite.
ClassVote vote_of_logits(std::span<const double> logits, std::uint32_t n_classes);
/// The same of rows that are probabilities already.
ClassVote vote_of_probabilities(std::span<const double> rows, std::uint32_t n_classes);
/// 1 + sum_i p_i log_C p_i of p scaled to the sum 1: 1 sure, 0 uniform.
double certainty(std::span<const double> probability);

}  // namespace syconn
