// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/point_grid.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "cell_table.h"
#include "point_grid_kernels.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::int64_t kMaxRing = 3;  ///< beyond it all points are scanned: empty space costs (2r+1)³ look-ups
constexpr double kMaxExtent = 1e18;   ///< squares stay finite in float32

bool is_finite(const Vec3f& p) { return std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.z); }

/// The k smallest keys seen so far, cut back when the buffer is twice as long.
class Best {
 public:
  explicit Best(std::size_t k) : k_(k) { keys_.resize(2 * k + 256); }
  float limit() const { return limit_; }
  std::size_t size() const { return n_; }
  std::uint64_t* room(std::size_t more) {
    if (n_ > 2 * k_) cut();
    if (keys_.size() < n_ + more) keys_.resize(n_ + more);
    return keys_.data() + n_;
  }
  void added(std::size_t n) { n_ += n; }
  /// Keeps the k smallest; from now on only points that can be among them are needed.
  void cut() {
    if (n_ < k_) return;
    const auto first = keys_.begin(), kth = first + static_cast<std::ptrdiff_t>(k_ - 1);
    std::nth_element(first, kth, first + static_cast<std::ptrdiff_t>(n_));
    n_ = k_;
    limit_ = std::bit_cast<float>(static_cast<std::uint32_t>(*kth >> 32));
  }
  void clear() { n_ = 0, limit_ = std::numeric_limits<float>::infinity(); }
  std::span<const std::uint64_t> sorted() {
    cut();
    std::sort(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(n_));
    return {keys_.data(), n_};
  }

 private:
  std::size_t k_, n_ = 0;
  float limit_ = std::numeric_limits<float>::infinity();
  std::vector<std::uint64_t> keys_;
};

}  // namespace

struct PointGrid::Cells {
  std::vector<Vec3f> points;
  Vec3d origin;
  double edge = 1;
  points::CellTable table;
  std::vector<std::uint32_t> start;  ///< of each cell in the arrays below
  std::vector<float> x, y, z;
  std::vector<std::uint32_t> index;

  std::size_t count_cells(double with_edge, std::vector<std::uint32_t>* cell);
  void choose_edge(std::uint32_t k_hint);
  void sort_into_cells();
  void scan(std::size_t begin, std::size_t end, const Vec3f& query, Best& best) const;
  void ring(const Vec3i& centre, std::int64_t r, const Vec3f& query, Best& best) const;
  bool search(const Vec3f& query, std::size_t k, Best& best) const;
};

std::size_t PointGrid::Cells::count_cells(double with_edge, std::vector<std::uint32_t>* cell) {
  table.reset(points.size());
  const double per_edge = 1 / with_edge;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Vec3d at = (Vec3d(points[i]) - origin) * per_edge;  // not negative
    const std::uint32_t c = table.insert(Vec3i(at));
    if (cell) (*cell)[i] = c;
  }
  return table.size();
}

/// An edge at which an occupied cell holds about k/4 points, so that the ball of a query spans about three cells of a
/// surface. The number of occupied cells is measured at two edges: surfaces, tubes and lines scale differently.
void PointGrid::Cells::choose_edge(std::uint32_t k_hint) {
  Vec3f low = points[0], high = points[0];
  for (const Vec3f& p : points) low = min(low, p), high = max(high, p);
  origin = Vec3d(low);
  const double extent = (Vec3d(high) - origin).max_element();
  const double want = std::max(2.0, k_hint / 4.0), n = static_cast<double>(points.size());
  const double finest = std::max(extent * 0x1.0p-20, 1e-30);
  edge = std::max(extent / std::max(1.0, std::sqrt(n / want)), finest);
  for (int round = 0; round < 8; ++round) {
    const double mean = n / static_cast<double>(count_cells(edge, nullptr));
    if (mean > 1.5 * want && edge > finest)
      edge = std::max(finest, edge * std::max(0.25, std::sqrt(want / mean)));
    else if (mean < want / 1.5 && edge < extent)
      edge *= std::min(4.0, std::sqrt(want / mean));
    else
      break;
  }
}

void PointGrid::Cells::sort_into_cells() {
  const std::size_t n = points.size();
  std::vector<std::uint32_t> cell(n);
  count_cells(edge, &cell);
  start.assign(table.size() + 1, 0);
  for (const std::uint32_t c : cell) ++start[c + 1];
  for (std::size_t c = 0; c + 1 < start.size(); ++c) start[c + 1] += start[c];
  std::vector<std::uint32_t> next(start.begin(), start.end() - 1);
  x.resize(n + 8), y.resize(n + 8), z.resize(n + 8), index.resize(n + 8);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t at = next[cell[i]]++;
    x[at] = points[i].x, y[at] = points[i].y, z[at] = points[i].z, index[at] = static_cast<std::uint32_t>(i);
  }
}

