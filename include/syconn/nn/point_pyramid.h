// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "syconn/nn/point_net_config.h"

namespace syconn {

/// What a sampler has to make for one sample of a network.
struct PyramidPlan {
  struct Neighbours {
    int from = 0, to = 0;  ///< levels
    int k = 16;            ///< nearest points of `from` of every point of `to`, itself included where it is one
    bool operator==(const Neighbours&) const = default;
  };
  /// Points of each level. Level 0 is the sample; level i > 0 is drawn from level i - 1 by `picking`, in cycles where
  /// that has fewer points. PointNetConfig::kTargets: the locations given with the sample.
  std::vector<int> levels;
  std::vector<Neighbours> layers;  ///< one list of each layer; equal entries hold equal lists
  std::string picking;             ///< quantised or heuristic
};
/// Throws Error{config} for no points.
PyramidPlan pyramid_plan(const PointNetConfig& config, int n_points);

/// The points of a sample and who is whose neighbour. Made by a sampler, consumed by PointNet and PointTrainer.
struct PointPyramid {
  std::vector<std::vector<Vec3f>> levels;
  /// Of each layer: points of `to` x k indices into the points of `from`, nearest first. Where `from` has fewer than k
  /// points its points are repeated in cycles.
  std::vector<std::vector<std::int32_t>> neighbours;
};

/// Throws Error{runtime} that names the level or layer: sizes other than the plan's, indices out of range.
void check_pyramid(const PyramidPlan& plan, const PointPyramid& pyramid);

/// Samples of equal sizes for one pass.
struct PointBatch {
  std::span<const PointPyramid> samples;
  std::span<const float> features;  ///< samples x points of level 0 x inputs
};

}  // namespace syconn
