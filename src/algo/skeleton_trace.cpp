// SPDX-License-Identifier: GPL-3.0-or-later
#include "skeleton_trace.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "skeleton_fields.h"

namespace syconn::skeleton {
namespace {
constexpr double kPenaltyUnits = 1024;

std::uint32_t units(double nm) { return static_cast<std::uint32_t>(std::min(std::floor(nm * kUnitsPerNm), 4.0e9)); }

class Tracer {
 public:
  Tracer(std::span<const Run> runs, const Vec3d& voxel_nm, const SkeletonParams& params)
      : voxel_nm_(voxel_nm),
        params_(params),
        bricks_(runs, cavities(runs)),
        steps_(voxel_nm),
        edt2_(squared_edt(bricks_, voxel_nm)),
        claims_(bricks_, steps_) {}

  Tree run() {
    const std::uint32_t root = choose_root();
    PenaltyField field(bricks_, penalties());
    add_node(root, -1);
    if (tree_.soma_radius_nm > 0) {
      tree_.nodes[0].radius_nm = tree_.soma_radius_nm;
      claims_.claim({{centre_, units(params_.soma_invalidation_scale * static_cast<double>(tree_.soma_radius_nm) +
                                     params_.soma_invalidation_const_nm)}});
    }
    field.add_sources({root});
    std::size_t bucket = from_root_.bucket_offset.size() - 1;
    for (std::uint32_t target; next_target(bucket, target);) {
      const std::vector<std::uint32_t> path = field.path_from(target);
      append(path);
      field.add_sources(path);
      claim_along(path);
    }
    return std::move(tree_);
  }

 private:
  float radius(std::uint32_t slot) const { return std::sqrt(edt2_[slot]); }

  /// Sets the root, the soma if there is one, and the distances from the root.
  std::uint32_t choose_root() {
    std::uint32_t thickest = kFar, first = kFar;
    for (std::uint32_t b = 0; b < bricks_.n_bricks(); ++b)
      for_bits(bricks_.solid(b), [&](std::uint32_t l) {
        const std::uint32_t s = b << 6 | l;
        if (thickest == kFar || edt2_[s] > edt2_[thickest] ||
            (edt2_[s] == edt2_[thickest] && bricks_.raster_before(s, thickest)))
          thickest = s;
        if (bricks_.in_graph(s) && (first == kFar || bricks_.raster_before(s, first))) first = s;
      });
    largest_radius_ = static_cast<double>(radius(thickest));
    std::uint32_t root;
    if (largest_radius_ >= params_.soma_acceptance_nm) {
      tree_.soma_radius_nm = radius(thickest);
      centre_ = thickest;
      root = nearest_of_cell(thickest);
    } else {
      from_root_.compute(bricks_, steps_, first);
      root = farthest(from_root_.bucket_offset.size() - 2, [](std::uint32_t) { return true; });
    }
    from_root_.compute(bricks_, steps_, root);
    return root;
  }

  /// The centre of a hollow soma may lie in a cavity; the root must not.
  std::uint32_t nearest_of_cell(std::uint32_t slot) const {
    if (bricks_.in_graph(slot)) return slot;
    std::uint32_t best = kFar;
    double best_nm = 0;
    for (std::uint32_t b = 0; b < bricks_.n_bricks(); ++b)
      for_bits(bricks_.graph(b), [&](std::uint32_t l) {
        const std::uint32_t s = b << 6 | l;
        const double d = distance(s, slot);
        if (best == kFar || d < best_nm || (d == best_nm && bricks_.raster_before(s, best))) best = s, best_nm = d;
      });
    return best;
  }
  double distance(std::uint32_t a, std::uint32_t b) const {
    const Vec3d d = Vec3d(bricks_.local_voxel(a) - bricks_.local_voxel(b)) * voxel_nm_;
    return std::sqrt(d.dot(d));
  }

