// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cell_parts.h"
#include "syconn/algo/point_augmentation.h"
#include "syconn/algo/point_contexts.h"
#include "syconn/nn/point_net.h"

/// From a cell to the samples that point networks take.
namespace syconn {

inline constexpr std::uint32_t kNoVertex = UINT32_MAX;

/// A cell as points: one vertex a voxel of its surface, its organelles and its synapses.
struct CellCloud {
  std::vector<Vec3f> points_nm;
  std::vector<std::uint8_t> feature;  ///< PointFeature of each
  std::vector<std::uint32_t> vertex;  ///< of the cell's mesh; kNoVertex for other points
};
/// With the voxel sizes of the card; what a network of so few inputs cannot tell is left out (shape only: surface).
/// Surface vertices whose nearest node is myelinated are kMyelinatedSurface where the card has six inputs.
CellCloud cell_cloud(const CellParts& cell, const PointModelCard& card);

/// One sample with where its points come from.
struct PointSample {
  PointPyramid pyramid;
  std::vector<float> features;        ///< points x inputs
  std::vector<std::uint32_t> points;  ///< of the cloud, one a point of level 0; some may stand there twice
};

/// The levels and neighbours of `plan` above `points`. Deterministic in (plan, points, seed). `targets` are the points
/// of a level kTargets. Throws Error{runtime} for no points.
PointPyramid point_pyramid(const PyramidPlan& plan, std::vector<Vec3f> points, std::uint64_t seed,
                           std::vector<Vec3f> targets = {});

/// Draws the contexts of one cell. Not for several threads at once.
class CellSamples {
 public:
  /// `cell` and `cloud` must outlive it.
  CellSamples(const CellParts& cell, const CellCloud& cloud, const PointModelCard& card);

  /// Nodes around which contexts lie, one a voxel of card.pivot_nm; ascending.
  const std::vector<std::uint32_t>& pivots() const { return pivots_; }
  /// Nearest node of each point of the cloud.
  std::span<const std::uint32_t> node_of_point() const {
    return of_nodes_ ? of_nodes_->node_of_point() : std::span<const std::uint32_t>();
  }
  /// `n` pivots at random: without replacement where there are enough.
  std::vector<std::uint32_t> draw_pivots(std::uint32_t n, std::uint64_t seed) const;
  /// The points of a context of `reach` times the card's radius, drawn but not yet normalised; empty where no point
  /// belongs to the context's nodes.
  std::vector<std::uint32_t> points(std::uint32_t pivot, std::uint64_t seed, std::uint32_t edition = 0,
                                    double reach = 1);
  /// Nodes within `radius_nm` of a node by path, itself among them; ascending. For cells with points only.
  std::vector<std::uint32_t> nodes_within(std::uint32_t node, double radius_nm);
  /// The finished sample of drawn points; may be called by several threads at once.
  PointSample sample(std::vector<std::uint32_t> points, std::uint64_t seed) const;
  /// The same with the published augmentation before the normalisation.
  PointSample augmented(std::vector<std::uint32_t> points, const AugmentationParams& how, std::uint64_t seed) const;

 private:
  PointSample finish(std::vector<std::uint32_t> points, std::vector<Vec3f> positions, std::uint64_t seed) const;

  const CellParts& cell_;
  const CellCloud& cloud_;
  const PointModelCard& card_;
  PyramidPlan plan_;
  std::vector<std::uint32_t> pivots_;
  std::optional<SkeletonContexts> contexts_;
  std::optional<PointsOfNodes> of_nodes_;
};

}  // namespace syconn
