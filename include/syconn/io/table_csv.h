// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"

namespace syconn {

/// Writes a table: RFC 4180 with '\n' line ends, a header row, ids as decimal integers, floating-point numbers in the
/// fewest digits that read back the same, NaN as an empty field.
class CsvWriter {
 public:
  /// Writes to `path` (the caller renames it); `comments` become lines "# …" above the header. Throws Error{runtime}.
  CsvWriter(const fs::path& path, const std::vector<std::string>& columns,
            const std::vector<std::string>& comments = {});
  ~CsvWriter();
  CsvWriter& add(std::string_view text);
  CsvWriter& add(const char* text) { return add(std::string_view(text)); }
  CsvWriter& add(std::uint64_t value);
  CsvWriter& add(std::int64_t value);
  CsvWriter& add(double value);
  CsvWriter& add(float value);
  /// Throws Error{runtime} unless the row has a value for every column.
  void end_row();
  /// Must be called; throws Error{runtime} (disk full).
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads a table row by row, in bounded memory: RFC 4180 (quotes, line breaks in quotes), '\n' or "\r\n", a header row;
/// lines that start with '#' and empty lines are skipped. All errors are Error{input} as "file:line:character: …".
class CsvReader {
 public:
  /// Opens and reads the header; each of `required` must be a column (the message lists what there is).
  explicit CsvReader(const fs::path& path, const std::vector<std::string>& required = {});
  ~CsvReader();

  const std::vector<std::string>& columns() const;
  bool has(std::string_view column) const;
  /// Place of a column; Error{input} if it is absent.
  std::size_t column(std::string_view name) const;

  /// Next row; false at the end. A row of another length than the header is an error.
  bool next();
  std::uint64_t line() const;  ///< where the current row starts, from 1
  std::string_view text(std::size_t column) const;
  Id id(std::size_t column) const;  ///< decimal digits only; 0 … 2^64−1
  std::int64_t integer(std::size_t column) const;
  double number(std::size_t column) const;  ///< an empty field is NaN
  /// Throws Error{input} "file:line: `what`" about the current row.
  [[noreturn]] void fail(const std::string& what) const;
  /// The same of one field, as "file:line:character: column 'name': `what`".
  [[noreturn]] void fail(std::size_t column, const std::string& what) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syconn
