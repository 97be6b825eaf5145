// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_volumes.h"

#include <algorithm>
#include <limits>
#include <sstream>
#include <unordered_set>

#include "evaluate_support.h"
#include "syconn/core/error.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

using CellMap = std::unordered_map<Id, Id>;
/// Stands for a supervoxel that the run does not have until the histogram is read.
constexpr Id kUnmapped = std::numeric_limits<Id>::max();

Box3 common_box(const VolumeReader& a, const VolumeReader& b) {
  const Box3 box = intersect(a.info().box(), b.info().box());
  if (!box.empty()) return box;
  std::ostringstream message;
  message << a.info().where << " " << a.info().box() << " and " << b.info().where << " " << b.info().box()
          << " have no voxel in common";
  throw Error(Category::input, message.str());
}

void map_labels(const CellMap& cells, Volume<Id>& labels) {
  Id last = kBackground, cell = kBackground;
  for (std::size_t i = 0; i < labels.count(); ++i) {
    Id& label = labels.data()[i];
    if (label != last) {
      last = label;
      const auto found = cells.find(label);
      cell = label == kBackground ? kBackground : found == cells.end() ? kUnmapped : found->second;
    }
    label = cell;
  }
}

/// Leaves out what is near the borders of true labels.
void clear_true_borders(const VolumeReader& truth, double reach_vx, Volume<Id>& labels) {
  const Vec3i margin = border_margin(reach_vx);
  const Box3 box = labels.box();
  const Volume<Id> around = truth.read_labels(intersect(truth.info().box(), Box3{box.min - margin, box.max + margin}));
  clear_borders(around.view(), reach_vx, labels.view());
}

/// The joint histogram of both volumes over `box`; `cells` maps the segments, if given.
std::vector<LabelOverlap> overlaps_of(const VolumeReader& volume, const VolumeReader& truth, const Box3& box,
                                      const CellMap* cells, int threads, std::optional<double> ignore_border_vx = {}) {
  const std::vector<Box3> blocks = evaluation_blocks(box);
  const std::size_t n = std::min<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), blocks.size());
  std::vector<OverlapHistogram> histograms(n);
  parallel_for(static_cast<std::int64_t>(n), static_cast<int>(n), [&](std::int64_t k) {
    Volume<Id> segments, truths;
    for (std::size_t b = static_cast<std::size_t>(k); b < blocks.size(); b += n) {
      segments.reshape(blocks[b]), truths.reshape(blocks[b]);
      volume.read_labels(segments.view());
      truth.read_labels(truths.view());
      if (ignore_border_vx) clear_true_borders(truth, *ignore_border_vx, truths);
      if (cells != nullptr) map_labels(*cells, segments);
      histograms[static_cast<std::size_t>(k)].add(truths.view(), segments.view());
    }
  });
  for (std::size_t k = 1; k < n; ++k) histograms[0].merge(histograms[k]);
  return histograms[0].entries();
}

/// Reads kUnmapped as background: entries of one pair are added up again.
std::vector<LabelOverlap> without_unmapped(const std::vector<LabelOverlap>& overlaps) {
  OverlapHistogram histogram;
  for (const LabelOverlap& o : overlaps)
    histogram.add(o.truth, o.segment == kUnmapped ? kBackground : o.segment, o.n_vx);
  return histogram.entries();
}

double relative_error(std::uint64_t found, std::uint64_t truth) {
  if (truth == 0) return std::numeric_limits<double>::quiet_NaN();
  return (static_cast<double>(found) - static_cast<double>(truth)) / static_cast<double>(truth);
}

}  // namespace

VolumeSource volume_source(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || fs::exists(text)) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

SegmentationScore evaluate_segmentation(const VolumeSource& volume, const VolumeSource& truth,
                                        const std::optional<fs::path>& run, int threads,
                                        std::optional<double> ignore_border_vx) {
  const auto segments = open_volume(volume.file, volume.dataset), truths = open_volume(truth.file, truth.dataset);
  SegmentationScore score;
  score.box = common_box(*segments, *truths);
  const CellMap cells = run ? cells_of_supervoxels(*run) : CellMap{};
  std::vector<LabelOverlap> overlaps =
      overlaps_of(*segments, *truths, score.box, run ? &cells : nullptr, threads, ignore_border_vx);
  std::erase_if(overlaps, [](const LabelOverlap& o) { return o.truth == kBackground; });
  if (run) {
    for (const LabelOverlap& o : overlaps) score.unmapped_vx += o.segment == kUnmapped ? o.n_vx : 0;
    overlaps = without_unmapped(overlaps);
  }
  std::unordered_set<Id> truth_ids, segment_ids;
  for (const LabelOverlap& o : overlaps) {
    score.truth_vx += o.n_vx;
    truth_ids.insert(o.truth);
    if (o.segment == kBackground)
      score.background_vx += o.n_vx;
    else
      segment_ids.insert(o.segment);
  }
  score.n_truth = truth_ids.size(), score.n_segments = segment_ids.size();
  score.voi = variation_of_information(overlaps);
  score.rand = adapted_rand_error(overlaps);
  score.cremi_score = cremi_score(score.voi, score.rand);
  return score;
}

CleftReport evaluate_clefts(const VolumeSource& volume, const VolumeSource& truth, std::optional<double> threshold,
                            const std::optional<Vec3d>& voxel_size_nm, double far_nm, int threads) {
  const auto found = open_volume(volume.file, volume.dataset), truths = open_volume(truth.file, truth.dataset);
  CleftReport report;
  report.box = common_box(*found, *truths), report.far_nm = far_nm;
  const std::optional<Vec3d> size = voxel_size_nm                  ? voxel_size_nm
                                    : truths->info().voxel_size_nm ? truths->info().voxel_size_nm
                                                                   : found->info().voxel_size_nm;
  if (!size)
    throw Error(Category::usage, truths->info().where + " does not say how large its voxels are; give --voxel-size-nm");
  report.voxel_size_nm = *size;
  const std::vector<Run> found_runs = read_foreground_runs(*found, report.box, threshold),
                         true_runs = read_foreground_runs(*truths, report.box, threshold);
  report.score = cleft_score(found_runs, true_runs, *size, far_nm, threads);
  return report;
}

OrganelleScore evaluate_organelles(const fs::path& run, const std::string& name, const VolumeSource& truth,
                                   int threads) {
  const auto objects = open_volume(run / "volumes" / (name + "_seg.json"), ""),
             truths = open_volume(truth.file, truth.dataset);
  OrganelleScore score;
  score.box = common_box(*objects, *truths);
  const std::vector<LabelOverlap> overlaps = overlaps_of(*objects, *truths, score.box, nullptr, threads);
  for (const LabelOverlap& o : overlaps) {
    score.volume_vx += o.segment != kBackground ? o.n_vx : 0;
    score.truth_volume_vx += o.truth != kBackground ? o.n_vx : 0;
  }
  score.at_50 = match_instances(overlaps, 0.5);
  score.at_75 = match_instances(overlaps, 0.75);
  score.count_error = relative_error(score.at_50.n_segments, score.at_50.n_truth);
  score.volume_error = relative_error(score.volume_vx, score.truth_volume_vx);
  return score;
}

}  // namespace syconn
