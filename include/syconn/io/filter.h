// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "syconn/io/sqlite_writer.h"

namespace syconn {

/// A column of a connectome table as queries see it.
struct QueryColumn {
  std::string name;
  SqlType type = SqlType::integer;
  std::string units = {}, description = {};
  std::map<std::int64_t, std::string> names = {};                ///< of its codes, where it holds codes
  std::map<std::string, std::vector<std::int64_t>> groups = {};  ///< words for several codes
};

/// One of the conditions that a filter joins with `and` at its top level.
struct FilterClause {
  std::string text;  ///< as written
  std::string sql;   ///< safe to put into a statement: known columns, literals of our own making
};

/// Reads a filter, such as
///   prob>=0.8 and post_comp==spine_head and pre_type in (GP,MSN) and not (area_um2 < 0.1 or mito_dist_nm is null)
///   condition: COLUMN (== | = | != | <> | < | <= | > | >=) VALUE, COLUMN [not] in (VALUE, …), COLUMN is [not] null
///   joined by and, or, not and parentheses (and binds tighter); words in any case
///   VALUE: a number, a word or 'quoted text' (quotes doubled inside); columns of codes take names or codes.
/// Unknown (null) values meet no comparison, nor its negation, as in SQL.
/// Empty text: no clauses. Throws Error{usage}: what is wrong, the text, and a caret under the character.
std::vector<FilterClause> parse_filter(const std::string& text, const std::vector<QueryColumn>& columns);

/// The column of that name; Error{usage} with the nearest known name.
const QueryColumn& find_column(const std::vector<QueryColumn>& columns, const std::string& name);
/// "name" for SQL.
std::string sql_name(const std::string& name);
/// 'text' for SQL.
std::string sql_text(const std::string& text);

}  // namespace syconn
