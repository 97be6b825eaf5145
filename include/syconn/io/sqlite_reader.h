// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/io/sqlite_writer.h"

namespace syconn {

/// How often a condition was looked at, and met.
struct PassCount {
  std::uint64_t asked = 0, met = 0;
};

/// While it lives, statements that this thread makes are broken off `seconds` after its beginning: Error{retry}.
class QueryTimeLimit {
 public:
  explicit QueryTimeLimit(double seconds);
  ~QueryTimeLimit();
  QueryTimeLimit(const QueryTimeLimit&) = delete;
  QueryTimeLimit& operator=(const QueryTimeLimit&) = delete;
};

/// Runs one SQL statement on a file opened read-only and walks its rows; median(x) and std(x) are there beside SQLite's
/// own aggregates, and sums and means do not depend on the order of the rows. All errors are Error{input} naming the file.
class SqliteQuery {
 public:
  /// With `passes` the statement may ask passed(k, CONDITION): 1 where the condition is met, else 0, also where it is
  /// unknown; entry k (a literal below their number) counts it.
  SqliteQuery(const fs::path& path, const std::string& sql, std::vector<PassCount>* passes = nullptr);
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  const std::vector<std::string>& columns() const;
  /// Next row; false at the end.
  bool next();
  bool is_null(std::size_t column) const;
  SqlType type(std::size_t column) const;  ///< of this row's value, where it is not null
  std::int64_t integer(std::size_t column) const;
  double number(std::size_t column) const;  ///< NaN for NULL
  std::string text(std::size_t column) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syconn
