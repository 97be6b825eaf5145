// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/segmentation_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "syconn/core/error.h"

namespace syconn {
namespace {

using Wide = unsigned __int128;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

std::vector<LabelOverlap> in_order(std::span<const LabelOverlap> overlaps) {
  std::vector<LabelOverlap> sorted(overlaps.begin(), overlaps.end());
  std::erase_if(sorted, [](const LabelOverlap& o) { return o.n_vx == 0; });
  std::sort(sorted.begin(), sorted.end(), [](const LabelOverlap& a, const LabelOverlap& b) {
    return std::tie(a.truth, a.segment) < std::tie(b.truth, b.segment);
  });
  return sorted;
}

/// Voxels of each label, ascending by label.
template <class LabelOf>
std::vector<std::pair<Id, std::uint64_t>> sizes(std::span<const LabelOverlap> overlaps, LabelOf label) {
  std::vector<std::pair<Id, std::uint64_t>> out;
  for (const LabelOverlap& o : overlaps) out.emplace_back(label(o), o.n_vx);
  std::sort(out.begin(), out.end());
  std::size_t n = 0;
  for (const auto& [id, n_vx] : out)
    if (n > 0 && out[n - 1].first == id)
      out[n - 1].second += n_vx;
    else
      out[n++] = {id, n_vx};
  out.resize(n);
  return out;
}

std::uint64_t size_of(const std::vector<std::pair<Id, std::uint64_t>>& sizes, Id id) {
  return std::lower_bound(sizes.begin(), sizes.end(), std::pair<Id, std::uint64_t>{id, 0})->second;
}

/// The histogram of the voxels that have a truth, with its margins.
struct TruthOverlaps {
  explicit TruthOverlaps(std::span<const LabelOverlap> overlaps) : joint(in_order(overlaps)) {
    std::erase_if(joint, [](const LabelOverlap& o) { return o.truth == kBackground; });
    truth = sizes(joint, [](const LabelOverlap& o) { return o.truth; });
    segment = sizes(joint, [](const LabelOverlap& o) { return o.segment; });
    for (const auto& t : truth) n_vx += t.second;
  }
  std::vector<LabelOverlap> joint;
  std::vector<std::pair<Id, std::uint64_t>> truth, segment;
  std::uint64_t n_vx = 0;
};

Wide square(std::uint64_t n) { return static_cast<Wide>(n) * n; }

struct Candidate {
  Id truth, segment;
  std::uint64_t both, either;
};

bool better(const Candidate& a, const Candidate& b) {
  const Wide left = static_cast<Wide>(a.both) * b.either, right = static_cast<Wide>(b.both) * a.either;
  return left != right ? left > right : std::tie(a.truth, a.segment) < std::tie(b.truth, b.segment);
}

std::uint64_t objects(const std::vector<std::pair<Id, std::uint64_t>>& sizes) {
  return sizes.size() - (!sizes.empty() && sizes.front().first == kBackground ? 1 : 0);
}

void score(InstanceScores& scores) {
  const auto n = static_cast<double>(scores.matches.size()), n_truth = static_cast<double>(scores.n_truth),
             n_segments = static_cast<double>(scores.n_segments);
  double iou = 0;
  for (const InstanceMatch& m : scores.matches) iou += m.iou;
  scores.precision = n_segments > 0 ? n / n_segments : kUndefined;
  scores.recall = n_truth > 0 ? n / n_truth : kUndefined;
  scores.f1 = n_truth + n_segments > 0 ? 2 * n / (n_truth + n_segments) : kUndefined;
  scores.mean_iou = n > 0 ? iou / n : kUndefined;
  scores.panoptic_quality = n_truth + n_segments > 0 ? 2 * iou / (n_truth + n_segments) : kUndefined;
}

/// 1 where a voxel of section z has one of its four neighbours there of another label.
void mark_borders(VolumeView<const Id> labels, std::int64_t z, Volume<std::uint8_t>& border) {
  const Box3 box = labels.box();
  for (std::int64_t y = box.min.y; y < box.max.y; ++y)
    for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
      const Id here = labels.at({x, y, z});
      const auto differs = [&](std::int64_t at_x, std::int64_t at_y) {
        return at_x >= box.min.x && at_x < box.max.x && at_y >= box.min.y && at_y < box.max.y &&
               labels.at({at_x, at_y, z}) != here;
      };
      border.at({x, y, 0}) = differs(x - 1, y) || differs(x + 1, y) || differs(x, y - 1) || differs(x, y + 1);
    }
}

/// Clears what lies at most `width` along x from a border in row `from_y`.
void clear_row(const Volume<std::uint8_t>& border, std::int64_t from_y, std::int64_t width, VolumeView<Id>& labels,
               std::int64_t y, std::int64_t z) {
  const Box3 outer = border.box(), inner = labels.box();
  std::int64_t next = inner.min.x;  // the voxels before it are done
  for (std::int64_t x = std::max(outer.min.x, inner.min.x - width); x < std::min(outer.max.x, inner.max.x + width);
       ++x) {
    if (border.at({x, from_y, 0}) == 0) continue;
    const std::int64_t end = std::min(x + width + 1, inner.max.x);
    for (next = std::max(next, x - width); next < end; ++next) labels.at({next, y, z}) = kBackground;
  }
}

}  // namespace

