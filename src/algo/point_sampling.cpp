// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/point_sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cell_table.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::uint32_t kPickedCount = 100;
constexpr double kMaxCells = 0x1.0p20;  ///< along an axis

/// Points of the lowest use count.
class Pool {
 public:
  explicit Pool(std::uint32_t n) : count_(n, 0), place_(n), members_(n) { fill(); }
  std::uint32_t draw(Rng& rng) {
    if (members_.empty()) fill();
    return members_[rng.below(members_.size())];
  }
  void used(std::uint32_t point, std::uint32_t times) {
    if (count_[point] == level_) remove(point);
    count_[point] += times;
  }

 private:
  void fill() {
    level_ = *std::min_element(count_.begin(), count_.end());
    members_.clear();
    for (std::uint32_t i = 0; i < count_.size(); ++i) {
      if (count_[i] != level_) continue;
      place_[i] = static_cast<std::uint32_t>(members_.size());
      members_.push_back(i);
    }
  }
  void remove(std::uint32_t point) {
    const std::uint32_t last = members_.back();
    members_[place_[point]] = last;
    place_[last] = place_[point];
    members_.pop_back();
  }
  std::vector<std::uint64_t> count_;
  std::vector<std::uint32_t> place_, members_;
  std::uint64_t level_ = 0;
};

void check_count(std::size_t n) {
  if (n == 0) throw Error(Category::runtime, "point sampling: no points");
  if (n >= 0xffffffffU) throw Error(Category::runtime, "point sampling: 2^32 points or more");
}

std::vector<std::uint32_t> repeated(std::vector<std::uint32_t> picked, std::uint32_t n_picks) {
  const std::size_t n = picked.size();
  for (std::size_t i = n; i < n_picks; ++i) picked.push_back(picked[i - n]);
  return picked;
}

}  // namespace

std::vector<std::uint32_t> random_order(std::uint32_t n, Rng& rng) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

SupportPoints pick_least_used(const PointGrid& points, std::uint32_t n_picks, std::uint32_t k, Rng& rng) {
  SupportPoints out;
  out.picked.reserve(n_picks);
  out.neighbours.resize(static_cast<std::size_t>(n_picks) * k);
  Pool pool(static_cast<std::uint32_t>(points.size()));
  const std::size_t distinct = std::min<std::size_t>(k, points.size());
  for (std::uint32_t i = 0; i < n_picks; ++i) {
    const std::uint32_t pick = pool.draw(rng);
    const std::span<std::uint32_t> list = std::span(out.neighbours).subspan(static_cast<std::size_t>(i) * k, k);
    points.nearest(points.point(pick), list);
    for (const std::uint32_t p : list.first(distinct)) pool.used(p, 1);
    pool.used(pick, kPickedCount);
    out.picked.push_back(pick);
  }
  return out;
}

std::vector<std::uint32_t> pick_quantised(std::span<const Vec3f> points, std::uint32_t n_picks, Rng& rng) {
  check_count(points.size());
  Vec3f low = points[0], high = points[0];
  for (const Vec3f& p : points) low = min(low, p), high = max(high, p);
  const Vec3d origin(low), size = Vec3d(high) - origin;
  const double diagonal = std::sqrt(size.dot(size));
  double edge = diagonal / std::sqrt(static_cast<double>(n_picks));
  std::vector<std::uint32_t> rest = random_order(static_cast<std::uint32_t>(points.size()), rng), picked, next;
  points::CellTable cells;
  while (picked.size() < n_picks && !rest.empty()) {
    const bool separable = edge > 0 && diagonal / edge < kMaxCells;
    next.clear();
    cells.reset(rest.size());
    for (const std::uint32_t p : rest) {
      const std::size_t before = cells.size();
      if (picked.size() < n_picks && separable) cells.insert(points::cell_of(Vec3d(points[p]), origin, edge));
      if (picked.size() < n_picks && (!separable || cells.size() > before))
        picked.push_back(p);
      else
        next.push_back(p);
    }
    rest.swap(next);
    edge /= 2;
  }
  return repeated(std::move(picked), n_picks);
}

SupportPoints pick_quantised(const PointGrid& points, std::uint32_t n_picks, std::uint32_t k, Rng& rng) {
  std::vector<Vec3f> all, queries;
  for (std::uint32_t i = 0; i < points.size(); ++i) all.push_back(points.point(i));
  SupportPoints out{pick_quantised(all, n_picks, rng), {}};
  for (const std::uint32_t p : out.picked) queries.push_back(all[p]);
  out.neighbours = points.nearest(queries, k);
  return out;
}

}  // namespace syconn
