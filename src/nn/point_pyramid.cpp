// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/point_pyramid.h"

#include <algorithm>

namespace syconn {
namespace {

[[noreturn]] void wrong(const std::string& text) { throw Error(Category::runtime, "point pyramid: " + text); }

}  // namespace

PyramidPlan pyramid_plan(const PointNetConfig& config, int n_points) {
  config.check();
  if (n_points < 1) throw Error(Category::config, "a sample of a point network needs at least one point");
  PyramidPlan plan{config.levels, {}, config.picking};
  plan.levels.front() = n_points;
  for (const PointLayer& l : config.layers) plan.layers.push_back({l.from, l.to, l.neighbours});
  return plan;
}

void check_pyramid(const PyramidPlan& plan, const PointPyramid& pyramid) {
  if (pyramid.levels.size() != plan.levels.size() || pyramid.neighbours.size() != plan.layers.size())
    wrong("it has " + std::to_string(pyramid.levels.size()) + " levels and " +
          std::to_string(pyramid.neighbours.size()) + " lists of neighbours, the network " +
          std::to_string(plan.levels.size()) + " and " + std::to_string(plan.layers.size()));
  for (std::size_t i = 0; i < plan.levels.size(); ++i) {
    const std::size_t n = pyramid.levels[i].size();
    if (n == 0 || (plan.levels[i] > 0 && n != static_cast<std::size_t>(plan.levels[i])))
      wrong("level " + std::to_string(i) + " has " + std::to_string(n) + " points");
  }
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const auto& [from, to, k] = plan.layers[i];
    const std::vector<std::int32_t>& list = pyramid.neighbours[i];
    const auto n = static_cast<std::int64_t>(pyramid.levels[static_cast<std::size_t>(from)].size());
    if (list.size() != pyramid.levels[static_cast<std::size_t>(to)].size() * static_cast<std::size_t>(k))
      wrong("the neighbours of layer " + std::to_string(i) + " are " + std::to_string(list.size()));
    const auto [low, high] = std::minmax_element(list.begin(), list.end());
    if (*low < 0 || *high >= n) wrong("layer " + std::to_string(i) + " has a neighbour that is no point");
  }
}

}  // namespace syconn
