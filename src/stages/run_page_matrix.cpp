// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>

#include "run_page_parts.h"
#include "syconn/io/query.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn::page {
namespace {

constexpr std::size_t kCells = 20, kTypes = 30;  ///< of the matrices
constexpr std::int64_t kConnections = 15;        ///< listed

HeatMap map_of(const Matrix& m, const std::vector<std::int64_t>& labels, const std::vector<std::string>& names) {
  HeatMap map;
  map.row_label = "from", map.column_label = "to";
  map.rows = map.columns = names;
  map.values.assign(labels.size() * labels.size(), 0);
  const auto place = [&](std::int64_t label) {
    return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
  };
  for (const MatrixEntry& e : m.entries)
    if (place(e.pre) < labels.size() && place(e.post) < labels.size())
      map.values[place(e.pre) * labels.size() + place(e.post)] = static_cast<double>(e.n);
  return map;
}

bool has_types(const Source& s) {
  if (!s.has("synapses", "pre_type")) return false;
  return SqliteQuery(s.tables->path(), "SELECT 1 FROM synapses WHERE pre_type IS NOT NULL LIMIT 1").next();
}

/// The types with most synapses, by code.
std::vector<std::int64_t> busiest_types(const Matrix& m) {
  std::map<std::int64_t, std::int64_t> n;
  for (const MatrixEntry& e : m.entries) n[e.pre] += e.n, n[e.post] += e.n;
  std::vector<std::int64_t> labels = m.labels;
  std::stable_sort(labels.begin(), labels.end(), [&](std::int64_t a, std::int64_t b) { return n[a] > n[b]; });
  if (labels.size() > kTypes) labels.resize(kTypes);
  std::sort(labels.begin(), labels.end());
  return labels;
}

std::string by_type(const Source& s) {
  MatrixQuestion question;
  question.by_type = true;
  const Matrix m = ask_matrix(*s.tables, question);
  const std::vector<std::int64_t> labels = busiest_types(m);
  std::vector<std::string> names;
  for (const std::int64_t code : labels) names.push_back(type_name(s, code));
  HeatMap map = map_of(m, labels, names);
  map.title = "Synapses between types of cells";
  for (const double n : map.values) map.texts.push_back(n > 0 ? count_text(static_cast<std::int64_t>(n)) : "");
  return html_figure(draw(map).svg(),
                     "Number of kept synapses of known direction from the row's type onto the column's" +
                         std::string(labels.size() < m.labels.size() ? ", of the types with most" : "") +
                         ". <code>syconn query matrix --by-type</code> gives the same as numbers.");
}

/// The cells with most synapses of known direction.
std::vector<std::int64_t> busiest(const Source& s) {
  SqliteQuery rows(s.tables->path(),
                   "SELECT cell, sum(n) FROM (SELECT pre_id AS cell, n_syn AS n FROM edges UNION ALL SELECT post_id, "
                   "n_syn FROM edges) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT " +
                       std::to_string(kCells));
  std::vector<std::int64_t> cells;
  while (rows.next()) cells.push_back(rows.integer(0));
  return cells;
}

std::string by_cell(const Source& s) {
  const std::vector<std::int64_t> cells = busiest(s);
  if (cells.empty()) return {};
  MatrixQuestion question;
  question.cells = cells;
  const Matrix m = ask_matrix(*s.tables, question);
  std::vector<std::string> names;
  for (const std::int64_t id : cells) names.push_back(std::to_string(id));
  HeatMap map = map_of(m, cells, names);
  map.title = "Synapses among the " + std::to_string(cells.size()) + " cells with most";
  map.scale_label = "synapses";
  return html_figure(draw(map).svg(),
                     "Number of kept synapses of known direction from the row's cell onto the column's; the cells are "
                     "named by their ids, those with most synapses first.");
}

std::string strongest(const Source& s) {
  if (!s.has("edges", "n_syn")) return {};
  const bool types = s.has("cells", "type") && !s.tables->cell_types().empty();
  HtmlTable table;
  table.caption = "Strongest connections";
  table.words = {true, true};
  table.heads = {"From", "To", "Synapses", "Total area (µm²)", "Mean probability"};
  const auto name = [&](std::int64_t id, bool typed, std::int64_t type) {
    return std::to_string(id) + (typed ? " " + escaped_markup(type_name(s, type)) : "");
  };
  const std::string type_of = types ? "coalesce((SELECT type FROM cells WHERE id = e.pre_id), 255), coalesce((SELECT "
                                      "type FROM cells WHERE id = e.post_id), 255)"
                                    : "255, 255";
  SqliteQuery rows(s.tables->path(),
                   "SELECT pre_id, post_id, n_syn, area_sum_um2, prob_mean, " + type_of +
                       " FROM edges e ORDER BY n_syn DESC, area_sum_um2 DESC, pre_id, post_id LIMIT " +
                       std::to_string(kConnections));
  while (rows.next())
    table.add({name(rows.integer(0), types, rows.integer(5)), name(rows.integer(1), types, rows.integer(6)),
               count_text(rows.integer(2)), measure_text(rows.number(3)), measure_text(rows.number(4))},
              "edge_" + std::to_string(rows.integer(0)) + "_" + std::to_string(rows.integer(1)));
  return table.rows.empty() ? std::string() : table.html();
}

}  // namespace

std::string matrix_html(const Source& s) {
  if (!s.tables) return {};
  const std::string map = has_types(s) ? by_type(s) : s.has("edges", "n_syn") ? by_cell(s) : std::string();
  const std::string list = strongest(s);
  if (map.empty() && list.empty()) return "<p>No synapse has a known direction: there is no connection to show.</p>\n";
  return map + list;
}

}  // namespace syconn::page
