// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "synapse_reports.h"

namespace syconn {
namespace {

using Count = unsigned long long;

std::string join(const std::vector<Id>& ids) {
  std::string text;
  for (const Id id : ids) text += (text.empty() ? "" : ", ") + std::to_string(id);
  return text;
}

std::string synapse_text(const TracedSynapse& s) {
  char text[160], prob[32] = "", here[40] = "";
  if (s.on_it_vx < s.size_vx) std::snprintf(here, sizeof here, " (%llu here)", static_cast<Count>(s.on_it_vx));
  if (!std::isnan(s.prob)) std::snprintf(prob, sizeof prob, ", prob %.2f", static_cast<double>(s.prob));
  std::snprintf(text, sizeof text, "synapse %llu: cells %llu and %llu, %llu voxels%s%s", static_cast<Count>(s.id),
                static_cast<Count>(s.cell_a), static_cast<Count>(s.cell_b), static_cast<Count>(s.size_vx), here, prob);
  return text;
}

/// The largest synapse on it, then the partners of the others.
std::string became(const ExpertJunction& j, double prob_min) {
  std::string text, more;
  std::vector<Id> others;
  for (const TracedSynapse& s : j.synapses) {
    if (!s.counts(prob_min)) continue;
    others.insert(others.end(), s.junctions.begin(), s.junctions.end());
    if (text.empty())
      text = synapse_text(s);
    else
      more += (more.empty() ? "; also " : ", ") + std::to_string(s.cell_a) + "-" + std::to_string(s.cell_b) + " (" +
              std::to_string(s.on_it_vx) + ")";
  }
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  if (!others.empty()) more += "; shared with junction " + join(others);
  return text + more;
}

Json synapse_json(const TracedSynapse& s) {
  Json json{{"id", s.id},           {"cell_a", s.cell_a},      {"cell_b", s.cell_b},
            {"size_vx", s.size_vx}, {"on_it_vx", s.on_it_vx},  {"area_um2", s.area_um2},
            {"prob", nullptr},      {"junctions", s.junctions}};
  if (!std::isnan(s.prob)) json["prob"] = s.prob;
  return json;
}

std::map<std::string, std::uint64_t> lost_by_fate(const JunctionScore& score) {
  std::map<std::string, std::uint64_t> lost;
  for (const ExpertJunction& j : score.junctions)
    if (j.fate != JunctionFate::synapse) ++lost[fate_name(j.fate)];
  return lost;
}

}  // namespace

void print(const JunctionScore& score, double prob_min) {
  std::printf("%5s %8s %6s %6s %6s   %s\n", "no", "voxels", "x", "y", "z", "what became of it");
  for (const ExpertJunction& j : score.junctions) {
    const std::string text = j.fate == JunctionFate::synapse ? became(j, prob_min)
                                                             : "none, " + std::string(fate_name(j.fate)) + ": " + j.why;
    std::printf("%5llu %8llu %6lld %6lld %6lld%s %s\n", static_cast<Count>(j.id), static_cast<Count>(j.size_vx),
                static_cast<long long>(j.centre_vx.x), static_cast<long long>(j.centre_vx.y),
                static_cast<long long>(j.centre_vx.z), j.at_border ? " *" : "  ", text.c_str());
  }
  std::printf("* reaches the border of the data, so it may be cut\n");
  std::printf(
      "%llu of %zu expert junctions become a synapse between two cells: %llu with several pairs of cells, %llu "
      "share a synapse with another junction; ",
      static_cast<Count>(score.found), score.junctions.size(), static_cast<Count>(score.several),
      static_cast<Count>(score.merged));
  std::printf("%llu do not", static_cast<Count>(score.junctions.size() - score.found));
  const char* separator = " (";
  for (const auto& [fate, n] : lost_by_fate(score)) {
    std::printf("%s%llu %s", separator, static_cast<Count>(n), fate.c_str());
    separator = ", ";
  }
  std::printf(
      "%s.\nSynapses of the run: %llu, of these on no junction: %llu; with the main cell of their junction: %llu of "
      "%llu.%s\n",
      *separator == ',' ? ")" : "", static_cast<Count>(score.n_synapses), static_cast<Count>(score.elsewhere),
      static_cast<Count>(score.with_main), static_cast<Count>(score.on_junctions),
      score.outside > 0 ? " Junctions outside the run's box are left out." : "");
}

Json as_json(const JunctionScore& score, double prob_min) {
  Json list = Json::array();
  for (const ExpertJunction& j : score.junctions) {
    Json synapses = Json::array();
    for (const TracedSynapse& s : j.synapses) synapses.push_back(synapse_json(s));
    list.push_back({{"id", j.id},
                    {"size_vx", j.size_vx},
                    {"centre_vx", {j.centre_vx.x, j.centre_vx.y, j.centre_vx.z}},
                    {"bbox_min_vx", {j.bbox.min.x, j.bbox.min.y, j.bbox.min.z}},
                    {"bbox_max_vx", {j.bbox.max.x, j.bbox.max.y, j.bbox.max.z}},
                    {"at_border", j.at_border},
                    {"fate", fate_name(j.fate)},
                    {"why", j.why},
                    {"contacts", j.contacts},
                    {"main_cell", j.main_cell},
                    {"synapses", synapses}});
  }
  return {{"n_junctions", score.junctions.size()},
          {"found", score.found},
          {"several_pairs", score.several},
          {"merged", score.merged},
          {"synapses_on_junctions", score.on_junctions},
          {"synapses_with_main_cell", score.with_main},
          {"lost", lost_by_fate(score)},
          {"outside", score.outside},
          {"n_synapses", score.n_synapses},
          {"synapses_elsewhere", score.elsewhere},
          {"prob_min", prob_min},
          {"junctions", list}};
}

}  // namespace syconn
