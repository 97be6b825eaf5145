// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/sqlite_reader.h"

#include <sqlite3.h>

#include <chrono>
#include <limits>

#include "sqlite_statistics.h"
#include "syconn/core/error.h"

namespace syconn {

struct SqliteQuery::Impl {
  fs::path path;
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::vector<std::string> columns;
  double deadline_s = 0;

  ~Impl() {
    sqlite3_finalize(statement);
    sqlite3_close_v2(db);
  }
  void check(int code) const {
    if (code == SQLITE_OK) return;
    if (code == SQLITE_INTERRUPT) throw Error(Category::retry, "the question takes too long; ask for less");
    throw Error(Category::input,
                "'" + path.string() + "': SQLite: " + (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code)));
  }
};

namespace {

/// Steady seconds at which statements of this thread end; 0: never.
thread_local double g_deadline_s = 0;

double steady_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
int is_late(void* deadline_s) { return steady_s() > *static_cast<const double*>(deadline_s) ? 1 : 0; }

void passed(sqlite3_context* context, int, sqlite3_value** values) {
  auto& passes = *static_cast<std::vector<PassCount>*>(sqlite3_user_data(context));
  const sqlite3_int64 k = sqlite3_value_int64(values[0]);
  if (k < 0 || static_cast<std::size_t>(k) >= passes.size())
    return sqlite3_result_error(context, "passed(): no such count", -1);
  PassCount& count = passes[static_cast<std::size_t>(k)];
  // Conditions are integers or null; of numbers SQLite takes all but 0 as met.
  const bool met = sqlite3_value_double(values[1]) != 0;
  ++count.asked, count.met += met;
  sqlite3_result_int(context, met);
}

}  // namespace

QueryTimeLimit::QueryTimeLimit(double seconds) { g_deadline_s = steady_s() + seconds; }
QueryTimeLimit::~QueryTimeLimit() { g_deadline_s = 0; }

SqliteQuery::SqliteQuery(const fs::path& path, const std::string& sql, std::vector<PassCount>* passes)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->check(sqlite3_open_v2(path.c_str(), &impl_->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr));
  impl_->check(register_statistics(impl_->db));
  if (g_deadline_s > 0) {
    constexpr int kInstructions = 10000;  // between two looks at the clock
    impl_->deadline_s = g_deadline_s;
    sqlite3_progress_handler(impl_->db, kInstructions, is_late, &impl_->deadline_s);
  }
  if (passes != nullptr)  // not deterministic: asked anew for each row
    impl_->check(
        sqlite3_create_function_v2(impl_->db, "passed", 2, SQLITE_UTF8, passes, passed, nullptr, nullptr, nullptr));
  impl_->check(sqlite3_prepare_v2(impl_->db, sql.c_str(), static_cast<int>(sql.size()), &impl_->statement, nullptr));
  if (impl_->statement == nullptr) throw Error(Category::input, "'" + path.string() + "': an empty SQL statement");
  for (int i = 0; i < sqlite3_column_count(impl_->statement); ++i)
    impl_->columns.emplace_back(sqlite3_column_name(impl_->statement, i));
}
SqliteQuery::~SqliteQuery() = default;

const std::vector<std::string>& SqliteQuery::columns() const { return impl_->columns; }

bool SqliteQuery::next() {
  const int code = sqlite3_step(impl_->statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) impl_->check(code);
  return false;
}

bool SqliteQuery::is_null(std::size_t column) const {
  return sqlite3_column_type(impl_->statement, static_cast<int>(column)) == SQLITE_NULL;
}
std::int64_t SqliteQuery::integer(std::size_t column) const {
  return sqlite3_column_int64(impl_->statement, static_cast<int>(column));
}
double SqliteQuery::number(std::size_t column) const {
  return is_null(column) ? std::numeric_limits<double>::quiet_NaN()
                         : sqlite3_column_double(impl_->statement, static_cast<int>(column));
}
SqlType SqliteQuery::type(std::size_t column) const {
  const int type = sqlite3_column_type(impl_->statement, static_cast<int>(column));
  return type == SQLITE_INTEGER ? SqlType::integer : type == SQLITE_FLOAT ? SqlType::real : SqlType::text;
}
std::string SqliteQuery::text(std::size_t column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(impl_->statement, static_cast<int>(column)));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes,
                           static_cast<std::size_t>(sqlite3_column_bytes(impl_->statement, static_cast<int>(column))));
}

}  // namespace syconn
