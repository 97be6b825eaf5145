// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <set>

#include "syconn/core/error.h"
#include "syconn/io/query.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {
namespace {

void require_cell(const Connectome& connectome, std::int64_t cell) {
  SqliteQuery row(connectome.path(), "SELECT 1 FROM cells WHERE id = " + std::to_string(cell));
  if (!row.next())
    throw Error(Category::usage, "'" + connectome.path().string() + "' has no cell " + std::to_string(cell));
}

/// One way to be a partner: whose synapses, and which column is the partner.
struct Side {
  const char* name;
  std::string base, partner;
  const char* met_on;  ///< compartment that tells what the synapse is on
};

std::vector<Side> sides_of(const Connectome& connectome, const std::string& direction, std::int64_t cell) {
  const std::string id = std::to_string(cell);
  std::vector<Side> sides;
  // A '+' keeps SQLite from the index of pre_id, which would walk all synapses without a direction.
  if (direction == "out" || direction == "all") sides.push_back({"out", "pre_id = " + id, "post_id", "post_comp"});
  if (direction == "in" || direction == "all") sides.push_back({"in", "post_id = " + id, "pre_id", "post_comp"});
  if ((direction == "undirected" || direction == "all") && connectome.has_column("synapses", "cell_a"))
    sides.push_back({"undirected", "+pre_id IS NULL AND cell_a = " + id + ") OR (+pre_id IS NULL AND cell_b = " + id,
                     "CASE WHEN cell_a = " + id + " THEN cell_b ELSE cell_a END", nullptr});
  if (sides.empty()) throw Error(Category::usage, "direction '" + direction + "': give out, in, undirected or all");
  return sides;
}

/// The aggregates of one side as SQL; absent columns are null.
std::string partner_columns(const Connectome& connectome, const Side& side) {
  const auto has = [&](const char* column) { return connectome.has_column("synapses", column); };
  std::string sql = "count(*) AS n";
  sql += has("area_um2") ? ", sum(area_um2), avg(area_um2)" : ", NULL, NULL";
  sql += has("prob") ? ", avg(prob), total(coalesce(prob, 1)), sqrt(total(coalesce(prob * (1 - prob), 0)))"
                     : ", NULL, NULL, NULL";
  const bool comp = side.met_on != nullptr && has(side.met_on);
  for (const char* codes : {"1,2", "0", "6", "3,4,5"})
    sql += comp ? std::string(", sum(CASE WHEN ") + side.met_on + " IN (" + codes + ") THEN 1 ELSE 0 END)" : ", NULL";
  return sql;
}

std::vector<QueryColumn> partner_head(const Connectome& connectome) {
  return {{"direction", SqlType::text, "", "out: the cell gives"},
          {"partner", SqlType::integer, "", "cell; null: not in the dataset"},
          {"type", SqlType::integer, "", "type of the partner", connectome.cell_types()},
          {"n", SqlType::integer, "", "synapses"},
          {"area_sum_um2", SqlType::real, "um2", "sum of their areas"},
          {"area_mean_um2", SqlType::real, "um2", "mean of their areas"},
          {"prob_mean", SqlType::real, "", "mean probability"},
          {"n_expected", SqlType::real, "", "sum of the probabilities"},
          {"n_sd", SqlType::real, "", "standard deviation of the count by the probabilities"},
          {"n_on_spine", SqlType::integer, "", "on spine heads and necks of the postsynaptic cell"},
          {"n_on_shaft", SqlType::integer, "", "on shafts"},
          {"n_on_soma", SqlType::integer, "", "on the soma"},
          {"n_on_axon", SqlType::integer, "", "on axons"}};
}

}  // namespace

