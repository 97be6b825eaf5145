// SPDX-License-Identifier: GPL-3.0-or-later
// Synapses from type to type, and their sizes by group: from connectome.sqlite alone.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

#include "analysis_cells.h"
#include "syconn/algo/ks.h"
#include "syconn/algo/sample_statistics.h"
#include "syconn/core/error.h"
#include "syconn/io/connectome.h"
#include "syconn/io/query.h"
#include "syconn/io/sqlite_reader.h"
#include "syconn/stages/analyze.h"

namespace syconn {
namespace {

constexpr std::size_t kDrawnGroups = 6;

void need_column(const Connectome& connectome, const std::string& column, const std::string& stage) {
  if (!connectome.has_column("synapses", column))
    throw Error(Category::input,
                "'" + connectome.path().string() + "' has no synapses." + column + "; run stage " + stage + " first");
}

/// The stage that makes what a column of `synapses` shows.
std::string stage_of(const std::string& column) {
  if (column.ends_with("_type")) return "celltype, then tables,";
  if (column.ends_with("_comp")) return "pointcloud, then tables,";
  return "tables";
}

std::string name_of(const QueryColumn& column, const QueryValue& value) {
  if (const auto* code = std::get_if<std::int64_t>(&value)) {
    const auto found = column.names.find(*code);
    return found == column.names.end() ? std::to_string(*code) : found->second;
  }
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) {
    char shown[32];
    std::snprintf(shown, sizeof shown, "%g", *number);
    return shown;
  }
  return "unknown";
}

// --- types -----------------------------------------------------------------------------------------------------------

constexpr std::int64_t kNoType = 255;

struct TypePair {
  std::int64_t pre, post, n;
  double area_um2;
};

std::vector<TypePair> type_pairs(const Connectome& c, const std::string& base, const std::string& where) {
  std::vector<TypePair> pairs;
  SqliteQuery rows(c.path(),
                   "SELECT coalesce(pre_type, 255), coalesce(post_type, 255), count(*), total(area_um2) FROM "
                   "synapses WHERE " +
                       base + " AND " + sql_condition(parse_filter(where, c.columns("synapses"))) +
                       " GROUP BY 1, 2 ORDER BY 1, 2");
  while (rows.next()) pairs.push_back({rows.integer(0), rows.integer(1), rows.integer(2), rows.number(3)});
  return pairs;
}

AnalysisTable pair_table(const AnswerAbout& about, const std::vector<TypePair>& pairs,
                         const std::function<std::string(std::int64_t)>& name) {
  const SqlType text = SqlType::text, x = SqlType::real;
  AnalysisTable table{"types",
                      {{"pre_type", text, "", "presynaptic type"},
                       {"post_type", text, "", "postsynaptic type"},
                       {"n", SqlType::integer, "", "synapses"},
                       {"area_sum_um2", x, "um2", "their area"},
                       {"area_mean_um2", x, "um2", "of one"},
                       {"share_of_output", x, "", "of the synapses that the presynaptic type gives"},
                       {"share_of_input", x, "", "of those that the postsynaptic type receives"}},
                      about,
                      pairs.size(),
                      {}};
  std::map<std::int64_t, double> given, received;
  for (const TypePair& p : pairs)
    given[p.pre] += static_cast<double>(p.n), received[p.post] += static_cast<double>(p.n);
  table.row = [=](std::uint64_t i) -> std::vector<QueryValue> {
    const TypePair& p = pairs[i];
    const auto n = static_cast<double>(p.n);
    return {name(p.pre), name(p.post), p.n, p.area_um2, p.area_um2 / n, n / given.at(p.pre), n / received.at(p.post)};
  };
  return table;
}

std::string grouped_digits(std::int64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

HeatMap type_map(const std::vector<TypePair>& pairs, const std::function<std::string(std::int64_t)>& name, bool area) {
  std::map<std::int64_t, std::size_t> rows, columns;
  for (const TypePair& p : pairs) rows.emplace(p.pre, 0), columns.emplace(p.post, 0);
  HeatMap map;
  map.title = area ? "Mean area of the synapses" : "Synapses from type to type";
  map.row_label = "presynaptic", map.column_label = "postsynaptic";
  for (auto& [type, i] : rows) i = map.rows.size(), map.rows.push_back(name(type));
  for (auto& [type, i] : columns) i = map.columns.size(), map.columns.push_back(name(type));
  map.values.assign(rows.size() * columns.size(), std::nan(""));
  map.texts.assign(map.values.size(), "");
  for (const TypePair& p : pairs) {
    const std::size_t i = rows[p.pre] * columns.size() + columns[p.post];
    const double mean = p.area_um2 / static_cast<double>(p.n);
    char shown[32];
    std::snprintf(shown, sizeof shown, "%.2f", mean);
    map.values[i] = area ? mean : static_cast<double>(p.n);
    map.texts[i] = area ? std::string(shown) : grouped_digits(p.n);
  }
  map.log = !area;
  map.scale_label = area ? "mean area of a synapse (µm²)" : "synapses";
  return map;
}

// --- sizes -----------------------------------------------------------------------------------------------------------

struct SizeGroup {
  std::vector<QueryValue> key;
  std::string name;
  std::vector<double> values;  ///< ascending
  std::uint64_t not_positive = 0;
  LogNormal fit;
  bool fitted = false;
};
using Groups = std::shared_ptr<const std::vector<SizeGroup>>;

std::vector<SizeGroup> read_groups(const Connectome& c, const SizesQuestion& q) {
  const std::vector<QueryColumn>& columns = c.columns("synapses");
  std::string select;
  for (const std::string& name : q.by) select += sql_name(find_column(columns, name).name) + ", ";
  const std::string value = sql_name(find_column(columns, q.column).name);
  std::string order;
  for (std::size_t i = 0; i <= q.by.size(); ++i) order += (i > 0 ? ", " : "") + std::to_string(i + 1);
  SqliteQuery rows(c.path(), "SELECT " + select + value + " FROM synapses WHERE " + value + " IS NOT NULL AND " +
                                 sql_condition(parse_filter(q.where, columns)) + " ORDER BY " + order);
  std::vector<SizeGroup> groups;
  while (rows.next()) {
    std::vector<QueryValue> key;
    for (std::size_t i = 0; i < q.by.size(); ++i) key.push_back(value_of(rows, i));
    if (groups.empty() || groups.back().key != key) {
      groups.push_back({key, "", {}, 0, {}, false});
      for (std::size_t i = 0; i < q.by.size(); ++i)
        groups.back().name += (i > 0 ? " → " : "") + name_of(find_column(columns, q.by[i]), key[i]);
      if (q.by.empty()) groups.back().name = "all";
    }
    groups.back().values.push_back(rows.number(q.by.size()));
  }
  for (SizeGroup& g : groups) {
    g.not_positive =
        static_cast<std::uint64_t>(std::upper_bound(g.values.begin(), g.values.end(), 0.0) - g.values.begin());
    g.fitted = g.values.size() >= std::max<std::uint64_t>(q.min_n, 2) && g.not_positive == 0;
    if (g.fitted) g.fit = fit_log_normal(g.values);
  }
  return groups;
}

AnalysisTable size_table(const AnswerAbout& about, const Groups& groups, const Connectome& c, const SizesQuestion& q) {
  const std::vector<QueryColumn>& columns = c.columns("synapses");
  const std::string units = find_column(columns, q.column).units;
  AnalysisTable table{"sizes", {}, about, groups->size(), {}};
  for (const std::string& name : q.by) table.columns.push_back(find_column(columns, name));
  table.columns.push_back({"n", SqlType::integer, "", "synapses"});
  for (const char* name : {"mean", "q25", "median", "q75"})
    table.columns.push_back({name, SqlType::real, units, "of " + q.column});
  table.columns.push_back({"lognormal_mu", SqlType::real, "", "mean of ln(" + q.column + ")"});
  table.columns.push_back({"lognormal_sigma", SqlType::real, "", "standard deviation of ln(" + q.column + ")"});
  table.columns.push_back(
      {"lognormal_d", SqlType::real, "", "largest distance of the fit's distribution to the sample's"});
  table.row = [groups](std::uint64_t i) {
    const SizeGroup& g = (*groups)[i];
    double sum = 0;
    for (const double v : g.values) sum += v;
    std::vector<QueryValue> row = g.key;
    row.insert(row.end(), {static_cast<std::int64_t>(g.values.size()), sum / static_cast<double>(g.values.size()),
                           quantile(g.values, 0.25), quantile(g.values, 0.5), quantile(g.values, 0.75)});
    for (const double v : {g.fit.mu, g.fit.sigma, g.fit.distance}) row.push_back(known(g.fitted ? v : std::nan("")));
    return row;
  };
  return table;
}

AnalysisTable ks_table(const AnswerAbout& about, const Groups& groups, std::uint64_t min_n) {
  struct Pair {
    std::size_t a, b;
    KsTest test;
  };
  auto pairs = std::make_shared<std::vector<Pair>>();
  for (std::size_t a = 0; a < groups->size(); ++a)
    for (std::size_t b = a + 1; b < groups->size(); ++b)
      if ((*groups)[a].values.size() >= min_n && (*groups)[b].values.size() >= min_n)
        pairs->push_back({a, b, ks_test((*groups)[a].values, (*groups)[b].values)});
  std::vector<double> p;
  for (const Pair& pair : *pairs) p.push_back(pair.test.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  AnalysisTable table{"sizes_ks",
                      {{"first", SqlType::text, "", "group"},
                       {"second", SqlType::text, "", "group"},
                       {"n_first", SqlType::integer, "", "synapses"},
                       {"n_second", SqlType::integer, "", "synapses"},
                       {"ks_d", SqlType::real, "", "Kolmogorov-Smirnov, two-sided"},
                       {"ks_p", SqlType::real, "", "its asymptotic p"},
                       {"ks_p_holm", SqlType::real, "", "adjusted for the number of pairs (Holm 1979)"}},
                      about,
                      pairs->size(),
                      {}};
  table.row = [=](std::uint64_t i) -> std::vector<QueryValue> {
    const Pair& pair = (*pairs)[i];
    const SizeGroup &a = (*groups)[pair.a], &b = (*groups)[pair.b];
    return {a.name,
            b.name,
            static_cast<std::int64_t>(a.values.size()),
            static_cast<std::int64_t>(b.values.size()),
            pair.test.statistic,
            pair.test.p,
            adjusted[i]};
  };
  return table;
}

Chart size_figure(const std::vector<SizeGroup>& groups, const SizesQuestion& q, const std::string& units) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i].values.size() >= q.min_n) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return groups[a].values.size() > groups[b].values.size(); });
  std::string label = units.empty() ? q.column : q.column.substr(0, q.column.rfind("_" + units));
  std::replace(label.begin(), label.end(), '_', ' ');
  if (!units.empty()) label += " of a synapse (" + (units == "um2" ? "µm²" : units == "um3" ? "µm³" : units) + ")";
  Histogram h{"Sizes of synapses", {label, true}, {}};
  for (std::size_t k = 0; k < order.size() && k < kDrawnGroups; ++k) {
    const SizeGroup& g = groups[order[k]];
    h.series.push_back({g.name, g.values});
    if (g.fitted) h.series.back().model = [fit = g.fit](double x) { return fit.cumulative(x); };
  }
  h.notes.push_back("dashed: log-normal by maximum likelihood");
  if (order.size() > kDrawnGroups)
    h.notes.push_back("the largest " + std::to_string(kDrawnGroups) + " of " + std::to_string(order.size()) +
                      " groups");
  if (order.empty()) h.notes = {"no group has " + std::to_string(q.min_n) + " synapses"};
  return draw(h);
}

}  // namespace

