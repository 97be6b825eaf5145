// SPDX-License-Identifier: GPL-3.0-or-later
#include "metric_reports.h"

#include <cmath>
#include <cstdio>

namespace syconn {
namespace {

using Count = unsigned long long;

void row(const char* what, double value, const char* unit = "") {
  if (std::isnan(value))
    std::printf("  %-52s %12s\n", what, "-");
  else
    std::printf("  %-52s %12.4f%s\n", what, value, unit);
}
void row(const char* what, std::uint64_t value) { std::printf("  %-52s %12llu\n", what, static_cast<Count>(value)); }

/// JSON has neither NaN nor infinity.
Json number(double v) { return std::isfinite(v) ? Json(v) : Json(); }

void print(const ComparedSynapses& s) {
  row("true synapses", s.n_truth), row("synapses of the run", s.n_found);
  if (s.undirected > 0) row("not counted: without pre- or postsynaptic cell", s.undirected);
}
Json as_json(const ComparedSynapses& s) {
  return {{"true_synapses", s.n_truth}, {"synapses", s.n_found}, {"undirected", s.undirected}};
}

void print(const char* weighed, const WeightScore& s) {
  std::printf("edges weighed by %s, over the %llu pairs of cells with an edge in either\n", weighed,
              static_cast<Count>(s.n_pairs));
  row("Pearson correlation", s.pearson), row("Spearman correlation", s.spearman),
      row("weighted Jaccard index", s.jaccard);
}
Json as_json(const WeightScore& s) {
  return {{"pairs", s.n_pairs},
          {"pearson", number(s.pearson)},
          {"spearman", number(s.spearman)},
          {"weighted_jaccard", number(s.jaccard)}};
}

Json as_json(const KsTest& t) { return {{"ks", number(t.statistic)}, {"p", number(t.p)}}; }

}  // namespace

void print(const CleftReport& r) {
  std::printf("clefts against truth (CREMI), voxels of %g x %g x %g nm\n", r.voxel_size_nm.x, r.voxel_size_nm.y,
              r.voxel_size_nm.z);
  row("voxels found", r.score.found.n_vx), row("true voxels", r.score.truth.n_vx);
  row("mean distance to the truth (ADGT)", r.score.found.mean_nm, " nm");
  row("mean distance from the truth (ADF)", r.score.truth.mean_nm, " nm");
  row("CREMI score, their mean", r.score.cremi_score, " nm");
  char far[64];
  std::snprintf(far, sizeof far, "false positive voxels, further than %g nm", r.far_nm);
  row(far, r.score.found.far_vx);
  std::snprintf(far, sizeof far, "false negative voxels, further than %g nm", r.far_nm);
  row(far, r.score.truth.far_vx);
}
Json as_json(const CleftReport& r) {
  const Box3& b = r.box;
  return {{"box_vx", {{"min", {b.min.x, b.min.y, b.min.z}}, {"max", {b.max.x, b.max.y, b.max.z}}}},
          {"voxel_size_nm", {r.voxel_size_nm.x, r.voxel_size_nm.y, r.voxel_size_nm.z}},
          {"found_vx", r.score.found.n_vx},
          {"truth_vx", r.score.truth.n_vx},
          {"adgt_nm", number(r.score.found.mean_nm)},
          {"adf_nm", number(r.score.truth.mean_nm)},
          {"cremi_score_nm", number(r.score.cremi_score)},
          {"far_nm", r.far_nm},
          {"false_positive_vx", r.score.found.far_vx},
          {"false_negative_vx", r.score.truth.far_vx}};
}

void print(const PartnersScore& s) {
  std::printf("synaptic partners against truth (CREMI)\n");
  print(s.synapses);
  row("matched", std::uint64_t{s.score.matches.size()});
  row("precision", s.score.precision), row("recall", s.score.recall), row("F1", s.score.f1);
}
Json as_json(const PartnersScore& s) {
  Json json = as_json(s.synapses);
  json["matched"] = s.score.matches.size();
  json["precision"] = number(s.score.precision), json["recall"] = number(s.score.recall),
  json["f1"] = number(s.score.f1);
  return json;
}

void print(const ConnectomeScore& s) {
  std::printf("connectome against truth\n");
  print(s.synapses);
  std::printf("%-24s %8s %8s %8s %10s %8s %8s\n", "connections", "true", "found", "both", "precision", "recall", "F1");
  for (const ConnectionScore& c : s.connections)
    std::printf("  at least %-13g %8llu %8llu %8llu %10.4f %8.4f %8.4f\n", c.min_weight, static_cast<Count>(c.n_truth),
                static_cast<Count>(c.n_found), static_cast<Count>(c.hits), c.precision, c.recall, c.f1);
  print("synapses", s.by_count);
  if (s.by_area) print("area", *s.by_area);
  std::printf("partners of a cell, over the %llu cells with an edge in either\n",
              static_cast<Count>(s.degrees.n_cells));
  row("Kolmogorov-Smirnov distance, out-degree", s.degrees.out.statistic);
  row("the same of the in-degree", s.degrees.in.statistic);
}
Json as_json(const ConnectomeScore& s) {
  Json json = as_json(s.synapses), connections = Json::array();
  for (const ConnectionScore& c : s.connections)
    connections.push_back({{"min_synapses", c.min_weight},
                           {"true", c.n_truth},
                           {"found", c.n_found},
                           {"both", c.hits},
                           {"precision", number(c.precision)},
                           {"recall", number(c.recall)},
                           {"f1", number(c.f1)}});
  json["connections"] = connections;
  json["by_count"] = as_json(s.by_count);
  if (s.by_area) json["by_area"] = as_json(*s.by_area);
  json["degrees"] = {{"cells", s.degrees.n_cells}, {"out", as_json(s.degrees.out)}, {"in", as_json(s.degrees.in)}};
  return json;
}

void print(const RunLengthAnswer& a) {
  const RunLengthScore& s = a.score;
  std::printf("expected run length\n");
  row("true skeletons", s.n_skeletons), row("nodes", a.nodes), row("of these outside the volume", a.outside);
  row("segments on them", s.n_segments), row("of these merged", s.n_merged);
  const auto um = [](const char* what, double nm) { row(what, nm / 1000, " um"); };
  um("length", s.length_nm), um("right", s.right_nm), um("split", s.split_nm), um("merged", s.merged_nm);
  um("omitted", s.omitted_nm);
  um("expected run length", s.erl_nm), um("that of the truth itself", s.truth_erl_nm);
  row("normalised by it", s.normalised);
}
Json as_json(const RunLengthAnswer& a) {
  const RunLengthScore& s = a.score;
  return {{"skeletons", s.n_skeletons},
          {"nodes", a.nodes},
          {"nodes_outside", a.outside},
          {"segments", s.n_segments},
          {"merged_segments", s.n_merged},
          {"length_nm", s.length_nm},
          {"right_nm", s.right_nm},
          {"split_nm", s.split_nm},
          {"merged_nm", s.merged_nm},
          {"omitted_nm", s.omitted_nm},
          {"erl_nm", number(s.erl_nm)},
          {"truth_erl_nm", number(s.truth_erl_nm)},
          {"normalised", number(s.normalised)}};
}

}  // namespace syconn
