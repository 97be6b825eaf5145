// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/synapse_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "node_tree.h"
#include "syconn/algo/assignment.h"
#include "syconn/core/error.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kFar = std::numeric_limits<double>::infinity();

bool row_before(const Run& r, const Vec3i& at) { return std::tuple(r.z, r.y) < std::tuple(at.z, at.y); }

/// Looks up voxels of a set; asked along x, a row costs one search.
class VoxelSet {
 public:
  explicit VoxelSet(std::span<const Run> runs) : runs_(runs) {}
  bool has(const Vec3i& at) const {
    const auto next = std::partition_point(runs_.begin(), runs_.end(), [&](const Run& r) {
      return row_before(r, at) || (r.z == at.z && r.y == at.y && r.x <= at.x);
    });
    if (next == runs_.begin()) return false;
    const Run& r = *std::prev(next);
    return r.z == at.z && r.y == at.y && at.x < r.end();
  }

 private:
  std::span<const Run> runs_;
};

Vec3d place(const Vec3i& v, const Vec3d& voxel_nm) {
  return {static_cast<double>(v.x) * voxel_nm.x, static_cast<double>(v.y) * voxel_nm.y,
          static_cast<double>(v.z) * voxel_nm.z};
}

/// Voxels with a neighbour by a face outside the set: from outside, one of them is the nearest of the set.
std::vector<Vec3d> surface(std::span<const Run> runs, const Vec3d& voxel_nm) {
  const VoxelSet set(runs);
  std::vector<Vec3d> out;
  for (const Run& r : runs)
    for (std::int32_t x = r.x; x < r.end(); ++x) {
      const Vec3i v{x, r.y, r.z};
      if (x == r.x || x + 1 == r.end() || !set.has({x, r.y - 1, r.z}) || !set.has({x, r.y + 1, r.z}) ||
          !set.has({x, r.y, r.z - 1}) || !set.has({x, r.y, r.z + 1}))
        out.push_back(place(v, voxel_nm));
    }
  return out;
}

CleftSide distances(std::span<const Run> from, std::span<const Run> to, const Vec3d& voxel_nm, double far_nm,
                    int threads) {
  CleftSide side;
  side.n_vx = voxel_count(from), side.mean_nm = from.empty() ? kNone : kFar;
  if (to.empty()) side.far_vx = side.n_vx;
  if (from.empty() || to.empty()) return side;
  const skeleton::NodeTree tree(surface(to, voxel_nm));
  const VoxelSet inside(to);
  // Sums a piece of runs each and adds the pieces in order, so that the number of threads does not show.
  constexpr std::size_t kRuns = 4096;
  const std::size_t n_pieces = (from.size() + kRuns - 1) / kRuns;
  std::vector<std::pair<double, std::uint64_t>> pieces(n_pieces);
  parallel_for(static_cast<std::int64_t>(n_pieces), threads, [&](std::int64_t p) {
    const auto piece = static_cast<std::size_t>(p);
    for_each_voxel(from.subspan(piece * kRuns, std::min(kRuns, from.size() - piece * kRuns)), [&](const Vec3i& v) {
      if (inside.has(v)) return;
      const auto hit = tree.nearest(place(v, voxel_nm), kFar, [](std::size_t) { return true; });
      const double nm = std::sqrt(hit.square);
      pieces[piece].first += nm, pieces[piece].second += nm > far_nm;
    });
  });
  double sum = 0;
  for (const auto& [nm, far] : pieces) sum += nm, side.far_vx += far;
  side.mean_nm = sum / static_cast<double>(side.n_vx);
  return side;
}

double distance(const Vec3d& a, const Vec3d& b) { return std::hypot(a.x - b.x, a.y - b.y, a.z - b.z); }

}  // namespace

CleftScore cleft_score(std::span<const Run> found, std::span<const Run> truth, const Vec3d& voxel_nm, double far_nm,
                       int threads) {
  if (!(far_nm > 0)) throw Error(Category::config, "clefts: the distance of false voxels must be positive");
  if (!(voxel_nm.x > 0 && voxel_nm.y > 0 && voxel_nm.z > 0))
    throw Error(Category::config, "clefts: the size of a voxel must be positive");
  CleftScore score;
  score.found = distances(found, truth, voxel_nm, far_nm, threads);
  score.truth = distances(truth, found, voxel_nm, far_nm, threads);
  score.cremi_score = (score.found.mean_nm + score.truth.mean_nm) / 2;
  return score;
}

PartnerScore match_partners(std::span<const PartnerPair> found, std::span<const PartnerPair> truth, double max_nm) {
  if (!(max_nm > 0 && max_nm <= 1e9)) throw Error(Category::config, "partners: the distance must be in (0, 10^9] nm");
  std::map<std::pair<Id, Id>, std::vector<std::uint32_t>> of_cells;
  for (std::uint32_t t = 0; t < truth.size(); ++t) of_cells[{truth[t].pre, truth[t].post}].push_back(t);
  std::vector<MatchOption> options;
  for (std::uint32_t f = 0; f < found.size(); ++f) {
    const auto same = of_cells.find({found[f].pre, found[f].post});
    if (same == of_cells.end()) continue;
    for (const std::uint32_t t : same->second) {
      const double pre = distance(found[f].pre_nm, truth[t].pre_nm),
                   post = distance(found[f].post_nm, truth[t].post_nm);
      if (pre < max_nm && post < max_nm) options.push_back({f, t, std::llround(500 * (pre + post))});
    }
  }
  const auto n_found = static_cast<std::uint32_t>(found.size()), n_truth = static_cast<std::uint32_t>(truth.size());
  const std::vector<std::uint32_t> match = cheapest_matching(n_found, n_truth, options);
  PartnerScore score;
  score.n_found = n_found, score.n_truth = n_truth;
  for (std::uint32_t f = 0; f < n_found; ++f)
    if (match[f] != kUnmatched) score.matches.emplace_back(f, match[f]);
  const auto hits = static_cast<double>(score.matches.size());
  score.precision = n_found > 0 ? hits / n_found : kNone;
  score.recall = n_truth > 0 ? hits / n_truth : kNone;
  score.f1 = n_found + n_truth > 0 ? 2 * hits / (static_cast<double>(n_found) + n_truth) : kNone;
  return score;
}

}  // namespace syconn