Analysis analyze_types(const fs::path& run, const SynapsesQuestion& q) {
  const Connectome connectome(run);
  for (const char* column : {"pre_type", "post_type"}) need_column(connectome, column, stage_of(column));
  const std::string base = "pre_id IS NOT NULL AND post_id IS NOT NULL";
  AnswerAbout about = count_clauses(connectome, "synapses", base, q.where, "types");
  const std::vector<TypePair> pairs = type_pairs(connectome, base, q.where);
  const auto untyped = [](const TypePair& p) { return p.pre == kNoType && p.post == kNoType; };
  if (!pairs.empty() && std::all_of(pairs.begin(), pairs.end(), untyped))
    throw Error(Category::input,
                "'" + connectome.path().string() + "' knows no type of any cell; run stages celltype and tables first");
  about.notes.push_back("synapses with both partners known");
  const std::map<std::int64_t, std::string> names = connectome.cell_types();
  const std::function<std::string(std::int64_t)> name = [names](std::int64_t code) {
    const auto found = names.find(code);
    return code == kNoType ? "unknown" : found == names.end() ? "type " + std::to_string(code) : found->second;
  };
  const Chart figure =
      chart_grid({draw(type_map(pairs, name, false)), draw(type_map(pairs, name, true))}, pairs.size() > 64 ? 1 : 2);
  return {{pair_table(about, pairs, name)}, figure};
}

