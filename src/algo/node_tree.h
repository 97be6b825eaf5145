// SPDX-License-Identifier: GPL-3.0-or-later
// k-d tree over points with an exact nearest neighbour: smallest squared distance, tie: smallest index.
#pragma once
#include <cmath>
#include <limits>
#include <memory>
#include <nanoflann.hpp>
#include <vector>

#include "syconn/core/vec3.h"

namespace syconn::skeleton {

class NodeTree {
 public:
  explicit NodeTree(std::vector<Vec3d> points)
      : points_{std::move(points)}, tree_(3, points_, nanoflann::KDTreeSingleIndexAdaptorParams(16)) {
    tree_.buildIndex();
  }
  NodeTree(const NodeTree&) = delete;
  NodeTree& operator=(const NodeTree&) = delete;
  struct Hit {
    double square = std::numeric_limits<double>::infinity();
    std::size_t index = SIZE_MAX;
  };
  /// Nearest point that `accept(index)` takes, at most sqrt(limit_square) away.
  template <class Accept>
  Hit nearest(const Vec3d& at, double limit_square, const Accept& accept) const {
    Search<Accept> search{{limit_square, SIZE_MAX}, accept};
    const double query[3] = {at.x, at.y, at.z};
    tree_.findNeighbors(search, query, nanoflann::SearchParams());
    return search.hit;
  }

 private:
  struct Points {
    std::vector<Vec3d> p;
    std::size_t kdtree_get_point_count() const { return p.size(); }
    double kdtree_get_pt(std::size_t i, std::size_t axis) const { return p[i][static_cast<int>(axis)]; }
    template <class B>
    bool kdtree_get_bbox(B&) const {
      return false;
    }
  };
  template <class Accept>
  struct Search {  // nanoflann's result set
    Hit hit;
    const Accept& accept;
    bool full() const { return true; }
    std::size_t size() const { return hit.index != SIZE_MAX; }
    /// One step above the best, because nanoflann drops equal distances.
    double worstDist() const { return std::nextafter(hit.square, std::numeric_limits<double>::infinity()); }
    bool addPoint(double square, std::size_t index) {
      if ((square < hit.square || (square == hit.square && index < hit.index)) && accept(index)) hit = {square, index};
      return true;
    }
  };

  Points points_;
  nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Points>, Points, 3, std::size_t> tree_;
};

}  // namespace syconn::skeleton
