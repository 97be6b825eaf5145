// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include "analysis_cells.h"
#include "syconn/algo/sample_statistics.h"
#include "syconn/core/compartments.h"
#include "syconn/stages/analyze.h"

namespace syconn {
namespace {

constexpr std::size_t kCodes = kCompartmentNames.size() + 1;  ///< the last: unknown
/// Rows of the answer: all of it, groups of compartments, then each.
constexpr std::size_t kParts = 3 + kCodes;

struct CellLengths {
  Id id = 0;
  std::uint8_t type = kUnknownLabel;
  std::array<double, kCodes> um{};

  double part(std::size_t k) const {
    if (k == 0) return std::accumulate(um.begin(), um.end(), 0.0);
    if (k == 1) return um[0] + um[1] + um[2];
    if (k == 2) return um[3] + um[4] + um[5];
    return um[k - 3];
  }
};

std::string part_name(std::size_t k) {
  if (k < 3) return std::array{"path", "dendrite", "any_axon"}[k];
  return k - 3 < kCompartmentNames.size() ? kCompartmentNames[k - 3] : "unknown";
}

using Lengths = std::shared_ptr<const std::vector<CellLengths>>;

/// Cells of each type, by code.
std::map<std::uint8_t, std::vector<std::size_t>> by_type(const std::vector<CellLengths>& cells) {
  std::map<std::uint8_t, std::vector<std::size_t>> rows;
  for (std::size_t i = 0; i < cells.size(); ++i) rows[cells[i].type].push_back(i);
  return rows;
}

AnalysisTable cell_table(const AnswerAbout& about, const Lengths& cells, const AnalysisCells& names) {
  AnalysisTable table{"path-length_cells", {{"cell", SqlType::integer, "", "cell"}}, about, cells->size(), {}};
  table.columns.push_back({"type", SqlType::integer, "", "cell type", names.type_names()});
  for (std::size_t k = 0; k < kParts; ++k)
    table.columns.push_back({part_name(k) + "_um", SqlType::real, "um", "path length"});
  table.row = [cells](std::uint64_t i) {
    const CellLengths& c = (*cells)[i];
    std::vector<QueryValue> row{static_cast<std::int64_t>(c.id), type_value(c.type)};
    for (std::size_t k = 0; k < kParts; ++k) row.push_back(known(c.part(k)));
    return row;
  };
  return table;
}

AnalysisTable type_table(const AnswerAbout& about, const Lengths& cells, const AnalysisCells& names) {
  const SqlType x = SqlType::real;
  AnalysisTable table{
      "path-length",
      {{"type", SqlType::text, "", "cell type"},
       {"compartment", SqlType::text, "", "path: all; dendrite: shaft and spines; any_axon: with boutons"},
       {"cells", SqlType::integer, "", "of the type"},
       {"sum_um", x, "um", "of all of them"},
       {"share", x, "", "of their path"},
       {"mean_um", x, "um", "a cell"},
       {"q25_um", x, "um", "lower quartile of the cells"},
       {"median_um", x, "um", "of the cells"},
       {"q75_um", x, "um", "upper quartile"}},
      about,
      0,
      {}};
  auto rows = std::make_shared<std::vector<std::vector<QueryValue>>>();
  for (const auto& [type, members] : by_type(*cells)) {
    double all = 0;
    for (const std::size_t i : members) all += (*cells)[i].part(0);
    for (std::size_t k = 0; k < kParts; ++k) {
      std::vector<double> um;
      for (const std::size_t i : members) um.push_back((*cells)[i].part(k));
      std::sort(um.begin(), um.end());
      const double sum = std::accumulate(um.begin(), um.end(), 0.0);
      rows->push_back({names.type_name(type), part_name(k), static_cast<std::int64_t>(um.size()), sum,
                       known(all > 0 ? sum / all : std::nan("")), sum / static_cast<double>(um.size()),
                       quantile(um, 0.25), quantile(um, 0.5), quantile(um, 0.75)});
    }
  }
  table.n_rows = rows->size();
  table.row = [rows](std::uint64_t i) { return (*rows)[i]; };
  return table;
}

Chart figure(const std::vector<CellLengths>& cells, const AnalysisCells& names) {
  BarChart bars{"Mean path length of a cell", "path length (µm)", {}, {}, true};
  CumulativeCurves curves{"Path length of the cells", {"path length of a cell (µm)", true}, {}};
  for (std::size_t k = 3; k < kParts; ++k) bars.series.push_back({part_name(k), {}});
  for (const auto& [type, members] : by_type(cells)) {
    bars.categories.push_back(names.type_name(type));
    curves.series.push_back({names.type_name(type), {}});
    for (const std::size_t i : members) curves.series.back().values.push_back(cells[i].part(0));
    for (std::size_t k = 3; k < kParts; ++k) {
      double sum = 0;
      for (const std::size_t i : members) sum += cells[i].part(k);
      bars.series[k - 3].values.push_back(sum / static_cast<double>(members.size()));
    }
  }
  std::erase_if(bars.series, [](const BarSeries& s) {
    return std::all_of(s.values.begin(), s.values.end(), [](double v) { return v == 0; });
  });
  return chart_grid({draw(bars), draw(curves)}, 1);
}

}  // namespace

Analysis analyze_path_length(const fs::path& run, const CellsQuestion& q) {
  const AnalysisCells cells(run, q.where);
  cells.need_compartments();
  auto lengths = std::make_shared<std::vector<CellLengths>>();
  cells.for_each([&](Id id, Row row) {
    CellLengths c{id, cells.type(row), {}};
    const CellPath path = cells.path(id, row, true, false);
    for (const PathEdge& e : path.edges) c.um[std::min<std::size_t>(path.comp[e.b], kCodes - 1)] += e.length_nm / 1000;
    lengths->push_back(c);
  });
  std::sort(lengths->begin(), lengths->end(), [](const CellLengths& a, const CellLengths& b) { return a.id < b.id; });
  AnswerAbout about = cells.about("path-length");
  about.notes.push_back("an edge counts for the compartment of its node away from the root; bridges do not count");
  const Lengths all = lengths;
  return {{type_table(about, all, cells), cell_table(about, all, cells)}, figure(*all, cells)};
}

}  // namespace syconn
