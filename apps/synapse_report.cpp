// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstdio>
#include <map>

#include "synapse_reports.h"

namespace syconn {
namespace {

using Count = unsigned long long;
constexpr std::size_t kListed = 20;  // of a long list; --json has all

void row(const char* what, double value) { std::printf("  %-44s %12.4f\n", what, value); }
void row(const char* what, std::uint64_t value) { std::printf("  %-44s %12llu\n", what, static_cast<Count>(value)); }

std::string figure(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return std::isnan(value) ? "-" : text;
}

void print_classes(const char* title, const std::vector<SynapseClass>& list) {
  std::printf("%-22s %8s %8s %8s   %8s %8s %9s\n", title, "true", "found", "recall", "objects", "hits", "precision");
  for (const SynapseClass& c : list)
    if (c.n_truth + c.n_objects > 0)
      std::printf("  %-20s %8llu %8llu %8s   %8llu %8llu %9s\n", c.name.c_str(), static_cast<Count>(c.n_truth),
                  static_cast<Count>(c.found), figure(c.recall).c_str(), static_cast<Count>(c.n_objects),
                  static_cast<Count>(c.hits), figure(c.precision).c_str());
}

void print_thresholds(const std::vector<ThresholdScore>& list) {
  if (list.empty()) return;
  std::printf("%-22s %8s %8s %9s %8s %8s\n", "prob (none: counts)", "objects", "hits", "precision", "recall", "F1");
  for (const ThresholdScore& t : list)
    std::printf("  %-20g %8llu %8llu %9s %8s %8s\n", t.prob_min, static_cast<Count>(t.n_objects),
                static_cast<Count>(t.hits), figure(t.precision).c_str(), figure(t.recall).c_str(),
                figure(t.f1).c_str());
}

std::map<std::string, std::uint64_t> misses_by_fate(const SynapseScore& score) {
  std::map<std::string, std::uint64_t> count;
  for (const MissedSynapse& m : score.missed) ++count[fate_name(m.fate)];
  return count;
}

void print_more(std::size_t n) {
  if (n > kListed) std::printf("  ... and %zu more (--json)\n", n - kListed);
}

void print_faults(const SynapseScore& score) {
  std::string kinds;
  for (const auto& [fate, n] : misses_by_fate(score))
    kinds += (kinds.empty() ? ": " : ", ") + std::to_string(n) + " " + fate;
  std::printf("missed %zu%s\n", score.missed.size(), kinds.c_str());
  for (std::size_t i = 0; i < score.missed.size() && i < kListed; ++i) {
    const MissedSynapse& m = score.missed[i];
    std::printf("  synapse %llu, cells %llu to %llu, %.3f um2: %s, %s\n", static_cast<Count>(m.truth),
                static_cast<Count>(m.pre), static_cast<Count>(m.post), m.area_um2, fate_name(m.fate), m.why.c_str());
  }
  print_more(score.missed.size());
  std::printf("wrong pair %zu\n", score.wrong_pairs.size());
  for (std::size_t i = 0; i < score.wrong_pairs.size() && i < kListed; ++i) {
    const WrongPair& w = score.wrong_pairs[i];
    std::printf("  synapse %llu, cells %llu to %llu: object %llu has cells %llu and %llu\n",
                static_cast<Count>(w.truth), static_cast<Count>(w.pre), static_cast<Count>(w.post),
                static_cast<Count>(w.object), static_cast<Count>(w.cell_a), static_cast<Count>(w.cell_b));
  }
  print_more(score.wrong_pairs.size());
}

Json classes_json(const std::vector<SynapseClass>& list) {
  Json json = Json::array();
  for (const SynapseClass& c : list)
    json.push_back({{"class", c.name},
                    {"true_synapses", c.n_truth},
                    {"found", c.found},
                    {"recall", c.recall},
                    {"objects", c.n_objects},
                    {"hits", c.hits},
                    {"precision", c.precision}});
  return json;
}

Json thresholds_json(const std::vector<ThresholdScore>& list) {
  Json json = Json::array();
  for (const ThresholdScore& t : list)
    json.push_back({{"prob_min", t.prob_min},
                    {"objects", t.n_objects},
                    {"hits", t.hits},
                    {"precision", t.precision},
                    {"recall", t.recall},
                    {"f1", t.f1},
                    {"by_sign", classes_json(t.by_sign)}});
  return json;
}

Json faults_json(const SynapseScore& score) {
  Json missed = Json::array(), wrong = Json::array();
  for (const MissedSynapse& m : score.missed)
    missed.push_back({{"truth", m.truth},
                      {"pre", m.pre},
                      {"post", m.post},
                      {"sign", m.sign},
                      {"area_um2", m.area_um2},
                      {"fate", fate_name(m.fate)},
                      {"why", m.why}});
  for (const WrongPair& w : score.wrong_pairs)
    wrong.push_back({{"truth", w.truth},
                     {"pre", w.pre},
                     {"post", w.post},
                     {"object", w.object},
                     {"cell_a", w.cell_a},
                     {"cell_b", w.cell_b}});
  return {{"missed", missed}, {"wrong_pairs", wrong}};
}

}  // namespace

void print(const SynapseScore& s) {
  std::printf("synapses against truth\n");
  row("true synapses in the map", s.n_truth), row("objects", s.n_objects), row("hits", s.hits);
  row("on decoys", s.decoys), row("on junctions dropped from the map", s.dropped),
      row("on nothing, or on a taken one", s.nothing);
  row("precision", s.precision), row("recall", s.recall), row("F1", s.f1);
  row("right pair among the hits", s.pair_right), row("right sign among the hits", s.sign_right);
  row("median error of the area", s.area_error);
  row("  the same of the voxels' own surface", s.voxel_area_error);
  print_thresholds(s.by_prob);
  print_classes("area", s.by_area);
  print_classes("sign", s.by_sign);
  print_faults(s);
}

Json as_json(const SynapseScore& s) {
  Json json{{"true_synapses", s.n_truth}, {"objects", s.n_objects},     {"hits", s.hits},
            {"decoys", s.decoys},         {"dropped", s.dropped},       {"nothing", s.nothing},
            {"precision", s.precision},   {"recall", s.recall},         {"f1", s.f1},
            {"pair_right", s.pair_right}, {"sign_right", s.sign_right}, {"area_error", s.area_error}};
  json["voxel_area_error"] = s.voxel_area_error;
  json["by_probability"] = thresholds_json(s.by_prob);
  json["by_area"] = classes_json(s.by_area);
  json["by_sign"] = classes_json(s.by_sign);
  json["misses"] = misses_by_fate(s);
  json.update(faults_json(s));
  return json;
}

}  // namespace syconn