void OverlapHistogram::add(Id truth, Id segment, std::uint64_t n_vx) {
  if (n_vx > 0) counts_[{truth, segment}] += n_vx;
}

void OverlapHistogram::add(VolumeView<const Id> truth, VolumeView<const Id> segment) {
  if (!(truth.box() == segment.box())) throw Error(Category::runtime, "truth and segmentation cover different boxes");
  const Box3 box = truth.box();
  if (box.empty()) return;
  const std::int64_t width = box.size().x;
  Id t = 0, s = 0;
  std::uint64_t n = 0;
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y) {
      const Id* truth_row = &truth.at({box.min.x, y, z});
      const Id* segment_row = &segment.at({box.min.x, y, z});
      for (std::int64_t x = 0; x < width; ++x, ++n) {
        if (truth_row[x] == t && segment_row[x] == s) continue;
        add(t, s, n);
        t = truth_row[x], s = segment_row[x], n = 0;
      }
    }
  add(t, s, n);
}

void OverlapHistogram::merge(const OverlapHistogram& from) {
  for (const LabelOverlap& o : from.entries()) add(o.truth, o.segment, o.n_vx);
}

std::vector<LabelOverlap> OverlapHistogram::entries() const {
  std::vector<LabelOverlap> out;
  out.reserve(counts_.size());
  for (const auto& [ids, n_vx] : counts_) out.push_back({ids.first, ids.second, n_vx});
  return in_order(out);
}

VariationOfInformation variation_of_information(std::span<const LabelOverlap> overlaps) {
  const TruthOverlaps of(overlaps);
  if (of.n_vx == 0) return {kUndefined, kUndefined};
  VariationOfInformation voi;
  for (const LabelOverlap& o : of.joint) {
    const auto n = static_cast<double>(o.n_vx);
    voi.split += n * std::log2(static_cast<double>(size_of(of.truth, o.truth)) / n);
    voi.merge += n * std::log2(static_cast<double>(size_of(of.segment, o.segment)) / n);
  }
  return {voi.split / static_cast<double>(of.n_vx), voi.merge / static_cast<double>(of.n_vx)};
}

