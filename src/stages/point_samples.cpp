// SPDX-License-Identifier: GPL-3.0-or-later
#include "point_samples.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "syconn/algo/point_sampling.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

void append(CellCloud& cloud, const std::vector<Vec3f>& points, const std::vector<std::uint32_t>& kept,
            std::uint8_t feature, bool is_surface) {
  for (const std::uint32_t i : kept) {
    cloud.points_nm.push_back(points[i]);
    cloud.feature.push_back(feature);
    cloud.vertex.push_back(is_surface ? i : kNoVertex);
  }
}

/// Synapses of each type are thinned by themselves, so that one type cannot hide the other.
void append_synapses(CellCloud& cloud, const CellParts& cell, const PointModelCard& card) {
  for (const bool asymmetric : {false, true}) {
    std::vector<Vec3f> points;
    for (std::size_t i = 0; i < cell.syn_nm.size(); ++i)
      if ((cell.syn_sign[i] > 0) == asymmetric) points.push_back(cell.syn_nm[i]);
    append(cloud, points, one_per_voxel(points, card.synapse_voxel_nm),
           asymmetric ? kAsymmetricSynapse : kSymmetricSynapse, false);
  }
}

void mark_myelin(CellCloud& cloud, const CellParts& cell) {
  if (cell.node_myelin.empty() || cell.nodes_nm.empty()) return;
  const NearestNode nearest(cell.nodes_nm);
  for (std::size_t i = 0; i < cloud.points_nm.size(); ++i)
    if (cloud.feature[i] == kCellSurface && cell.node_myelin[nearest(cloud.points_nm[i])] != 0)
      cloud.feature[i] = kMyelinatedSurface;
}

std::vector<std::int32_t> as_int32(const std::vector<std::uint32_t>& values) { return {values.begin(), values.end()}; }

/// Builds the levels one after the other; each level's points stand in one grid that all layers share.
class PyramidBuilder {
 public:
  PyramidBuilder(const PyramidPlan& plan, std::vector<Vec3f> points, std::vector<Vec3f> targets, std::uint64_t seed)
      : plan_(plan), rng_(seed) {
    pyramid_.levels.resize(plan.levels.size());
    grids_.resize(plan.levels.size());
    pyramid_.levels[0] = std::move(points);
    for (std::size_t level = 1; level < plan.levels.size(); ++level)
      if (plan.levels[level] == PointNetConfig::kTargets)
        pyramid_.levels[level] = targets;
      else
        draw(static_cast<int>(level));
  }

  PointPyramid finish() {
    for (const PyramidPlan::Neighbours& n : plan_.layers) {
      const auto key = std::tuple(n.from, n.to, n.k);
      auto found = lists_.find(key);
      if (found == lists_.end())
        found =
            lists_.emplace(key, as_int32(grid(n.from).nearest(points(n.to), static_cast<std::uint32_t>(n.k)))).first;
      pyramid_.neighbours.push_back(found->second);
    }
    return std::move(pyramid_);
  }

 private:
  const std::vector<Vec3f>& points(int level) const { return pyramid_.levels[static_cast<std::size_t>(level)]; }
  const PointGrid& grid(int level) {
    auto& g = grids_[static_cast<std::size_t>(level)];
    if (!g) g.emplace(points(level));
    return *g;
  }
  int neighbours_between(int from, int to) const {
    for (const PyramidPlan::Neighbours& n : plan_.layers)
      if (n.from == from && n.to == to) return n.k;
    return 1;
  }
  void draw(int level) {
    const auto n = static_cast<std::uint32_t>(plan_.levels[static_cast<std::size_t>(level)]);
    const int below = level - 1, k = neighbours_between(below, level);
    SupportPoints support;
    if (plan_.picking == "heuristic")
      support = pick_least_used(grid(below), n, static_cast<std::uint32_t>(k), rng_);
    else
      support = pick_quantised(grid(below), n, static_cast<std::uint32_t>(k), rng_);
    auto& out = pyramid_.levels[static_cast<std::size_t>(level)];
    for (const std::uint32_t i : support.picked) out.push_back(points(below)[i]);
    lists_[{below, level, k}] = as_int32(support.neighbours);
  }

  const PyramidPlan& plan_;
  Rng rng_;
  PointPyramid pyramid_;
  std::vector<std::optional<PointGrid>> grids_;
  std::map<std::tuple<int, int, int>, std::vector<std::int32_t>> lists_;
};

}  // namespace

namespace {

/// Layers see differences of positions only; a network that shall know where it is gets the positions as inputs.
std::vector<float> with_places(const std::vector<float>& kinds, const std::vector<Vec3f>& positions,
                               const PointModelCard& card) {
  const auto n = static_cast<std::size_t>(card.kinds());
  const auto unit =
      static_cast<float>(card.normalisation == "unit sphere" ? 1.0 : card.scale_nm / card.context_nm);  // context radii
  std::vector<float> rows;
  rows.reserve(positions.size() * (n + 3));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto row = kinds.begin() + static_cast<std::ptrdiff_t>(i * n);
    rows.insert(rows.end(), row, row + static_cast<std::ptrdiff_t>(n));
    const Vec3f p = positions[i] * unit;
    rows.insert(rows.end(), {p.x, p.y, p.z});
  }
  return rows;
}

}  // namespace