void ask_partners(const Connectome& connectome, const PartnersQuestion& q, AnswerSink& answer) {
  require_cell(connectome, q.cell);
  const std::vector<Side> sides = sides_of(connectome, q.direction, q.cell);
  const std::vector<FilterClause> clauses = parse_filter(q.where, connectome.columns("synapses"));
  std::string base;
  for (const Side& side : sides) base += (base.empty() ? "((" : " OR (") + side.base + ")";
  base += ")";
  const AnswerAbout about = count_clauses(connectome, "synapses", base, q.where,
                                          "partners of cell " + std::to_string(q.cell) + " (" + q.direction + ")");
  answer.begin(partner_head(connectome), about);
  const bool typed = connectome.has_column("cells", "type");
  for (const Side& side : sides) {
    const std::string inner = "SELECT " + side.partner + " AS partner, " + partner_columns(connectome, side) +
                              " FROM synapses WHERE ((" + side.base + ")) AND " + sql_condition(clauses) +
                              " GROUP BY 1 HAVING n >= " + std::to_string(q.min_synapses);
    SqliteQuery rows(connectome.path(), std::string("SELECT g.partner, ") + (typed ? "c.type" : "NULL") +
                                            ", g.* FROM (" + inner +
                                            ") g LEFT JOIN cells c ON c.id = g.partner "
                                            "ORDER BY g.n DESC, 5 DESC, g.partner");
    std::vector<QueryValue> values(13);
    while (rows.next()) {
      values[0] = std::string(side.name);
      values[1] = value_of(rows, 0), values[2] = value_of(rows, 1);
      for (std::size_t i = 3; i < values.size(); ++i) values[i] = value_of(rows, i);  // past the partner once more
      answer.row(values);
    }
  }
  answer.end();
}

void ask_common(const Connectome& connectome, const CommonQuestion& q, AnswerSink& answer) {
  if (q.direction != "out" && q.direction != "in")
    throw Error(Category::usage, "direction '" + q.direction + "': give out or in");
  const std::set<std::int64_t> cells(q.cells.begin(), q.cells.end());
  if (cells.size() < 2) throw Error(Category::usage, "common partners: give two different cells or more");
  for (const std::int64_t cell : cells) require_cell(connectome, cell);
  const std::string self = q.direction == "out" ? "pre_id" : "post_id",
                    partner = q.direction == "out" ? "post_id" : "pre_id";
  std::string list;
  for (const std::int64_t cell : cells) list += (list.empty() ? "" : ",") + std::to_string(cell);
  const std::string base = self + " IN (" + list + ")";
  const std::string condition = sql_condition(parse_filter(q.where, connectome.columns("synapses")));
  answer.begin(
      {{"partner", SqlType::integer, "", "cell"},
       {"type", SqlType::integer, "", "its type", connectome.cell_types()},
       {"cell", SqlType::integer, "", "one of the cells asked for"},
       {"n", SqlType::integer, "", "synapses between them"}},
      count_clauses(connectome, "synapses", base, q.where, "common partners (" + q.direction + ") of " + list));
  const std::string pairs =
      "SELECT " + partner + " AS partner, " + self + " AS cell, count(*) AS n FROM synapses WHERE " + base + " AND " +
      partner + " IS NOT NULL AND " + condition + " GROUP BY 1, 2 HAVING n >= " + std::to_string(q.min_synapses);
  const std::string common =
      "SELECT partner, sum(n) AS total FROM pairs GROUP BY partner HAVING count(*) = " + std::to_string(cells.size());
  SqliteQuery rows(connectome.path(),
                   "WITH pairs AS MATERIALIZED (" + pairs + "), common AS (" + common + ") SELECT p.partner, " +
                       (connectome.has_column("cells", "type") ? "t.type" : "NULL") +
                       ", p.cell, p.n FROM pairs p JOIN common c ON c.partner = p.partner "
                       "LEFT JOIN cells t ON t.id = p.partner ORDER BY c.total DESC, p.partner, p.cell");
  std::vector<QueryValue> values(4);
  while (rows.next()) {
    for (std::size_t i = 0; i < 4; ++i) values[i] = value_of(rows, i);
    answer.row(values);
  }
  answer.end();
}

}  // namespace syconn