  /// Farthest voxel of a bucket of from_root_ among those that `use` accepts (tie: raster); kFar if there is none.
  template <class Use>
  std::uint32_t farthest(std::size_t bucket, const Use& use) const {
    std::uint32_t best = kFar;
    for (std::size_t i = from_root_.bucket_offset[bucket]; i < from_root_.bucket_offset[bucket + 1]; ++i) {
      const std::uint32_t s = from_root_.order[i];
      if (!use(s)) continue;
      const std::uint32_t d = from_root_.distance[s];
      if (best == kFar || d > from_root_.distance[best] ||
          (d == from_root_.distance[best] && bricks_.raster_before(s, best)))
        best = s;
    }
    return best;
  }
  /// `bucket`: those from here on hold no open voxel.
  bool next_target(std::size_t& bucket, std::uint32_t& target) const {
    for (; bucket > 0; --bucket) {
      target = farthest(bucket - 1, [&](std::uint32_t s) { return claims_.open(s); });
      if (target != kFar) return true;
    }
    return false;
  }

  /// Penalty of entering a voxel: small in the middle of thick parts, and a term that grows with the distance from the
  /// root, which leads paths out of the flat middle of a soma. In 1/1024, at least 1.
  std::vector<std::uint32_t> penalties() const {
    std::vector<std::uint32_t> penalty(bricks_.n_slots(), 0);
    const double per_nm = 1 / (1.01 * largest_radius_), per_unit = 1 / std::max(1.0, double{1} * from_root_.largest);
    for (const std::uint32_t s : from_root_.order) {
      const double base = 1 - std::sqrt(static_cast<double>(edt2_[s])) * per_nm;
      double power = base;
      for (std::int32_t i = 1; i < params_.pdrf_exponent; ++i) power *= base;
      const double cost = params_.pdrf_scale * power + from_root_.distance[s] * per_unit;
      penalty[s] = static_cast<std::uint32_t>(std::clamp(std::floor(cost * kPenaltyUnits + 0.5), 1.0, 4.0e9));
    }
    return penalty;
  }

  void add_node(std::uint32_t slot, std::int32_t parent) {
    node_of_[slot] = static_cast<std::int32_t>(tree_.nodes.size());
    tree_.nodes.push_back({bricks_.local_voxel(slot) + bricks_.origin(), radius(slot), parent});
  }
  void append(const std::vector<std::uint32_t>& path) {
    std::int32_t parent = node_of_.at(path.back());
    for (std::size_t i = path.size() - 1; i-- > 0;) {
      add_node(path[i], parent);
      parent = static_cast<std::int32_t>(tree_.nodes.size()) - 1;
    }
  }
  /// Path voxels inside the soma claim only themselves: its ball has claimed the rest, and theirs would swallow what
  /// leaves it.
  void claim_along(const std::vector<std::uint32_t>& path) {
    std::vector<Claims::Seed> seeds;
    for (const std::uint32_t s : path) {
      const bool in_soma =
          tree_.soma_radius_nm > 0 && distance(s, centre_) <= static_cast<double>(tree_.soma_radius_nm);
      seeds.push_back({s, in_soma ? 0 : units(params_.scale * static_cast<double>(radius(s)) + params_.const_nm)});
    }
    claims_.claim(std::move(seeds));
  }

  Vec3d voxel_nm_;
  const SkeletonParams& params_;
  Bricks bricks_;
  StepLengths steps_;
  std::vector<float> edt2_;
  Claims claims_;
  Geodesic from_root_;
  double largest_radius_ = 0;
  std::uint32_t centre_ = kFar;
  std::unordered_map<std::uint32_t, std::int32_t> node_of_;
  Tree tree_;
};
}  // namespace

Tree trace(std::span<const Run> runs, const Vec3d& voxel_nm, const SkeletonParams& params) {
  const std::uint64_t n_voxels = voxel_count(runs);
  Tree tree;
  if (n_voxels == 1)  // the many crumbs of an automatic segmentation
    tree.nodes.push_back({runs.front().first(), static_cast<float>(voxel_nm.min_element()), -1});
  else
    tree = Tracer(runs, voxel_nm, params).run();
  tree.n_voxels = n_voxels;
  return tree;
}

}  // namespace syconn::skeleton
