// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syconn/core/files.h"

namespace syconn {

/// Storage class of a column in SQLite: signed 64-bit integer, double, UTF-8 text.
enum class SqlType { integer, real, text };

struct SqlColumn {
  std::string name;
  SqlType type = SqlType::integer;
  std::string units = {}, description = {};
};

/// An index over columns, over the rows that meet `where` (SQL) only.
struct SqlIndex {
  SqlIndex(std::initializer_list<std::string> columns_, std::string where_ = {})
      : columns(columns_), where(std::move(where_)) {}
  std::vector<std::string> columns;
  std::string where;
};

/// A table. A primary key of one integer column is the row id itself; one of several columns makes a table without row
/// ids, stored in the key's order.
struct SqlTable {
  std::string name;
  std::vector<SqlColumn> columns;
  std::vector<std::string> primary_key = {};  ///< empty: rows in the order written
  std::vector<SqlIndex> indices = {};         ///< made by close()
};

/// Marks of a file's kind in its header: `PRAGMA application_id`, `PRAGMA user_version`.
struct SqlFileKind {
  std::int32_t application_id = 0, user_version = 0;
};

/// Writes one SQLite file from beginning to end, all in one transaction without a journal: half a file is garbage, so
/// the caller gives a temporary name and renames. The bytes depend on the tables, the rows and their order only (and on
/// the SQLite library). All errors are Error{runtime} naming file and table (disk full, a key twice).
class SqliteWriter {
 public:
  SqliteWriter(const fs::path& path, const SqlFileKind& kind);
  ~SqliteWriter();
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  /// Creates the table; what follows are its rows, best in the order of its primary key.
  void begin_table(const SqlTable& table);
  /// Next value of the row. A uint64 of 2^63 or more does not fit and is Error{runtime}; NaN and infinities are NULL.
  SqliteWriter& add(std::uint64_t value);
  SqliteWriter& add(std::int64_t value);
  SqliteWriter& add(double value);
  SqliteWriter& add(std::string_view text);
  SqliteWriter& add_null();
  /// Throws Error{runtime} unless the row has a value for every column.
  void end_row();
  /// The same, but false where the table has a row of this primary key already; the row is dropped then.
  bool end_row_if_new();
  /// For views; `sql` is one statement.
  void execute(const std::string& sql);
  /// Makes the indices and commits. Must be called.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syconn