void PointGrid::Cells::scan(std::size_t begin, std::size_t end, const Vec3f& query, Best& best) const {
  static const points::ScanKernel kernel = points::scan_kernel();
  const float q[3] = {query.x, query.y, query.z};
  constexpr std::size_t kPiece = 1024;
  for (; begin < end; begin += kPiece) {
    const std::size_t to = std::min(end, begin + kPiece);
    std::uint64_t* room = best.room(to - begin + 8);
    best.added(kernel({x.data(), y.data(), z.data(), index.data(), begin, to}, q, best.limit(), room));
  }
}

void PointGrid::Cells::ring(const Vec3i& centre, std::int64_t r, const Vec3f& query, Best& best) const {
  for (std::int64_t dz = -r; dz <= r; ++dz)
    for (std::int64_t dy = -r; dy <= r; ++dy) {
      const bool whole = std::abs(dz) == r || std::abs(dy) == r;
      for (std::int64_t dx = -r; dx <= r; dx += whole || r == 0 ? 1 : 2 * r) {
        const std::uint32_t c = table.find(centre + Vec3i{dx, dy, dz});
        if (c != points::CellTable::kNone) scan(start[c], start[c + 1], query, best);
      }
    }
}

/// False where the rings did not suffice. What lies outside ring r is farther away than the nearest face of the cube.
bool PointGrid::Cells::search(const Vec3f& query, std::size_t k, Best& best) const {
  const Vec3d at = (Vec3d(query) - origin) * (1 / edge);
  if (!(at.min_element() > -1e15) || !(at.max_element() < 1e15)) return false;
  const Vec3i centre{static_cast<std::int64_t>(std::floor(at.x)), static_cast<std::int64_t>(std::floor(at.y)),
                     static_cast<std::int64_t>(std::floor(at.z))};
  const Vec3d inside = at - Vec3d(centre);
  const double margin = std::min(inside.min_element(), (Vec3d(1) - inside).min_element());
  for (std::int64_t r = 0; r <= kMaxRing; ++r) {
    ring(centre, r, query, best);
    if (best.size() < k) continue;
    best.cut();
    // a little less than true, for the roundings of the cells and of the float distances
    const double safe = (static_cast<double>(r) + margin) * edge * (1 - 1e-5) - edge * 1e-5;
    if (safe > 0 && static_cast<double>(best.limit()) < safe * safe) return true;
  }
  return false;
}

PointGrid::PointGrid(std::span<const Vec3f> points, std::uint32_t k_hint) : cells_(std::make_unique<Cells>()) {
  if (points.empty()) throw Error(Category::runtime, "point grid: no points");
  if (points.size() >= 0xffffffffU) throw Error(Category::runtime, "point grid: 2^32 points or more");
  for (const Vec3f& p : points)
    if (!is_finite(p) || std::max(p.max_element(), -p.min_element()) > kMaxExtent)
      throw Error(Category::runtime, "point grid: a coordinate is not finite or beyond 1e18");
  cells_->points.assign(points.begin(), points.end());
  cells_->choose_edge(k_hint);
  cells_->sort_into_cells();
}
PointGrid::~PointGrid() = default;
PointGrid::PointGrid(PointGrid&&) noexcept = default;
PointGrid& PointGrid::operator=(PointGrid&&) noexcept = default;

std::size_t PointGrid::size() const { return cells_->points.size(); }
const Vec3f& PointGrid::point(std::uint32_t index) const { return cells_->points[index]; }

void PointGrid::nearest(const Vec3f& query, std::span<std::uint32_t> out) const {
  if (out.empty()) throw Error(Category::runtime, "point grid: k is 0");
  if (!is_finite(query) || std::max(query.max_element(), -query.min_element()) > kMaxExtent)
    throw Error(Category::runtime, "point grid: the query is not finite or beyond 1e18");
  const std::size_t k = std::min(out.size(), size());
  Best best(k);
  if (!cells_->search(query, k, best)) {
    best.clear();
    cells_->scan(0, size(), query, best);
  }
  const std::span<const std::uint64_t> keys = best.sorted();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint32_t>(keys[i % k]);
}

std::vector<std::uint32_t> PointGrid::nearest(std::span<const Vec3f> queries, std::uint32_t k) const {
  std::vector<std::uint32_t> out(queries.size() * k);
  for (std::size_t i = 0; i < queries.size(); ++i) nearest(queries[i], std::span(out).subspan(i * k, k));
  return out;
}

}  // namespace syconn
