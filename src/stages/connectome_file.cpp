// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectome_file.h"

namespace syconn {

void close_connectome(SqliteWriter& sql, const std::vector<SqlTable>& tables,
                      const std::vector<std::pair<std::string, std::string>>& meta) {
  constexpr const char* kSqlTypes[] = {"INTEGER", "REAL", "TEXT"};
  const SqlType text = SqlType::text;
  sql.begin_table(
      {"columns",
       {{"table_name", text}, {"column_name", text}, {"type", text}, {"units", text}, {"description", text}},
       {"table_name", "column_name"}});
  for (const SqlTable& t : tables)
    for (const SqlColumn& c : t.columns)
      sql.add(t.name).add(c.name).add(kSqlTypes[static_cast<int>(c.type)]).add(c.units).add(c.description).end_row();
  sql.begin_table({"meta", {{"name", text}, {"value", text}}, {"name", "value"}});
  for (const auto& [name, value] : meta) sql.add(name).add(value).end_row();
  sql.close();
}

}  // namespace syconn