AdaptedRandError adapted_rand_error(std::span<const LabelOverlap> overlaps) {
  const TruthOverlaps of(overlaps);
  if (of.n_vx == 0) return {kUndefined, kUndefined, kUndefined};
  // In counts instead of fractions a voxel on its own adds 1; the n^2 cancels.
  Wide joint = 0, truth = 0, segment = 0;
  for (const LabelOverlap& o : of.joint) joint += o.segment == kBackground ? o.n_vx : square(o.n_vx);
  for (const auto& [id, n_vx] : of.truth) truth += square(n_vx);
  for (const auto& [id, n_vx] : of.segment) segment += id == kBackground ? n_vx : square(n_vx);
  AdaptedRandError rand;
  rand.precision = static_cast<double>(joint) / static_cast<double>(segment);
  rand.recall = static_cast<double>(joint) / static_cast<double>(truth);
  rand.error = 1 - 2 * rand.precision * rand.recall / (rand.precision + rand.recall);
  return rand;
}

double cremi_score(const VariationOfInformation& voi, const AdaptedRandError& rand) {
  // Rounding may leave less than nothing of a perfect result.
  return std::sqrt(std::max(voi.sum() * rand.error, 0.0));
}

Vec3i border_margin(double reach_vx) {
  const auto reach = static_cast<std::int64_t>(std::ceil(reach_vx)) + 1;
  return {reach, reach, 0};
}

void clear_borders(VolumeView<const Id> around, double reach_vx, VolumeView<Id> labels) {
  if (!(reach_vx >= 0 && reach_vx <= 1000))
    throw Error(Category::config, "the margin of borders must be 0 to 1000 voxels");
  const Box3 outer = around.box(), inner = labels.box();
  if (!(intersect(outer, inner) == inner)) throw Error(Category::runtime, "borders: the surroundings are too small");
  if (inner.empty()) return;
  const auto reach = static_cast<std::int64_t>(std::floor(reach_vx));
  Volume<std::uint8_t> border(Box3{{outer.min.x, outer.min.y, 0}, {outer.max.x, outer.max.y, 1}});
  for (std::int64_t z = inner.min.z; z < inner.max.z; ++z) {
    mark_borders(around, z, border);
    for (std::int64_t dy = -reach; dy <= reach; ++dy) {
      const auto width = static_cast<std::int64_t>(std::sqrt(reach_vx * reach_vx - static_cast<double>(dy * dy)));
      for (std::int64_t y = std::max(inner.min.y, outer.min.y - dy); y < std::min(inner.max.y, outer.max.y - dy); ++y)
        clear_row(border, y + dy, width, labels, y, z);
    }
  }
}

InstanceScores match_instances(std::span<const LabelOverlap> overlaps, double min_iou) {
  if (!(min_iou > 0 && min_iou <= 1)) throw Error(Category::config, "the smallest IoU of a match must be in (0, 1]");
  const std::vector<LabelOverlap> joint = in_order(overlaps);
  const auto truth = sizes(joint, [](const LabelOverlap& o) { return o.truth; });
  const auto segment = sizes(joint, [](const LabelOverlap& o) { return o.segment; });
  std::vector<Candidate> candidates;
  for (const LabelOverlap& o : joint) {
    if (o.truth == kBackground || o.segment == kBackground) continue;
    const std::uint64_t either = size_of(truth, o.truth) + size_of(segment, o.segment) - o.n_vx;
    if (static_cast<double>(o.n_vx) >= min_iou * static_cast<double>(either))
      candidates.push_back({o.truth, o.segment, o.n_vx, either});
  }
  std::sort(candidates.begin(), candidates.end(), better);
  InstanceScores scores;
  std::unordered_map<Id, bool> truth_taken, segment_taken;
  for (const Candidate& c : candidates) {
    if (truth_taken[c.truth] || segment_taken[c.segment]) continue;
    truth_taken[c.truth] = segment_taken[c.segment] = true;
    scores.matches.push_back({c.truth, c.segment, static_cast<double>(c.both) / static_cast<double>(c.either)});
  }
  std::sort(scores.matches.begin(), scores.matches.end(),
            [](const InstanceMatch& a, const InstanceMatch& b) { return a.truth < b.truth; });
  scores.n_truth = objects(truth), scores.n_segments = objects(segment);
  score(scores);
  return scores;
}

}  // namespace syconn
