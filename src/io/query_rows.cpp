// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <bit>

#include "syconn/core/error.h"
#include "syconn/core/nearest_word.h"
#include "syconn/io/query.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {

std::string sql_condition(const std::vector<FilterClause>& clauses) {
  std::string sql;
  for (const FilterClause& c : clauses) sql += (sql.empty() ? "" : " AND ") + c.sql;
  return sql.empty() ? "1" : sql;
}

CountedFilter::CountedFilter(const Connectome& connectome, const std::string& table, const std::string& where)
    : run_(connectome.run_id()),
      clauses_(parse_filter(where, connectome.columns(table))),
      passes_(clauses_.size() + 1) {}

std::string CountedFilter::condition(const std::string& base) const {
  // AND promises no order, and SQLite asks first what an index answers: CASE keeps it. The base outside is for indices.
  std::string sql = "(" + base + ") AND CASE WHEN (" + base + ") IS NOT TRUE OR NOT passed(0, 1) THEN 0";
  for (std::size_t k = 0; k < clauses_.size(); ++k)
    sql += " WHEN NOT passed(" + std::to_string(k + 1) + ", " + clauses_[k].sql + ") THEN 0";
  return sql + " ELSE 1 END";
}

AnswerAbout CountedFilter::about(const std::string& question) const {
  AnswerAbout about{question, run_, passes_[0].asked, {}, {}};
  for (std::size_t k = 0; k < clauses_.size(); ++k)
    about.clauses.push_back({clauses_[k].text, passes_[k + 1].asked - passes_[k + 1].met});
  return about;
}

QueryValue value_of(const SqliteQuery& row, std::size_t column) {
  if (row.is_null(column)) return {};
  switch (row.type(column)) {
    case SqlType::integer:
      return row.integer(column);
    case SqlType::real:
      return row.number(column);
    default:
      return row.text(column);
  }
}

AnswerAbout count_clauses(const Connectome& connectome, const std::string& table, const std::string& base,
                          const std::string& where, const std::string& question) {
  const std::vector<FilterClause> clauses = parse_filter(where, connectome.columns(table));
  AnswerAbout about{question, connectome.run_id(), 0, {}, {}};
  std::string sql = "SELECT count(*)", met = "1";
  for (const FilterClause& c : clauses) {
    met += " AND " + c.sql;
    sql += ", sum(CASE WHEN " + met + " THEN 1 ELSE 0 END)";
  }
  SqliteQuery row(connectome.path(), sql + " FROM " + sql_name(table) + " WHERE " + base);
  row.next();
  std::uint64_t left = about.rows = static_cast<std::uint64_t>(row.integer(0));
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    const auto met_n = static_cast<std::uint64_t>(row.integer(i + 1));
    about.clauses.push_back({clauses[i].text, left - met_n});
    left = met_n;
  }
  return about;
}

namespace {

/// A column of the answer and what computes it.
struct AskedColumn {
  QueryColumn column;
  std::string sql;
};

AskedColumn aggregate(const std::vector<QueryColumn>& columns, const std::string& text) {
  if (text == "n") return {{"n", SqlType::integer, "", "rows"}, "count(*)"};
  const std::size_t open = text.find('(');
  if (open == text.npos || text.back() != ')')
    throw Error(Category::usage,
                "aggregate '" + text + "': give n, or F(COLUMN) with F of sum, mean, std, median, min, max, n");
  const std::string f = text.substr(0, open), name = text.substr(open + 1, text.size() - open - 2);
  static const std::vector<std::pair<std::string, std::string>> known{
      {"sum", "total"}, {"mean", "avg"}, {"std", "std"}, {"median", "median"},
      {"min", "min"},   {"max", "max"},  {"n", "count"}};
  const auto found = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.first == f; });
  if (found == known.end()) {
    std::vector<std::string> names;
    for (const auto& k : known) names.push_back(k.first);
    throw Error(Category::usage, "aggregate '" + text + "': no '" + f + "'." + did_you_mean(f, names));
  }
  const QueryColumn& c = find_column(columns, name);
  if (c.type == SqlType::text && f != "n")
    throw Error(Category::usage, "aggregate '" + text + "': '" + name + "' is text");
  QueryColumn out{f + "_" + name, SqlType::real, c.units, f + " of " + c.description};
  if (f == "n") out.type = SqlType::integer, out.units = "";
  if (f == "min" || f == "max") out.type = c.type, out.names = c.names;
  return {out, found->second + "(" + sql_name(name) + ")"};
}

std::vector<AskedColumn> asked_columns(const std::vector<QueryColumn>& columns, const RowsQuestion& q) {
  std::vector<AskedColumn> out;
  if (q.group_by.empty() && q.aggregates.empty()) {
    for (const QueryColumn& c : columns)
      if (q.columns.empty()) out.push_back({c, sql_name(c.name)});
    for (const std::string& name : q.columns) out.push_back({find_column(columns, name), sql_name(name)});
    return out;
  }
  if (!q.columns.empty()) throw Error(Category::usage, "groups have aggregates, no columns");
  for (const std::string& name : q.group_by) out.push_back({find_column(columns, name), sql_name(name)});
  for (const std::string& text : q.aggregates) out.push_back(aggregate(columns, text));
  if (q.aggregates.empty()) out.push_back(aggregate(columns, "n"));
  return out;
}

