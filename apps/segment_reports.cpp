// SPDX-License-Identifier: GPL-3.0-or-later
#include "segment_reports.h"

#include <cstdio>

namespace syconn {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

void row(const char* what, double value, const char* format = "%.4f") {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  std::printf("  %-44s %12s\n", what, text);
}
void row(const char* what, std::uint64_t value) {
  std::printf("  %-44s %12llu\n", what, static_cast<unsigned long long>(value));
}

Json box_json(const Box3& b) { return {{"min", {b.min.x, b.min.y, b.min.z}}, {"max", {b.max.x, b.max.y, b.max.z}}}; }

Json as_json(const InstanceScores& s) {
  return {{"precision", s.precision},
          {"recall", s.recall},
          {"f1", s.f1},
          {"mean_iou", s.mean_iou},
          {"panoptic_quality", s.panoptic_quality}};
}

}  // namespace

void print(const FragmentScore& s) {
  const auto line = [](const char* what, std::int64_t n, std::int64_t of) {
    std::printf("  %-62s %8lld  %5.1f %%\n", what, static_cast<long long>(n), share(n, of));
  };
  std::printf("true junctions in the dataset%36s %8lld\n", "", static_cast<long long>(s.true_junctions));
  line("found by a fragment between the right two cells", s.found, s.true_junctions);
  std::printf("synapse fragments (supervoxel level, before any classifier)%6s %8lld\n", "",
              static_cast<long long>(s.fragments));
  line("on a true junction, right cells", s.on_junctions, s.fragments);
  line("on a true junction, other cells", s.wrong_pair, s.fragments);
  line("on a decoy (dark contact without vesicles)", s.on_decoys, s.fragments);
  line("on nothing", s.on_nothing, s.fragments);
  std::fflush(stdout);
}

void print(const SegmentationScore& s) {
  std::printf("segmentation against truth (truth 0 left out, log2)\n");
  row("voxels compared", s.truth_vx), row("of these segment 0", s.background_vx);
  row("true labels", s.n_truth), row("segments on them", s.n_segments);
  if (s.unmapped_vx > 0) row("voxels of supervoxels the run does not have", s.unmapped_vx);
  row("VOI split", s.voi.split), row("VOI merge", s.voi.merge), row("VOI", s.voi.split + s.voi.merge);
  row("adapted Rand error", s.rand.error), row("CREMI score", s.cremi_score);
}
Json as_json(const SegmentationScore& s) {
  return {{"box_vx", box_json(s.box)},
          {"truth_vx", s.truth_vx},
          {"background_vx", s.background_vx},
          {"unmapped_vx", s.unmapped_vx},
          {"n_truth", s.n_truth},
          {"n_segments", s.n_segments},
          {"voi_split", s.voi.split},
          {"voi_merge", s.voi.merge},
          {"adapted_rand_error", s.rand.error},
          {"cremi_score", s.cremi_score},
          {"adapted_rand_precision", s.rand.precision},
          {"adapted_rand_recall", s.rand.recall}};
}

void print(const OrganelleScore& s) {
  std::printf("instances against truth            IoU >= 0.5     IoU >= 0.75\n");
  const auto line = [](const char* what, double a, double b) { std::printf("  %-30s %12.4f %14.4f\n", what, a, b); };
  line("precision", s.at_50.precision, s.at_75.precision);
  line("recall", s.at_50.recall, s.at_75.recall);
  line("F1", s.at_50.f1, s.at_75.f1);
  line("mean IoU of the matches", s.at_50.mean_iou, s.at_75.mean_iou);
  line("panoptic quality", s.at_50.panoptic_quality, s.at_75.panoptic_quality);
  row("error of the count", s.count_error, "%+.3f"), row("error of the volume", s.volume_error, "%+.3f");
}
Json as_json(const OrganelleScore& s) {
  return {{"box_vx", box_json(s.box)},     {"iou_50", as_json(s.at_50)},           {"iou_75", as_json(s.at_75)},
          {"volume_vx", s.volume_vx},      {"truth_volume_vx", s.truth_volume_vx}, {"count_error", s.count_error},
          {"volume_error", s.volume_error}};
}

void print(const CellScore& s) {
  std::printf("cells against truth\n");
  row("true cells", s.cells), row("assembled exactly", s.exact), row("split", s.split), row("merged", s.merged);
  row("supervoxels known to both", s.supervoxels), row("of the truth, without voxels here", s.missing);
  row("unknown to the truth", s.unknown), row("wrongly merged on purpose", s.wrongly_merged);
  std::printf("%s\n", s.all_exact() ? "all cells are exact" : "not all cells are exact");
}
Json as_json(const CellScore& s) {
  Json faults = Json::array();
  for (const CellFault& f : s.faults) faults.push_back({{"truth", f.truth}, {"cells", f.cells}, {"others", f.others}});
  return {{"cells", s.cells},
          {"exact", s.exact},
          {"split", s.split},
          {"merged", s.merged},
          {"missing", s.missing},
          {"unknown", s.unknown},
          {"supervoxels", s.supervoxels},
          {"wrongly_merged", s.wrongly_merged},
          {"joined_sets", s.joined_sets},
          {"joined_exact", s.joined_exact},
          {"all_exact", s.all_exact()},
          {"faults", faults}};
}
Json as_json(const FragmentScore& s) {
  return {{"true_junctions", s.true_junctions}, {"found", s.found},           {"fragments", s.fragments},
          {"on_junctions", s.on_junctions},     {"wrong_pair", s.wrong_pair}, {"on_decoys", s.on_decoys},
          {"on_nothing", s.on_nothing}};
}

}  // namespace syconn
