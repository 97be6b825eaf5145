// SPDX-License-Identifier: GPL-3.0-or-later
// Samples of random points for tests and benchmarks of networks of points: levels are the first points of the level
// before, neighbours found by looking at all points (or drawn, where only time matters).
#pragma once
#include <algorithm>
#include <numeric>

#include "syconn/core/rng.h"
#include "syconn/nn/room.h"

namespace syconn::test {

/// The cell type net with few points and channels.
inline PointNetConfig small_global(int inputs, int outputs, double dropout) {
  PointNetConfig c = cell_type_net(inputs, outputs);
  c.levels = {0, 30, 20, 10, 8, 4}, c.hidden = 16, c.dropout = dropout;
  for (PointLayer& l : c.layers) l.out = std::min(l.out, 16), l.in = l.from == 0 ? inputs : 16;
  return c;
}
/// The astrocyte net with few points.
inline PointNetConfig small_astrocyte_net() {
  PointNetConfig c = astrocyte_net(2, 3);
  c.levels = {0, 30, 20, 10, 8, 4, PointNetConfig::kTargets};
  return c;
}

inline std::vector<std::int32_t> nearest(const std::vector<Vec3f>& points, const Vec3f& q, int k) {
  std::vector<std::pair<float, std::int32_t>> order;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Vec3f d = points[i] - q;
    order.emplace_back(d.x * d.x + d.y * d.y + d.z * d.z, static_cast<std::int32_t>(i));
  }
  std::sort(order.begin(), order.end());
  std::vector<std::int32_t> list;
  for (int j = 0; j < k; ++j) list.push_back(order[static_cast<std::size_t>(j) % order.size()].second);
  return list;
}

/// `exact`: true neighbours; else some points nearby in the numbering.
inline PointPyramid random_pyramid(const PointNetConfig& config, int n, std::uint64_t seed, bool exact,
                                   int n_targets = 20) {
  const PyramidPlan plan = pyramid_plan(config, n);
  PointPyramid sample;
  Rng rng(seed);
  const auto draw = [&] {
    return Vec3f(static_cast<float>(rng.normal()), static_cast<float>(rng.normal()), static_cast<float>(rng.normal()));
  };
  for (std::size_t level = 0; level < plan.levels.size(); ++level) {
    std::vector<Vec3f> points;
    const bool targets = plan.levels[level] == PointNetConfig::kTargets;
    for (int i = 0; i < (targets ? n_targets : plan.levels[level]); ++i)
      points.push_back(level == 0 || targets
                           ? draw()
                           : sample.levels[level - 1][static_cast<std::size_t>(i) % sample.levels[level - 1].size()]);
    sample.levels.push_back(std::move(points));
  }
  for (const auto& [from, to, k] : plan.layers) {
    const auto& source = sample.levels[static_cast<std::size_t>(from)];
    std::vector<std::int32_t> list;
    for (const Vec3f& q : sample.levels[static_cast<std::size_t>(to)])
      if (exact) {
        const auto found = nearest(source, q, k);
        list.insert(list.end(), found.begin(), found.end());
      } else {
        for (int j = 0; j < k; ++j)
          list.push_back(static_cast<std::int32_t>((list.size() / static_cast<std::size_t>(k) * 7 + rng.below(512)) %
                                                   source.size()));
      }
    sample.neighbours.push_back(std::move(list));
  }
  return sample;
}

inline std::vector<float> random_values(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(n);
  for (float& v : values) v = static_cast<float>(rng.normal());
  return values;
}

}  // namespace syconn::test
