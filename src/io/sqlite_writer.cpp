// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/io/sqlite_writer.h"

#include <sqlite3.h>

#include <cmath>
#include <limits>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr const char* kTypeNames[] = {"INTEGER", "REAL", "TEXT"};

std::string quoted_name(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string name_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quoted_name(name);
  return out;
}

std::string create_statement(const SqlTable& table) {
  const bool row_id = table.primary_key.size() == 1;
  std::string sql = "CREATE TABLE " + quoted_name(table.name) + " (";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const SqlColumn& c = table.columns[i];
    sql += (i > 0 ? ",\n  " : "\n  ") + quoted_name(c.name) + ' ' + kTypeNames[static_cast<int>(c.type)];
    if (row_id && c.name == table.primary_key[0]) sql += " PRIMARY KEY";
  }
  if (table.primary_key.size() > 1) sql += ",\n  PRIMARY KEY (" + name_list(table.primary_key) + ")";
  return sql + (table.primary_key.size() > 1 ? ") WITHOUT ROWID" : ")");
}

}  // namespace

struct SqliteWriter::Impl {
  fs::path path;
  sqlite3* db = nullptr;
  sqlite3_stmt* insert = nullptr;
  SqlTable table;
  int filled = 0;
  std::vector<std::string> index_statements;

  ~Impl() {
    sqlite3_finalize(insert);
    sqlite3_close_v2(db);
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Category::runtime,
                "'" + path.string() + "'" + (table.name.empty() ? "" : ", table '" + table.name + "'") + ": " + what);
  }
  void check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    const std::string text = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    fail((code & 0xff) == SQLITE_FULL ? "cannot write: the disk is full (" + text + ")" : "SQLite: " + text);
  }
  void run(const std::string& sql) const { check(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr)); }
  int slot() {
    if (insert == nullptr || filled >= static_cast<int>(table.columns.size()))
      fail("more values than columns in a row");
    return ++filled;
  }
  void finish_table() {
    if (filled != 0) fail("the table ends in the middle of a row");
    sqlite3_finalize(insert);
    insert = nullptr;
  }
};

SqliteWriter::SqliteWriter(const fs::path& path, const SqlFileKind& kind) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  std::error_code ignored;
  fs::remove(path, ignored);
  impl_->check(sqlite3_open_v2(path.c_str(), &impl_->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr));
  // Nothing of the machine or the moment may get into the file; whoever renames it makes it last.
  impl_->run("PRAGMA page_size = 4096; PRAGMA encoding = 'UTF-8'; PRAGMA auto_vacuum = NONE");
  impl_->run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE");
  impl_->run("PRAGMA cache_size = -65536; PRAGMA threads = 0");
  impl_->run("PRAGMA application_id = " + std::to_string(kind.application_id) +
             "; PRAGMA user_version = " + std::to_string(kind.user_version));
  impl_->run("BEGIN EXCLUSIVE");
}
SqliteWriter::~SqliteWriter() = default;

void SqliteWriter::begin_table(const SqlTable& table) {
  impl_->finish_table();
  impl_->table = table;
  impl_->run(create_statement(table));
  std::string sql = "INSERT INTO " + quoted_name(table.name) + " VALUES (";
  for (std::size_t i = 0; i < table.columns.size(); ++i) sql += i > 0 ? ",?" : "?";
  sql += ')';
  impl_->check(sqlite3_prepare_v2(impl_->db, sql.c_str(), static_cast<int>(sql.size()), &impl_->insert, nullptr));
  for (const SqlIndex& index : table.indices) {
    std::string name = table.name;
    for (const std::string& column : index.columns) name += "_" + column;
    impl_->index_statements.push_back("CREATE INDEX " + quoted_name(name) + " ON " + quoted_name(table.name) + " (" +
                                      name_list(index.columns) + ")" +
                                      (index.where.empty() ? "" : " WHERE " + index.where));
  }
}

SqliteWriter& SqliteWriter::add(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    impl_->fail("id " + std::to_string(value) + " is 2^63 or more; SQLite holds signed 64-bit integers. Renumber it");
  return add(static_cast<std::int64_t>(value));
}
SqliteWriter& SqliteWriter::add(std::int64_t value) {
  impl_->check(sqlite3_bind_int64(impl_->insert, impl_->slot(), value));
  return *this;
}
SqliteWriter& SqliteWriter::add(double value) {
  if (!std::isfinite(value)) return add_null();
  impl_->check(sqlite3_bind_double(impl_->insert, impl_->slot(), value));
  return *this;
}
SqliteWriter& SqliteWriter::add(std::string_view text) {
  impl_->check(
      sqlite3_bind_text64(impl_->insert, impl_->slot(), text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}
SqliteWriter& SqliteWriter::add_null() {
  impl_->check(sqlite3_bind_null(impl_->insert, impl_->slot()));
  return *this;
}

void SqliteWriter::end_row() {
  if (!end_row_if_new()) impl_->fail(std::string("SQLite: ") + sqlite3_errmsg(impl_->db));
}

bool SqliteWriter::end_row_if_new() {
  if (impl_->filled != static_cast<int>(impl_->table.columns.size()))
    impl_->fail("a row of " + std::to_string(impl_->filled) + " values under " +
                std::to_string(impl_->table.columns.size()) + " columns");
  impl_->filled = 0;
  const int code = sqlite3_step(impl_->insert);
  const bool taken = (code & 0xff) == SQLITE_CONSTRAINT;
  if (code != SQLITE_DONE && !taken) impl_->check(code);
  sqlite3_reset(impl_->insert);
  return !taken;
}

void SqliteWriter::execute(const std::string& sql) { impl_->run(sql); }

void SqliteWriter::close() {
  impl_->finish_table();
  impl_->table.name.clear();
  for (const std::string& sql : impl_->index_statements) impl_->run(sql);
  impl_->run("COMMIT");
  const int code = sqlite3_close(impl_->db);
  impl_->check(code);
  impl_->db = nullptr;
}

}  // namespace syconn
