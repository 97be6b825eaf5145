// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "syconn/exec/job.h"
#include "syconn/io/sqlite_writer.h"
#include "syconn/io/table_csv.h"

namespace syconn {

/// A value of a table; monostate and NaN are NULL in SQLite and an empty field in CSV.
using TableValue = std::variant<std::monostate, std::int64_t, std::uint64_t, float, double, std::string>;

/// Column of a table made from rows of type R.
template <class R>
struct TableColumn {
  SqlColumn sql;
  std::function<TableValue(const R&)> value;
};

/// The same tables as one SQLite file and as CSV files.
class TableOutput {
 public:
  explicit TableOutput(JobContext& ctx);
  /// Writes a whole table: `next` moves `row` on and returns false at the end. Returns the number of rows.
  template <class R>
  std::uint64_t write(const std::string& name, const std::vector<TableColumn<R>>& columns,
                      std::vector<std::string> primary_key, std::vector<SqlIndex> indices, const R& row,
                      const std::function<bool()>& next) {
    SqlTable table{name, {}, std::move(primary_key), std::move(indices)};
    for (const auto& c : columns) table.columns.push_back(c.sql);
    begin(table);
    std::uint64_t rows = 0;
    for (; next(); ++rows) {
      for (const auto& c : columns) add(c.value(row));
      end_row();
    }
    end();
    return rows;
  }
  /// Adds the tables `columns` (what every column means) and `meta` (name, value), and finishes the SQLite file.
  void close(const std::vector<std::pair<std::string, std::string>>& meta);

 private:
  void begin(const SqlTable& table);
  void add(const TableValue& value);
  void end_row();
  void end();
  JobContext& ctx_;
  SqliteWriter sql_;
  std::unique_ptr<CsvWriter> csv_;
  std::vector<SqlTable> tables_;
};

}  // namespace syconn
