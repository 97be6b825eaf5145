// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "analysis_cells.h"
#include "syconn/algo/sample_statistics.h"
#include "syconn/stages/analyze.h"

namespace syconn {
namespace {

struct CellMyelin {
  Id id = 0;
  std::uint8_t type = kUnknownLabel;
  double path_um = 0, myelin_um = 0, longest_um = 0;
  std::vector<double> stretches_um, gaps_um;
};

struct Sum {
  std::uint64_t cells = 0, with_myelin = 0;
  double path_um = 0, myelin_um = 0;
  std::vector<double> stretches_um, gaps_um;
};

using Cells = std::shared_ptr<const std::vector<CellMyelin>>;

CellMyelin measured(const AnalysisCells& cells, Id id, Row row, double max_node_um) {
  CellMyelin c;
  c.id = id, c.type = cells.type(row);
  const CellPath path = cells.path(id, row, false, true);
  for (const PathEdge& e : path.edges) c.path_um += e.length_nm / 1000;
  const auto n = static_cast<std::uint32_t>(path.nodes_nm.size());
  const MyelinStretches found = find_myelin_stretches(n, path.edges, 1000 * max_node_um);
  for (const MyelinStretch& s : found.stretches) c.stretches_um.push_back(s.length_nm / 1000);
  for (const MyelinGap& g : found.gaps) c.gaps_um.push_back(g.length_nm / 1000);
  for (const double um : c.stretches_um) c.myelin_um += um, c.longest_um = std::max(c.longest_um, um);
  return c;
}

std::map<std::uint8_t, Sum> by_type(const std::vector<CellMyelin>& cells) {
  std::map<std::uint8_t, Sum> sums;
  for (const CellMyelin& c : cells) {
    Sum& s = sums[c.type];
    ++s.cells, s.with_myelin += c.myelin_um > 0 ? 1 : 0;
    s.path_um += c.path_um, s.myelin_um += c.myelin_um;
    s.stretches_um.insert(s.stretches_um.end(), c.stretches_um.begin(), c.stretches_um.end());
    s.gaps_um.insert(s.gaps_um.end(), c.gaps_um.begin(), c.gaps_um.end());
  }
  for (auto& [type, s] : sums) {
    std::sort(s.stretches_um.begin(), s.stretches_um.end());
    std::sort(s.gaps_um.begin(), s.gaps_um.end());
  }
  return sums;
}

QueryValue share(double part, double all) { return known(all > 0 ? part / all : std::nan("")); }
std::int64_t count(const std::vector<double>& v) { return static_cast<std::int64_t>(v.size()); }

const std::vector<QueryColumn>& length_columns() {
  static const std::vector<QueryColumn> columns{{"path_um", SqlType::real, "um", "path length"},
                                                {"myelin_um", SqlType::real, "um", "of it under myelin"},
                                                {"myelin_share", SqlType::real, "", "of the path"},
                                                {"n_stretches", SqlType::integer, "", "myelinated stretches"},
                                                {"stretch_median_um", SqlType::real, "um", "their length"},
                                                {"longest_um", SqlType::real, "um", "the longest of them"},
                                                {"n_ranvier", SqlType::integer, "", "nodes of Ranvier"},
                                                {"gap_q25_um", SqlType::real, "um", "their lengths: lower quartile"},
                                                {"gap_median_um", SqlType::real, "um", "median"},
                                                {"gap_q75_um", SqlType::real, "um", "upper quartile"}};
  return columns;
}

/// Both ascending.
void add_lengths(double path_um, double myelin_um, const std::vector<double>& stretches,
                 const std::vector<double>& gaps, std::vector<QueryValue>& row) {
  const QueryValue longest = known(quantile(stretches, 1));
  row.insert(row.end(),
             {path_um, myelin_um, share(myelin_um, path_um), count(stretches), known(quantile(stretches, 0.5)), longest,
              count(gaps), known(quantile(gaps, 0.25)), known(quantile(gaps, 0.5)), known(quantile(gaps, 0.75))});
}

AnalysisTable type_table(const AnswerAbout& about, const std::map<std::uint8_t, Sum>& sums,
                         const AnalysisCells& names) {
  AnalysisTable table{"myelin",
                      {{"type", SqlType::text, "", "cell type"},
                       {"cells", SqlType::integer, "", "of the type"},
                       {"cells_with_myelin", SqlType::integer, "", "of them with a sheath"}},
                      about,
                      sums.size(),
                      {}};
  table.columns.insert(table.columns.end(), length_columns().begin(), length_columns().end());
  auto rows = std::make_shared<std::vector<std::vector<QueryValue>>>();
  for (const auto& [type, s] : sums) {
    std::vector<QueryValue> row{names.type_name(type), static_cast<std::int64_t>(s.cells),
                                static_cast<std::int64_t>(s.with_myelin)};
    add_lengths(s.path_um, s.myelin_um, s.stretches_um, s.gaps_um, row);
    rows->push_back(std::move(row));
  }
  table.row = [rows](std::uint64_t i) { return (*rows)[i]; };
  return table;
}

AnalysisTable cell_table(const AnswerAbout& about, const Cells& cells, const AnalysisCells& names) {
  AnalysisTable table{
      "myelin_cells",
      {{"cell", SqlType::integer, "", "cell"}, {"type", SqlType::integer, "", "cell type", names.type_names()}},
      about,
      cells->size(),
      {}};
  table.columns.insert(table.columns.end(), length_columns().begin(), length_columns().end());
  table.row = [cells](std::uint64_t i) {
    const CellMyelin& c = (*cells)[i];
    std::vector<QueryValue> row{static_cast<std::int64_t>(c.id), type_value(c.type)};
    std::vector<double> stretches = c.stretches_um;
    std::sort(stretches.begin(), stretches.end());
    add_lengths(c.path_um, c.myelin_um, stretches, c.gaps_um, row);
    return row;
  };
  return table;
}

AnalysisTable gap_table(const AnswerAbout& about, const Cells& cells) {
  AnalysisTable table{
      "myelin_nodes",
      {{"cell", SqlType::integer, "", "cell"}, {"gap_um", SqlType::real, "um", "bare path between two sheaths"}},
      about,
      0,
      {}};
  auto rows = std::make_shared<std::vector<std::pair<Id, double>>>();
  for (const CellMyelin& c : *cells)
    for (const double um : c.gaps_um) rows->emplace_back(c.id, um);
  table.n_rows = rows->size();
  table.row = [rows](std::uint64_t i) -> std::vector<QueryValue> {
    return {static_cast<std::int64_t>((*rows)[i].first), (*rows)[i].second};
  };
  return table;
}

Chart figure(const std::map<std::uint8_t, Sum>& sums, const AnalysisCells& names) {
  BarChart bars{"Share of the path under myelin", "share of the path", {}, {{"myelin", {}}}};
  Histogram stretches{"Myelinated stretches", {"length of a stretch (µm)", true}, {}};
  Histogram gaps{"Nodes of Ranvier", {"bare path between two sheaths (µm)"}, {}};
  for (const auto& [type, s] : sums) {
    bars.categories.push_back(names.type_name(type));
    bars.series[0].values.push_back(s.path_um > 0 ? s.myelin_um / s.path_um : 0);
    if (!s.stretches_um.empty()) stretches.series.push_back({names.type_name(type), s.stretches_um});
    if (!s.gaps_um.empty()) gaps.series.push_back({names.type_name(type), s.gaps_um});
  }
  for (Histogram* h : {&stretches, &gaps})
    if (h->series.empty()) h->notes.push_back("there are none");
  return chart_grid({draw(bars), draw(stretches), draw(gaps)}, 1);
}

}  // namespace

Analysis analyze_myelin(const fs::path& run, const MyelinQuestion& q) {
  const AnalysisCells cells(run, q.where);
  cells.need_myelin();
  auto measurements = std::make_shared<std::vector<CellMyelin>>();
  cells.for_each([&](Id id, Row row) { measurements->push_back(measured(cells, id, row, q.max_node_um)); });
  std::sort(measurements->begin(), measurements->end(),
            [](const CellMyelin& a, const CellMyelin& b) { return a.id < b.id; });
  AnswerAbout about = cells.about("myelin");
  about.notes.push_back(
      "an edge is under myelin if its node away from the root is; nodes of Ranvier: bare paths of at "
      "most " +
      std::to_string(std::lround(q.max_node_um)) + " um between two stretches");
  const Cells all = measurements;
  const std::map<std::uint8_t, Sum> sums = by_type(*all);
  return {{type_table(about, sums, cells), cell_table(about, all, cells), gap_table(about, all)}, figure(sums, cells)};
}

}  // namespace syconn
