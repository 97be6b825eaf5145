// SPDX-License-Identifier: GPL-3.0-or-later
#include "prediction_reports.h"

#include <cmath>
#include <cstdio>

namespace syconn {
namespace {

unsigned long long whole(std::uint64_t n) { return n; }

void print(const char* what, const MatchedObjects& n) {
  std::printf("%s compared: %llu; only in the run: %llu, only in the truth: %llu\n", what, whole(n.matched),
              whole(n.only_run), whole(n.only_truth));
}
Json as_json(const MatchedObjects& n) {
  return {{"matched", n.matched}, {"only_run", n.only_run}, {"only_truth", n.only_truth}};
}

void print(const TitledScore& titled) {
  const LabelScore& s = titled.score;
  std::printf(
      "\n%s: %llu, accuracy %.4f (always the most frequent class: %.4f), macro F1 %.4f, weighted F1 %.4f, balanced "
      "accuracy %.4f\n",
      titled.title.c_str(), whole(s.matrix.total()), s.matrix.accuracy(), s.matrix.majority_baseline(), s.macro_f1(),
      s.matrix.weighted_f1(), s.matrix.balanced_accuracy());
  std::printf("  %-20s %10s %10s %10s %12s\n", "class", "precision", "recall", "F1", "of the truth");
  for (std::uint32_t c = 0; c < s.classes.size(); ++c) {
    const ClassScore score = s.matrix.score(c);
    std::printf("  %-20s %10.4f %10.4f %10.4f %12llu\n", s.classes[c].c_str(), score.precision, score.recall, score.f1,
                whole(score.support));
  }
  if (s.others() > 0) std::printf("  %-20s %44llu\n", "said: none of these", whole(s.others()));
}

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(); }

}  // namespace

std::vector<TitledScore> matrices(const CompartmentScore& s) {
  std::vector<TitledScore> all;
  const auto add = [&](const char* title, const std::optional<LabelScore>& score) {
    if (score) all.push_back({title, *score});
  };
  add("skeleton nodes", s.nodes);
  add("sides of synapses on dendrites", s.spines);
  add("sides of synapses", s.sides);
  add("mesh vertices", s.vertices);
  return all;
}

void print(const CompartmentScore& s) {
  if (s.nodes || s.vertices) print("cells", s.cells);
  if (s.sides) print("synapses", s.synapses);
  if (s.nodes_by_length) std::printf("skeleton nodes weighted by length: accuracy %.4f\n", *s.nodes_by_length);
  for (const TitledScore& score : matrices(s)) print(score);
}

Json as_json(const CompartmentScore& s) {
  Json out{{"cells", as_json(s.cells)}, {"synapses", as_json(s.synapses)}};
  if (s.nodes) out["nodes"] = as_json(*s.nodes);
  if (s.nodes_by_length) out["nodes_length_weighted_accuracy"] = number(*s.nodes_by_length);
  if (s.spines) out["synapse_sides_on_dendrites"] = as_json(*s.spines);
  if (s.sides) out["synapse_sides"] = as_json(*s.sides);
  if (s.vertices) out["vertices"] = as_json(*s.vertices);
  return out;
}

std::vector<TitledScore> matrices(const CelltypeScore& s) { return {{"cell types", s.types}}; }

void print(const CelltypeScore& s) {
  print("cells", s.cells);
  if (s.unknown > 0) std::printf("without a true type, not counted: %llu\n", whole(s.unknown));
  print(matrices(s).front());
  if (!s.has_certainty) return;
  std::printf("\ncalibration error of the certainties %.4f, area under risk and coverage %.4f\n", s.calibration_error,
              s.area_under_risk_coverage);
  std::printf("  %-20s %10s %10s\n", "certainty at least", "share", "wrong");
  const std::size_t n = s.risk_coverage.size();
  for (std::size_t tenth = 1; n > 0 && tenth <= 10; ++tenth) {
    // The first point of the curve that keeps a tenth, two tenths, ... of the cells.
    std::size_t i = 0;
    while (i + 1 < n && s.risk_coverage[i].coverage < static_cast<double>(tenth) / 10 - 1e-9) ++i;
    const RiskPoint& p = s.risk_coverage[i];
    std::printf("  %-20.4f %10.4f %10.4f\n", p.threshold, p.coverage, p.risk);
    if (i + 1 == n) break;
  }
}

Json as_json(const CelltypeScore& s) {
  Json out = as_json(s.types);
  out["cells"] = as_json(s.cells), out["unknown"] = s.unknown;
  if (!s.has_certainty) return out;
  out["calibration_error"] = number(s.calibration_error);
  out["area_under_risk_coverage"] = number(s.area_under_risk_coverage);
  Json curve = Json::array();
  for (const RiskPoint& p : s.risk_coverage)
    curve.push_back({{"certainty", p.threshold}, {"coverage", p.coverage}, {"risk", p.risk}});
  out["risk_coverage"] = curve;
  return out;
}

}  // namespace syconn