std::string order_of(const std::vector<AskedColumn>& asked, const std::vector<QueryColumn>& columns,
                     const RowsQuestion& q, bool grouped) {
  std::string sql;
  const auto add = [&](const std::string& term) { sql += (sql.empty() ? " ORDER BY " : ", ") + term; };
  for (std::string name : q.order_by) {
    const bool down = !name.empty() && name.front() == '-';
    if (down) name.erase(0, 1);
    const auto found = std::find_if(asked.begin(), asked.end(), [&](const auto& a) { return a.column.name == name; });
    if (found != asked.end())
      add(found->sql + (down ? " DESC" : ""));
    else if (!grouped)
      add(sql_name(find_column(columns, name).name) + (down ? " DESC" : ""));
    else
      throw Error(Category::usage, "order by '" + name + "': not a column of this answer");
  }
  // Ties, and everything without another order, by the key: the first column, or the first two.
  std::vector<std::string> key{columns.at(0).name};
  if (key[0] != "id" && columns.size() > 1) key.push_back(columns[1].name);
  for (const std::string& name : grouped ? q.group_by : key) add(sql_name(name));
  return sql;
}

void put_rows(SqliteQuery& rows, std::size_t n_columns, AnswerSink& answer) {
  std::vector<QueryValue> values(n_columns);
  while (rows.next()) {
    for (std::size_t i = 0; i < n_columns; ++i) values[i] = value_of(rows, i);
    answer.row(values);
  }
}

/// SQLite may leave a scan before its end: at a limit, and for the least or largest value along an index.
bool may_stop_early(const RowsQuestion& q) {
  return q.limit >= 0 || (q.group_by.empty() && q.aggregates.size() == 1 &&
                          (q.aggregates[0].starts_with("min(") || q.aggregates[0].starts_with("max(")));
}

/// Rows of an answer, 9 bytes a value besides texts.
class HeldRows {
 public:
  explicit HeldRows(std::size_t width) : width_(width) {}

  void add(const QueryValue& value) {
    std::uint64_t bits = 0;
    if (const auto* integer = std::get_if<std::int64_t>(&value))
      bits = std::bit_cast<std::uint64_t>(*integer);
    else if (const auto* real = std::get_if<double>(&value))
      bits = std::bit_cast<std::uint64_t>(*real);
    else if (const auto* text = std::get_if<std::string>(&value))
      bits = text->size(), texts_ += *text;
    kinds_.push_back(static_cast<std::uint8_t>(value.index())), bits_.push_back(bits);
  }
  std::size_t bytes() const { return 9 * kinds_.size() + texts_.size(); }
  void put(AnswerSink& answer) const {
    std::vector<QueryValue> values(width_);
    std::size_t text = 0;
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      QueryValue& v = values[i % width_];
      switch (kinds_[i]) {
        case 0:
          v = std::monostate();
          break;
        case 1:
          v = std::bit_cast<std::int64_t>(bits_[i]);
          break;
        case 2:
          v = std::bit_cast<double>(bits_[i]);
          break;
        default:
          v = texts_.substr(text, bits_[i]), text += bits_[i];
      }
      if (i % width_ + 1 == width_) answer.row(values);
    }
  }

 private:
  std::size_t width_;
  std::vector<std::uint8_t> kinds_;  ///< place in QueryValue
  std::vector<std::uint64_t> bits_;  ///< the number, or the length of the text
  std::string texts_;
};

struct FilteredRows {
  const RowsQuestion& asked;
  std::string question;
  const std::vector<QueryColumn>& head;
  std::string select, rest;  ///< what stands before and after the condition
};

/// An answer says first how many rows each clause removed, which is known only behind the last row: rows are held until
/// then. Of an answer too large for that the clauses are counted by a scan of their own, and the rest is streamed.
void answer_in_one_scan(const Connectome& connectome, const FilteredRows& q, AnswerSink& answer) {
  CountedFilter filter(connectome, q.asked.table, q.asked.where);
  SqliteQuery rows(connectome.path(), q.select + filter.condition(q.asked.base) + q.rest, filter.passes());
  const std::size_t width = q.head.size();
  HeldRows held(width);
  bool more = false;
  while (held.bytes() < q.asked.held_bytes && (more = rows.next()))
    for (std::size_t i = 0; i < width; ++i) held.add(value_of(rows, i));
  answer.begin(q.head, more ? count_clauses(connectome, q.asked.table, q.asked.base, q.asked.where, q.question)
                            : filter.about(q.question));
  held.put(answer);
  if (more) put_rows(rows, width, answer);
}

}  // namespace

void ask_rows(const Connectome& connectome, const RowsQuestion& q, AnswerSink& answer) {
  const std::vector<QueryColumn>& columns = connectome.columns(q.table);
  const bool grouped = !q.group_by.empty() || !q.aggregates.empty();
  const std::vector<AskedColumn> asked = asked_columns(columns, q);
  const std::string order = order_of(asked, columns, q, grouped);
  std::string select, rest;
  std::vector<QueryColumn> head;
  for (const AskedColumn& a : asked) select += (select.empty() ? "SELECT " : ", ") + a.sql, head.push_back(a.column);
  for (const std::string& name : q.group_by) rest += (rest.empty() ? " GROUP BY " : ", ") + sql_name(name);
  select += " FROM " + sql_name(q.table) + " WHERE ", rest += order;
  const std::vector<FilterClause> clauses = parse_filter(q.where, columns);
  const std::string question = (grouped ? "groups of " : "") + q.table;
  if (clauses.empty() || may_stop_early(q)) {
    if (q.limit >= 0) rest += " LIMIT " + std::to_string(q.limit) + " OFFSET " + std::to_string(q.offset);
    answer.begin(head, count_clauses(connectome, q.table, q.base, q.where, question));
    SqliteQuery rows(connectome.path(), select + "(" + q.base + ") AND " + sql_condition(clauses) + rest);
    put_rows(rows, head.size(), answer);
  } else {
    answer_in_one_scan(connectome, {q, question, head, select, rest}, answer);
  }
  answer.end();
}

}  // namespace syconn
