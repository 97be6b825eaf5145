// SPDX-License-Identifier: GPL-3.0-or-later
// Segmentation metrics against their definitions, computed voxel by voxel and pair by pair.
#include "syconn/algo/segmentation_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "syconn/core/error.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

constexpr Id kHuge = (Id{1} << 63) + 5;

struct Labels {
  Volume<Id> truth, segment;
};

Labels random_labels(const Vec3i& size, int n_truth, int n_segments, std::uint64_t seed) {
  Labels out{Volume<Id>(Box3::of_size(size)), Volume<Id>(Box3::of_size(size))};
  Rng rng(seed);
  for (std::int64_t i = 0; i < size.product(); ++i) {
    const auto t = rng.below(static_cast<std::uint64_t>(n_truth) + 1);
    out.truth.data()[i] = t == 0 ? 0 : kHuge + t;
    out.segment.data()[i] = rng.uniform() < 0.6 ? t : rng.below(static_cast<std::uint64_t>(n_segments) + 1);
  }
  return out;
}

std::vector<LabelOverlap> overlaps(const Labels& labels) {
  OverlapHistogram histogram;
  histogram.add(labels.truth.view(), labels.segment.view());
  return histogram.entries();
}

template <class F>
void for_each_voxel_of(const Box3& box, F&& fn) {
  for (std::int64_t z = box.min.z; z < box.max.z; ++z)
    for (std::int64_t y = box.min.y; y < box.max.y; ++y)
      for (std::int64_t x = box.min.x; x < box.max.x; ++x) fn(Vec3i{x, y, z});
}

TEST(OverlapHistogram, CountsVoxelsAndDoesNotDependOnChunks) {
  const Labels labels = random_labels({13, 7, 5}, 3, 4, 1);
  std::map<std::pair<Id, Id>, std::uint64_t> want;
  for (std::int64_t i = 0; i < 13 * 7 * 5; ++i) ++want[{labels.truth.data()[i], labels.segment.data()[i]}];
  const auto got = overlaps(labels);
  ASSERT_EQ(got.size(), want.size());
  std::size_t k = 0;
  for (const auto& [ids, n] : want) EXPECT_EQ(got[k++], (LabelOverlap{ids.first, ids.second, n}));
  OverlapHistogram left, right;
  const Box3 a{{0, 0, 0}, {5, 7, 5}}, b{{5, 0, 0}, {13, 7, 5}};
  left.add(labels.truth.view().sub(a), labels.segment.view().sub(a));
  right.add(labels.truth.view().sub(b), labels.segment.view().sub(b));
  right.merge(left);
  EXPECT_EQ(right.entries(), got);
  EXPECT_THROW(left.add(labels.truth.view().sub(a), labels.segment.view().sub(b)), Error);
}

TEST(OverlapHistogram, EmptyBoxCountsNothing) {
  const Volume<Id> none(Box3{});
  OverlapHistogram histogram;
  histogram.add(none.view(), none.view());
  EXPECT_TRUE(histogram.entries().empty());
  EXPECT_TRUE(std::isnan(variation_of_information({}).split));
  EXPECT_TRUE(std::isnan(adapted_rand_error({}).error));
  EXPECT_TRUE(std::isnan(match_instances({}, 0.5).f1));
  const LabelOverlap background{0, 7, 100};
  EXPECT_TRUE(std::isnan(variation_of_information({&background, 1}).merge));
}

// H(A | B) over voxels by counting for every voxel how many share its labels.
double conditional_entropy(const std::vector<Id>& a, const std::vector<Id>& given) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    double both = 0, one = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
      one += given[k] == given[i], both += given[k] == given[i] && a[k] == a[i];
    sum += std::log2(one / both);
  }
  return sum / static_cast<double>(a.size());
}

void labelled_voxels(const Labels& labels, std::vector<Id>& truth, std::vector<Id>& segment) {
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(labels.truth.count()); ++i) {
    if (labels.truth.data()[i] == 0) continue;
    truth.push_back(labels.truth.data()[i]), segment.push_back(labels.segment.data()[i]);
  }
}

TEST(VariationOfInformation, EqualsTheDefinition) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Labels labels = random_labels({9, 5, 7}, 4, 6, seed);
    std::vector<Id> truth, segment;
    labelled_voxels(labels, truth, segment);
    const VariationOfInformation voi = variation_of_information(overlaps(labels));
    EXPECT_NEAR(voi.split, conditional_entropy(segment, truth), 1e-12);
    EXPECT_NEAR(voi.merge, conditional_entropy(truth, segment), 1e-12);
  }
}

