// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cmath>
#include <vector>

#include "phantom_noise.h"
#include "syconn/algo/phantom/model.h"

namespace syconn::phantom {

/// Tapered capsule. Its depth (signed distance to the surface) uses the orthogonal projection on the axis, so the
/// region where it is the smallest of all is star-shaped around the axis: voxels of a tube always hang together.
struct Tube {
  Vec3f a, d;      ///< start, end - start
  float ra, dr;    ///< radius at the start, change to the end (sheath included)
  float inv_len2;  ///< 1 / |d|^2, 0 for a ball

  static Tube of(const Vec3f& a, const Vec3f& b, float ra, float rb) {
    const Vec3f d = b - a;
    const float l2 = d.dot(d);
    return {a, d, ra, rb - ra, l2 > 1e-6F ? 1.0F / l2 : 0.0F};
  }
  float param(const Vec3f& p) const {
    const Vec3f q = p - a;
    return std::min(1.0F, std::max(0.0F, q.dot(d) * inv_len2));
  }
  float radius_at(float t) const { return ra + dr * t; }
  float axis_distance(const Vec3f& p, float t) const {
    const Vec3f q = p - a - d * t;
    return std::sqrt(q.dot(q));
  }
  float depth(const Vec3f& p) const {
    const float t = param(p);
    return axis_distance(p, t) - radius_at(t);
  }
};

/// Grid of linked lists over items with bounding boxes. Grows by insertion; queries visit every item whose box
/// reaches a grid cell within the asked range (an item may be visited more than once).
class TubeGrid {
 public:
  TubeGrid() = default;
  TubeGrid(const Vec3d& lo, const Vec3d& hi, double edge_nm, double max_cells = 4e6);
  void insert(std::uint32_t item, const Vec3f& lo, const Vec3f& hi);
  void insert(std::uint32_t item, const Tube& t) {
    const Vec3f e = t.a + t.d;
    const Vec3f r(std::max(t.ra, t.ra + t.dr));
    insert(item, min(t.a, e) - r, max(t.a, e) + r);
  }
  template <class Fn>
  void visit(const Vec3d& lo, const Vec3d& hi, Fn&& fn) const {
    if (heads_.empty()) return;
    const Vec3i a = cell_of(lo), b = cell_of(hi);
    for (std::int64_t z = a.z; z <= b.z; ++z)
      for (std::int64_t y = a.y; y <= b.y; ++y)
        for (std::int64_t x = a.x; x <= b.x; ++x)
          for (std::uint32_t e = heads_[index(x, y, z)]; e != kNone; e = entries_[e].next) fn(entries_[e].item);
  }
  /// Items near a box, ascending, each once.
  void collect(const Vec3d& lo, const Vec3d& hi, std::vector<std::uint32_t>& out) const;

 private:
  struct Entry {
    std::uint32_t item, next;
  };
  Vec3i cell_of(const Vec3d& p) const;
  std::size_t index(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return static_cast<std::size_t>((z * n_.y + y) * n_.x + x);
  }
  Vec3d lo_;
  double edge_ = 1;
  Vec3i n_;
  std::vector<std::uint32_t> heads_;
  std::vector<Entry> entries_;
};

}  // namespace syconn::phantom

namespace syconn {

/// Tubes of all nodes with their grid, and the warp.
class PhantomIndex {
 public:
  PhantomIndex() = default;
  explicit PhantomIndex(const PhantomModel& model);
  std::vector<phantom::Tube> tubes;  ///< one a node, sheath included
  phantom::TubeGrid grid;
  phantom::Warp warp;
  std::uint64_t gap_key = 0;
};

namespace phantom {
/// Tube of a node, sheath included.
Tube node_tube(const PhantomModel& model, std::uint32_t node);
/// Width of the cleft at a point (real position), negative where cells touch.
double gap_at(const PhantomParams& params, std::uint64_t key, const Vec3d& p);
}  // namespace phantom

}  // namespace syconn