Analysis analyze_sizes(const fs::path& run, const SizesQuestion& q) {
  const Connectome connectome(run);
  for (const std::string& column : q.by) need_column(connectome, column, stage_of(column));
  need_column(connectome, q.column, "synapses");
  const QueryColumn& column = find_column(connectome.columns("synapses"), q.column);
  if (column.type == SqlType::text) throw Error(Category::usage, "--column '" + q.column + "' is text");
  AnswerAbout about = count_clauses(connectome, "synapses", sql_name(q.column) + " IS NOT NULL", q.where, "sizes");
  const Groups groups = std::make_shared<const std::vector<SizeGroup>>(read_groups(connectome, q));
  for (std::size_t i = 0; i < q.by.size(); ++i)
    if (!groups->empty() && std::all_of(groups->begin(), groups->end(), [i](const SizeGroup& g) {
          return std::holds_alternative<std::monostate>(g.key[i]);
        }))
      about.notes.push_back(q.by[i] + " is unknown of all synapses, so it makes no groups; run stage " +
                            stage_of(q.by[i]) + " to have it");
  about.notes.push_back("groups of fewer than " + std::to_string(q.min_n) + " synapses are neither fitted nor tested");
  return {{size_table(about, groups, connectome, q), ks_table(about, groups, q.min_n)},
          size_figure(*groups, q, column.units)};
}

}  // namespace syconn