CellCloud cell_cloud(const CellParts& cell, const PointModelCard& card) {
  CellCloud cloud;
  append(cloud, cell.surface_nm, one_per_voxel(cell.surface_nm, card.surface_voxel_nm), kCellSurface, true);
  if (card.kinds() == 1) return cloud;
  append(cloud, cell.mi_nm, one_per_voxel(cell.mi_nm, card.organelle_voxel_nm), kMitochondrion, false);
  append(cloud, cell.vc_nm, one_per_voxel(cell.vc_nm, card.organelle_voxel_nm), kVesicleCloud, false);
  append_synapses(cloud, cell, card);
  if (card.kinds() >= 6) mark_myelin(cloud, cell);
  return cloud;
}

PointPyramid point_pyramid(const PyramidPlan& plan, std::vector<Vec3f> points, std::uint64_t seed,
                           std::vector<Vec3f> targets) {
  if (points.empty()) throw Error(Category::runtime, "a sample without points");
  return PyramidBuilder(plan, std::move(points), std::move(targets), seed).finish();
}

CellSamples::CellSamples(const CellParts& cell, const CellCloud& cloud, const PointModelCard& card)
    : cell_(cell), cloud_(cloud), card_(card), plan_(pyramid_plan(card.architecture, card.n_points)) {
  if (cell.nodes_nm.empty() || cloud.points_nm.empty()) return;
  pivots_ = context_pivots(cell.nodes_nm, card.pivot_nm);
  contexts_.emplace(cell.nodes_nm, cell.edges);
  of_nodes_.emplace(cell.nodes_nm, cloud.points_nm);
}

std::vector<std::uint32_t> CellSamples::draw_pivots(std::uint32_t n, std::uint64_t seed) const {
  return draw_points(pivots_, n, {seed, cell_.id, UINT32_MAX, 0});
}

std::vector<std::uint32_t> CellSamples::points(std::uint32_t pivot, std::uint64_t seed, std::uint32_t edition,
                                               double reach) {
  if (!contexts_) return {};
  const ContextMetric metric = card_.metric == "path" ? ContextMetric::path : ContextMetric::euclidean;
  const std::vector<std::uint32_t> candidates =
      of_nodes_->points(contexts_->nodes(pivot, reach * card_.context_nm, metric));
  return draw_points(candidates, static_cast<std::uint32_t>(card_.n_points), {seed, cell_.id, pivot, edition});
}

std::vector<std::uint32_t> CellSamples::nodes_within(std::uint32_t node, double radius_nm) {
  return contexts_->nodes(node, radius_nm, ContextMetric::path);
}

PointSample CellSamples::finish(std::vector<std::uint32_t> points, std::vector<Vec3f> positions,
                                std::uint64_t seed) const {
  if (card_.normalisation == "unit sphere")
    to_unit_sphere(positions);
  else if (card_.normalisation == "place")
    for (Vec3f& p : positions) p = p / static_cast<float>(card_.scale_nm);
  else
    centre_and_scale(positions, card_.scale_nm);
  PointSample s;
  std::vector<std::uint8_t> features;
  for (const std::uint32_t i : points) features.push_back(cloud_.feature[i]);
  s.features = one_hot(features, card_.kinds());
  if (card_.place) s.features = with_places(s.features, positions, card_);
  std::vector<Vec3f> targets;  // a network that answers at given locations is asked about the sample's own points
  if (card_.architecture.has_targets()) targets = positions;
  s.pyramid = point_pyramid(plan_, std::move(positions), seed, std::move(targets));
  s.points = std::move(points);
  return s;
}

PointSample CellSamples::sample(std::vector<std::uint32_t> points, std::uint64_t seed) const {
  std::vector<Vec3f> positions;
  for (const std::uint32_t i : points) positions.push_back(cloud_.points_nm[i]);
  return finish(std::move(points), std::move(positions), seed);
}

PointSample CellSamples::augmented(std::vector<std::uint32_t> points, const AugmentationParams& how,
                                   std::uint64_t seed) const {
  std::vector<Vec3d> moved;
  for (const std::uint32_t i : points) moved.emplace_back(cloud_.points_nm[i]);
  Rng rng(seed, 1);
  augment(moved, how, rng);
  // Back to nm, so that every sample is normalised in one place.
  std::vector<Vec3f> positions;
  for (const Vec3d& p : moved) positions.emplace_back(p * how.scale);
  return finish(std::move(points), std::move(positions), seed);
}

}  // namespace syconn
