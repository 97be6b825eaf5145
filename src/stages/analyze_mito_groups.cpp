// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze_mito_groups.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <span>

#include "analysis_cells.h"
#include "syconn/algo/ks.h"
#include "syconn/algo/sample_statistics.h"
#include "syconn/core/error.h"
#include "syconn/core/format.h"

namespace syconn {
namespace {

enum Group : std::size_t { kSmaller, kLarger, kControl };
constexpr std::array<const char*, 3> kGroupNames{"smaller", "larger", "control"};
constexpr std::array<std::array<Group, 2>, 3> kPairs{{{kSmaller, kLarger}, {kSmaller, kControl}, {kLarger, kControl}}};

/// Two groups of a type.
struct Comparison {
  Group first, second;
  KsTest ks;
  MedianDifference effect;
};

struct TypeResult {
  MitoType type;
  double median_area_um2 = 0;
  std::array<ClusteredSample, 3> groups;  ///< distances, by cell
  std::vector<Comparison> comparisons;    ///< none where a group is empty
};

TypeResult compared(MitoType type, const MitoSynapseQuestion& q) {
  TypeResult r;
  std::sort(type.synapses.begin(), type.synapses.end(),
            [](const MitoSample& a, const MitoSample& b) { return a.place < b.place; });
  std::stable_sort(type.control.begin(), type.control.end(),
                   [](const MitoSample& a, const MitoSample& b) { return a.cell < b.cell; });
  std::vector<double> areas;
  for (const MitoSample& s : type.synapses) areas.push_back(s.area_um2);
  r.median_area_um2 = median(std::move(areas));
  const auto add = [&](Group group, const MitoSample& s) {
    r.groups[group].values.push_back(s.distance_um), r.groups[group].cluster.push_back(s.cell);
  };
  for (const MitoSample& s : type.synapses) add(s.area_um2 > r.median_area_um2 ? kLarger : kSmaller, s);
  for (const MitoSample& s : type.control) add(kControl, s);
  for (const auto& [a, b] : kPairs) {
    if (r.groups[a].values.empty() || r.groups[b].values.empty()) continue;
    r.comparisons.push_back({a, b, ks_test(r.groups[a].values, r.groups[b].values),
                             median_difference(r.groups[a], r.groups[b], q.bootstrap, q.seed, q.threads)});
  }
  r.type = std::move(type);
  return r;
}

using Results = std::shared_ptr<const std::vector<TypeResult>>;

AnalysisTable comparison_table(const AnswerAbout& about, const Results& results) {
  const SqlType text = SqlType::text, n = SqlType::integer, x = SqlType::real;
  AnalysisTable table{"mito-synapse",
                      {{"type", text, "", "cell type"},
                       {"first", text, "", "smaller or larger synapses (split at the median area), or control"},
                       {"second", text, "", "what it is compared with"},
                       {"n_first", n, "", "synapses or places"},
                       {"n_second", n, "", "synapses or places"},
                       {"median_first_um", x, "um", "distance to the nearest mitochondrion"},
                       {"median_second_um", x, "um", "the same"},
                       {"difference_um", x, "um", "of the medians, first - second"},
                       {"ci_low_um", x, "um", "95 % interval of it, synapses drawn anew"},
                       {"ci_high_um", x, "um", "its upper end"},
                       {"cells_ci_low_um", x, "um", "95 % interval of it, cells drawn anew"},
                       {"cells_ci_high_um", x, "um", "its upper end"},
                       {"ks_d", x, "", "Kolmogorov-Smirnov, two-sided: largest distance of the distributions"},
                       {"ks_p", x, "", "its asymptotic p"}},
                      about,
                      0,
                      {}};
  auto index = std::make_shared<std::vector<std::pair<std::size_t, std::size_t>>>();
  for (std::size_t t = 0; t < results->size(); ++t)
    for (std::size_t c = 0; c < (*results)[t].comparisons.size(); ++c) index->emplace_back(t, c);
  table.n_rows = index->size();
  table.row = [results, index](std::uint64_t i) -> std::vector<QueryValue> {
    const TypeResult& r = (*results)[(*index)[i].first];
    const Comparison& c = r.comparisons[(*index)[i].second];
    const std::vector<double>&a = r.groups[c.first].values, &b = r.groups[c.second].values;
    const auto count = [](const std::vector<double>& v) { return static_cast<std::int64_t>(v.size()); };
    return {r.type.name,
            std::string(kGroupNames[c.first]),
            std::string(kGroupNames[c.second]),
            count(a),
            count(b),
            known(median(a)),
            known(median(b)),
            known(c.effect.difference),
            known(c.effect.values.low),
            known(c.effect.values.high),
            known(c.effect.clusters.low),
            known(c.effect.clusters.high),
            c.ks.statistic,
            c.ks.p};
  };
  return table;
}

/// What of each type was looked at and what the filters took, in their order.
AnalysisTable filter_table(const AnswerAbout& about, const Results& results) {
  AnalysisTable table{"mito-synapse_types", {{"type", SqlType::text, "", "cell type"}}, about, results->size(), {}};
  const std::vector<std::pair<const char*, const char*>> columns{
      {"cells_seen", "cells of the type"},
      {"removed_certainty", "cells below --min-certainty"},
      {"removed_axon", "cells below --min-axon-um"},
      {"removed_dendrite", "cells below --min-dendrite-um"},
      {"removed_soma", "cells below --min-soma-um"},
      {"removed_no_mitochondria", "cells without any"},
      {"cells", "cells that are left"},
      {"synapses_seen", "synapses of these cells"},
      {"removed_prob", "below --min-prob"},
      {"removed_own_side", "not on the cell's axon"},
      {"removed_partner", "not on the --partner compartment"},
      {"synapses", "synapses that are left"},
      {"control", "random places of the axons"}};
  for (const auto& [name, meaning] : columns) table.columns.push_back({name, SqlType::integer, "", meaning});
  table.columns.push_back({"median_area_um2", SqlType::real, "um2", "area of the mesh at which synapses are split"});
  table.row = [results](std::uint64_t i) {
    const TypeResult& r = (*results)[i];
    const auto& t = r.type;
    std::vector<QueryValue> row{t.name};
    for (const std::uint64_t n :
         {t.seen, t.removed.certainty, t.removed.axon, t.removed.dendrite, t.removed.soma, t.removed.no_mitochondria,
          t.cells, t.synapses_seen, t.removed.prob, t.removed.own_side, t.removed.partner,
          std::uint64_t{t.synapses.size()}, std::uint64_t{t.control.size()}})
      row.push_back(integer_or_unknown(true, n));
    row.push_back(known(r.median_area_um2));
    return row;
  };
  return table;
}

AnalysisTable sample_table(const AnswerAbout& about, const Results& results) {
  AnalysisTable table{"mito-synapse_samples",
                      {{"type", SqlType::text, "", "cell type"},
                       {"group", SqlType::text, "", "smaller, larger or control"},
                       {"cell", SqlType::integer, "", "cell"},
                       {"synapse", SqlType::integer, "", "row of syn_ssv; unknown for control"},
                       {"node", SqlType::integer, "", "of the cell's skeleton; unknown for synapses"},
                       {"area_um2", SqlType::real, "um2", "of the synapse's mesh"},
                       {"distance_um", SqlType::real, "um", "to the nearest mitochondrion of the cell"}},
                      about,
                      0,
                      {}};
  std::vector<std::uint64_t> first{0};
  for (const TypeResult& r : *results) first.push_back(first.back() + r.type.synapses.size() + r.type.control.size());
  table.n_rows = first.back();
  table.row = [results, first](std::uint64_t i) -> std::vector<QueryValue> {
    const auto t = static_cast<std::size_t>(std::upper_bound(first.begin(), first.end(), i) - first.begin()) - 1;
    const TypeResult& r = (*results)[t];
    const std::uint64_t k = i - first[t], n = r.type.synapses.size();
    const bool control = k >= n;
    const MitoSample& s = control ? r.type.control[k - n] : r.type.synapses[k];
    const char* group = kGroupNames[control ? kControl : s.area_um2 > r.median_area_um2 ? kLarger : kSmaller];
    return {r.type.name,
            std::string(group),
            static_cast<std::int64_t>(s.cell),
            integer_or_unknown(!control, s.place),
            integer_or_unknown(control, s.place),
            known(control ? std::nan("") : s.area_um2),
            s.distance_um};
  };
  return table;
}

std::string p_text(double p) { return p < 1e-300 ? "p < 1e-300" : format("p = %.2g", p); }

Chart panel(const TypeResult& r) {
  CumulativeCurves c{
      r.type.name + format(": synapses and mitochondria, %llu cells", static_cast<unsigned long long>(r.type.cells)),
      {"distance to the nearest mitochondrion of the cell (µm)"},
      {}};
  const std::array<std::string, 3> names{format("smaller synapses (≤ %.2f µm²)", r.median_area_um2),
                                         format("larger synapses (> %.2f µm²)", r.median_area_um2), "random places"};
  std::vector<double> all;
  for (std::size_t g = 0; g < 3; ++g) {
    c.series.push_back({names[g], r.groups[g].values});
    all.insert(all.end(), r.groups[g].values.begin(), r.groups[g].values.end());
  }
  std::sort(all.begin(), all.end());
  if (!all.empty()) c.x.most = std::max(quantile(all, 0.98), 0.1);
  for (const Comparison& k : r.comparisons) {
    c.notes.push_back(std::string(kGroupNames[k.first]) + " – " + kGroupNames[k.second] + ":");
    c.notes.push_back(
        format("  %+.3f µm (95 %% CI %+.3f to %+.3f)", k.effect.difference, k.effect.values.low, k.effect.values.high));
    c.notes.push_back(format("  KS D = %.3f, %s", k.ks.statistic, p_text(k.ks.p).c_str()));
  }
  return draw(c);
}

void note_filters(const std::vector<TypeResult>& results, const MitoSynapseQuestion& q, bool has_certainty,
                  bool has_prob, AnswerAbout& about) {
  for (const TypeResult& r : results) {
    const auto& t = r.type;
    const auto n = [](std::uint64_t count) { return std::to_string(count); };
    about.notes.push_back(t.name + ": " + n(t.cells) + " of " + n(t.seen) + " cells; removed by certainty < " +
                          format("%g", q.min_certainty) + ": " + n(t.removed.certainty) + ", axon < " +
                          format("%g um", q.min_axon_um) + ": " + n(t.removed.axon) + ", dendrite < " +
                          format("%g um", q.min_dendrite_um) + ": " + n(t.removed.dendrite) + ", soma < " +
                          format("%g um", q.min_soma_um) + ": " + n(t.removed.soma) +
                          ", no mitochondria: " + n(t.removed.no_mitochondria));
    about.notes.push_back(t.name + ": " + n(t.synapses.size()) + " of " + n(t.synapses_seen) +
                          " synapses; removed by prob < " + format("%g", q.min_prob) + ": " + n(t.removed.prob) +
                          ", not on its axon: " + n(t.removed.own_side) + ", partner not " + q.partner + ": " +
                          n(t.removed.partner));
  }
  if (!has_certainty) about.notes.push_back("cells have no cell_type_certainty: none was removed for it");
  if (!has_prob) about.notes.push_back("synapses have no prob: none was removed for it");
}

}  // namespace

Analysis mito_analysis(AnswerAbout about, std::vector<MitoType> types, const MitoSynapseQuestion& q, bool has_certainty,
                       bool has_prob) {
  auto results = std::make_shared<std::vector<TypeResult>>();
  std::string too_few;
  for (MitoType& t : types) {
    if (t.cells >= q.min_cells && t.synapses.size() >= 2)
      results->push_back(compared(std::move(t), q));
    else
      too_few += (too_few.empty() ? "" : "; ") + t.name + ": " + std::to_string(t.cells) + " of " +
                 std::to_string(t.seen) + " cells with " + std::to_string(t.synapses.size()) +
                 " synapses (removed: " + std::to_string(t.removed.certainty) + " by certainty, " +
                 std::to_string(t.removed.axon) + " by axon, " + std::to_string(t.removed.dendrite) + " by dendrite, " +
                 std::to_string(t.removed.soma) + " by soma)";
  }
  if (results->empty())
    throw Error(Category::input, "no cell type has " + std::to_string(q.min_cells) +
                                     " cells that meet the filters, and 2 synapses. " + too_few);
  note_filters(*results, q, has_certainty, has_prob, about);
  if (!too_few.empty()) about.notes.push_back("not compared, too few cells or synapses: " + too_few);
  about.notes.push_back("control: up to " + std::to_string(q.control_nodes) +
                        " axon nodes a cell, a random vertex of each; seed " + std::to_string(q.seed));
  std::vector<Chart> panels;
  for (const TypeResult& r : *results) panels.push_back(panel(r));
  return {{comparison_table(about, results), filter_table(about, results), sample_table(about, results)},
          chart_grid(panels, panels.size() > 2 ? 2 : 1)};
}

}  // namespace syconn