TEST(VariationOfInformation, PureSplitAndPureMerge) {
  const std::vector<LabelOverlap> split{{1, 5, 10}, {1, 6, 10}}, merged{{1, 5, 10}, {2, 5, 10}};
  EXPECT_DOUBLE_EQ(variation_of_information(split).split, 1);
  EXPECT_DOUBLE_EQ(variation_of_information(split).merge, 0);
  EXPECT_DOUBLE_EQ(variation_of_information(merged).split, 0);
  EXPECT_DOUBLE_EQ(variation_of_information(merged).merge, 1);
}

TEST(AdaptedRandError, EqualsPairCountingWithSingletons) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Labels labels = random_labels({9, 5, 7}, 4, 6, seed);
    std::vector<Id> truth, segment;
    labelled_voxels(labels, truth, segment);
    double joint = 0, in_truth = 0, in_segment = 0;
    for (std::size_t i = 0; i < truth.size(); ++i)
      for (std::size_t k = 0; k < truth.size(); ++k) {
        const bool same = i == k || (segment[i] == segment[k] && segment[i] != 0);
        in_truth += truth[i] == truth[k], in_segment += same, joint += same && truth[i] == truth[k];
      }
    const AdaptedRandError got = adapted_rand_error(overlaps(labels));
    EXPECT_NEAR(got.precision, joint / in_segment, 1e-12);
    EXPECT_NEAR(got.recall, joint / in_truth, 1e-12);
    EXPECT_NEAR(got.error, 1 - 2 * joint / (in_truth + in_segment), 1e-12);
  }
}

TEST(AdaptedRandError, PerfectAndAllBackground) {
  const std::vector<LabelOverlap> perfect{{1, 9, 4}, {2, 8, 6}, {0, 7, 5}}, none{{1, 0, 4}, {2, 0, 6}};
  EXPECT_DOUBLE_EQ(adapted_rand_error(perfect).error, 0);
  EXPECT_DOUBLE_EQ(adapted_rand_error(none).precision, 1);
  EXPECT_DOUBLE_EQ(adapted_rand_error(none).recall, 10. / 52);
  const std::vector<LabelOverlap> large{{1, 1, Id{1} << 40}, {2, 2, Id{1} << 40}};
  EXPECT_DOUBLE_EQ(adapted_rand_error(large).error, 0);
}

TEST(MatchInstances, EqualsVoxelSets) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Labels labels = random_labels({9, 8, 7}, 5, 5, seed);
    const double min_iou = seed % 2 ? 0.5 : 0.35;
    std::map<Id, std::set<std::int64_t>> truth, segment;
    for (std::int64_t i = 0; i < 9 * 8 * 7; ++i) {
      if (labels.truth.data()[i]) truth[labels.truth.data()[i]].insert(i);
      if (labels.segment.data()[i]) segment[labels.segment.data()[i]].insert(i);
    }
    std::vector<InstanceMatch> all, want;
    for (const auto& [t, a] : truth)
      for (const auto& [s, b] : segment) {
        double both = 0;
        for (std::int64_t i : a) both += b.count(i);
        const double iou = both / (static_cast<double>(a.size() + b.size()) - both);
        if (iou >= min_iou) all.push_back({t, s, iou});
      }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.iou > b.iou; });
    std::set<Id> used;
    double sum = 0;
    for (const InstanceMatch& m : all)
      if (!used.count(m.truth) && !used.count(m.segment))
        want.push_back(m), used.insert({m.truth, m.segment}), sum += m.iou;
    std::sort(want.begin(), want.end(), [](const auto& a, const auto& b) { return a.truth < b.truth; });
    const InstanceScores got = match_instances(overlaps(labels), min_iou);
    EXPECT_FALSE(got.matches.empty());
    EXPECT_EQ(got.matches, want);
    EXPECT_EQ(got.n_truth, truth.size());
    EXPECT_EQ(got.n_segments, segment.size());
    if (!got.matches.empty()) {
      EXPECT_NEAR(got.mean_iou * got.f1, got.panoptic_quality, 1e-12);
    }
    EXPECT_NEAR(got.panoptic_quality, 2 * sum / static_cast<double>(truth.size() + segment.size()), 1e-12);
  }
}

