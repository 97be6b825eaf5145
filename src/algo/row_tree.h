// SPDX-License-Identifier: GPL-3.0-or-later
// Exact neighbours among rows of any dimension by a k-d tree: those of points::nearest_rows, ties included.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <nanoflann.hpp>
#include <span>
#include <utility>
#include <vector>

namespace syconn::points {

/// Holds `rows` (n x dim, finite) by reference. Threads may search at once. About n/8 nodes of 40 bytes and 8 bytes a
/// row. A search takes O(log n) where the rows fill few dimensions, up to O(n) where they fill many or are all alike.
class RowTree {
 public:
  using Neighbour = std::pair<double, std::uint32_t>;  ///< squared distance, row

  RowTree(std::span<const double> rows, std::size_t dim)
      : rows_{rows, dim}, tree_(static_cast<std::int32_t>(dim), rows_, nanoflann::KDTreeSingleIndexAdaptorParams(16)) {
    tree_.buildIndex();
  }
  RowTree(const RowTree&) = delete;
  RowTree& operator=(const RowTree&) = delete;

  /// The k rows nearest to row `row`, itself left out, the nearest first (tie: lower index); all if there are fewer.
  std::vector<Neighbour> nearest(std::size_t row, std::size_t k) const {
    Search search{row, std::min(k, rows_.kdtree_get_point_count() - 1), {}};
    if (search.k == 0) return {};
    search.heap.reserve(search.k);
    tree_.findNeighbors(search, &rows_.values[row * rows_.dim], nanoflann::SearchParams());
    std::sort_heap(search.heap.begin(), search.heap.end());
    return std::move(search.heap);
  }

 private:
  struct Rows {
    std::span<const double> values;
    std::size_t dim;
    std::size_t kdtree_get_point_count() const { return values.size() / dim; }
    double kdtree_get_pt(std::size_t i, std::size_t axis) const { return values[i * dim + axis]; }
    template <class B>
    bool kdtree_get_bbox(B&) const {
      return false;
    }
  };
  struct Search {  // nanoflann's result set
    std::size_t row, k;
    std::vector<Neighbour> heap;  ///< the best so far, the worst of them on top

    bool full() const { return heap.size() == k; }
    std::size_t size() const { return heap.size(); }
    /// A little above the worst: nanoflann drops equal distances, and what it knows of a branch is rounded.
    double worstDist() const {
      if (!full()) return std::numeric_limits<double>::infinity();
      return std::max(heap.front().first * (1 + 1e-12), std::numeric_limits<double>::min());
    }
    bool addPoint(double square, std::size_t index) {
      const Neighbour found(square, static_cast<std::uint32_t>(index));
      if (index == row || (full() && !(found < heap.front()))) return true;
      if (full()) std::pop_heap(heap.begin(), heap.end()), heap.pop_back();
      heap.push_back(found), std::push_heap(heap.begin(), heap.end());
      return true;
    }
  };

  Rows rows_;
  nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Rows>, Rows, -1, std::size_t> tree_;
};

}  // namespace syconn::points
