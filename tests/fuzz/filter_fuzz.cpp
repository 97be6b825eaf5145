// SPDX-License-Identifier: GPL-3.0-or-later
// Filters of queries: either an Error that points at a character of the text, or conditions that SQLite takes as one
// expression over the known columns.
#include <sqlite3.h>

#include "fuzz_target.h"
#include "syconn/core/error.h"
#include "syconn/io/filter.h"

namespace syconn::fuzz {
namespace {

const std::vector<QueryColumn> kColumns{
    {"id", SqlType::integer},
    {"prob", SqlType::real},
    {"name", SqlType::text},
    {"not", SqlType::real},
    {"post_comp", SqlType::integer, "", "", {{0, "shaft"}, {1, "spine_head"}, {2, "spine_neck"}}, {{"spine", {1, 2}}}}};

sqlite3* database() {
  static sqlite3* const db = [] {
    sqlite3* opened = nullptr;
    sqlite3_open(":memory:", &opened);
    sqlite3_exec(opened, "CREATE TABLE t (id INTEGER, prob REAL, name TEXT, \"not\" REAL, post_comp INTEGER)", nullptr,
                 nullptr, nullptr);
    sqlite3_exec(opened, "INSERT INTO t VALUES (1, 0.5, 'a', NULL, 2)", nullptr, nullptr, nullptr);
    return opened;
  }();
  return db;
}

void check_sql(const std::string& condition) {
  const std::string sql = "SELECT count(*) FROM t WHERE " + condition;
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(database(), sql.c_str(), static_cast<int>(sql.size()) + 1, &statement, &rest);
  if (code != SQLITE_OK) {
    // SQLite's own limits of depth are told by the query.
    const std::string message = sqlite3_errmsg(database());
    require(message.find("too large") != message.npos || message.find("overflow") != message.npos,
            "SQLite refuses " + condition + ": " + message);
    return;
  }
  require(rest != nullptr && *rest == '\0' && sqlite3_stmt_readonly(statement) != 0, "more than a condition: " + sql);
  require(sqlite3_step(statement) == SQLITE_ROW, "SQLite fails at " + sql);
  sqlite3_finalize(statement);
}

void check_error(const Error& error, const std::string& text) {
  require(error.category() == Category::usage, "an error that is no wrong usage");
  const std::string what = error.what();
  if (what == "filter: longer than 64 KiB") return;
  const std::size_t at = what.rfind("(character "), caret = what.rfind('^');
  require(at != what.npos && caret == what.size() - 1, "an error without a place: " + what);
  const unsigned long place = std::stoul(what.substr(at + 11));
  require(place >= 1 && place <= text.size() + 1, "an error beyond the text: " + what);
}

}  // namespace

std::vector<std::string> seeds() {
  return {"prob>=0.8 and post_comp==spine_head",
          "id in (1,2, 3) or not (name = 'it''s' and prob <> 1e-3)",
          "name is not null and post_comp not in (spine, shaft)",
          "\"x\"",
          "prob > ",
          "((id=1)",
          "not not prob<-.5",
          "post_comp != spine and id <= -9223372036854775808",
          "not = 1"};
}
std::vector<std::string> tokens() {
  return {"id",
          "prob",
          "name",
          "not",
          "post_comp",
          "spine",
          "shaft",
          " and ",
          " or ",
          " not ",
          " is ",
          "null",
          " in (",
          ")",
          "(",
          ",",
          "==",
          "=",
          "!=",
          "<>",
          "<",
          "<=",
          ">",
          ">=",
          "'",
          "\"",
          "''",
          "1",
          "0.8",
          "-1e3",
          "1e999",
          ".5",
          "+3",
          " ",
          "\t",
          "\n",
          "--",
          ";",
          "/*",
          "9223372036854775807",
          "-9223372036854775808",
          "18446744073709551616",
          "id=1 and ",
          "id=1 or "};
}

}  // namespace syconn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syconn;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    std::string all;
    for (const FilterClause& c : parse_filter(text, fuzz::kColumns)) {
      fuzz::require(text.find(c.text) != text.npos && !c.text.empty(), "a clause that is not in the text");
      fuzz::check_sql(c.sql);
      all += (all.empty() ? "" : " AND ") + c.sql;
    }
    if (!all.empty()) fuzz::check_sql(all);
  } catch (const Error& error) {
    fuzz::check_error(error, text);
  }
  return 0;
}