TEST(MatchInstances, BordersAndUndefinedValues) {
  // Exactly half: both halves of object 1 reach 0.5; the smaller id takes it.
  const std::vector<LabelOverlap> halves{{1, 5, 10}, {1, 6, 10}, {2, 0, 3}, {0, 9, 4}};
  const InstanceScores got = match_instances(halves, 0.5);
  EXPECT_EQ(got.matches, (std::vector<InstanceMatch>{{1, 5, 0.5}}));
  EXPECT_EQ(got.n_truth, 2U);
  EXPECT_EQ(got.n_segments, 3U);
  EXPECT_DOUBLE_EQ(got.precision, 1. / 3);
  EXPECT_DOUBLE_EQ(got.recall, 0.5);
  EXPECT_DOUBLE_EQ(got.f1, 0.4);
  EXPECT_DOUBLE_EQ(got.panoptic_quality, 0.2);
  const std::vector<LabelOverlap> missed{{1, 0, 10}};
  EXPECT_TRUE(std::isnan(match_instances(missed, 0.5).precision));
  EXPECT_DOUBLE_EQ(match_instances(missed, 0.5).f1, 0);
  EXPECT_THROW(match_instances(missed, 0), Error);
  EXPECT_THROW(match_instances(missed, 1.5), Error);
}

/// CREMI's rule, voxel by voxel: near a voxel of the section that differs from one of its four neighbours.
bool slow_near_border(const Volume<Id>& labels, const Vec3i& at, double reach) {
  const Box3 box = labels.box();
  for (std::int64_t y = box.min.y; y < box.max.y; ++y)
    for (std::int64_t x = box.min.x; x < box.max.x; ++x) {
      const double dx = static_cast<double>(x - at.x), dy = static_cast<double>(y - at.y);
      if (dx * dx + dy * dy > reach * reach) continue;
      for (const Vec3i& step : {Vec3i{1, 0, 0}, Vec3i{-1, 0, 0}, Vec3i{0, 1, 0}, Vec3i{0, -1, 0}}) {
        const Vec3i other = Vec3i{x, y, at.z} + step;
        if (box.contains(other) && labels.at(other) != labels.at({x, y, at.z})) return true;
      }
    }
  return false;
}

TEST(ClearBorders, AreThoseOfTheDefinitionWhateverTheChunk) {
  Rng rng(12);
  Volume<Id> labels(Box3::of_size({29, 23, 3}));
  for (std::size_t i = 0; i < labels.count(); ++i) labels.data()[i] = kHuge;
  for (int spot = 0; spot < 4; ++spot)
    labels.at({static_cast<std::int64_t>(rng.below(29)), static_cast<std::int64_t>(rng.below(23)), spot % 3}) = 7;
  for (const double reach : {0.0, 1.0, 1.5, 2.5, 6.25}) {
    Volume<Id> whole = labels;
    clear_borders(labels.view(), reach, whole.view());
    for (std::int64_t z = 0; z < 3; ++z)
      for (std::int64_t y = 0; y < 23; ++y)
        for (std::int64_t x = 0; x < 29; ++x) {
          const Id want = slow_near_border(labels, {x, y, z}, reach) ? kBackground : labels.at({x, y, z});
          EXPECT_EQ(whole.at({x, y, z}), want) << x << ' ' << y << ' ' << z << ", reach " << reach;
        }
    const Box3 chunk{{8, 9, 1}, {20, 16, 2}};
    const Vec3i margin = border_margin(reach);
    const Box3 around = intersect(labels.box(), {chunk.min - margin, chunk.max + margin});
    Volume<Id> part(chunk);
    for_each_voxel_of(chunk, [&](const Vec3i& v) { part.at(v) = labels.at(v); });
    clear_borders(labels.view().sub(around), reach, part.view());
    for_each_voxel_of(chunk, [&](const Vec3i& v) { EXPECT_EQ(part.at(v), whole.at(v)) << "reach " << reach; });
  }
  Volume<Id> outside(Box3{{20, 20, 2}, {30, 23, 3}});
  EXPECT_THROW(clear_borders(labels.view(), 1, outside.view()), Error);
  EXPECT_THROW(clear_borders(labels.view(), -1, labels.view()), Error);
}

TEST(CremiScore, IsTheGeometricMean) {
  EXPECT_DOUBLE_EQ(cremi_score({0.3, 0.5}, {0, 0, 0.2}), 0.4);
  EXPECT_EQ(cremi_score({0, 0}, {1, 1, 0}), 0);
  EXPECT_EQ(cremi_score({0, 1e-17}, {1, 1, -1e-17}), 0);
}

}  // namespace
}  // namespace syconn
