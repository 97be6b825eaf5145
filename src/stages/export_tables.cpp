// SPDX-License-Identifier: GPL-3.0-or-later
// The connectome as a graph and as tables, without a question.
#include <algorithm>

#include "syconn/core/error.h"
#include "syconn/io/connectome.h"
#include "syconn/io/graphml.h"
#include "syconn/io/sqlite_reader.h"
#include "syconn/io/table_csv.h"
#include "syconn/stages/export_files.h"

namespace syconn {
namespace {

std::vector<Id> sorted_cells(const FileExport& o, const Connectome& connectome) {
  std::vector<Id> cells = o.cells;
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  if (cells.empty()) return cells;
  SqliteQuery all(connectome.path(), "SELECT id FROM cells ORDER BY id");
  std::size_t found = 0;
  while (found < cells.size() && all.next()) found += cells[found] == static_cast<Id>(all.integer(0)) ? 1 : 0;
  if (found < cells.size())
    throw Error(Category::input, "'" + connectome.path().string() + "' has no cell " + std::to_string(cells[found]));
  return cells;
}

/// Rows of a table whose columns `cells_in` (one or two) are among the cells.
class Rows {
 public:
  Rows(const Connectome& connectome, const std::string& columns, const std::string& table,
       const std::vector<std::string>& cells_in, const std::vector<Id>& cells)
      : query_(connectome.path(), "SELECT " + columns + " FROM " + table + " ORDER BY " + order(table)), cells_(cells) {
    for (const std::string& name : cells_in) {
      const auto& names = query_.columns();
      const auto at = std::find(names.begin(), names.end(), name);
      if (at == names.end())
        throw Error(Category::input,
                    "'" + connectome.path().string() + "': table " + table + " has no column '" + name + "'");
      places_.push_back(static_cast<std::size_t>(at - names.begin()));
    }
  }
  bool next() {
    while (query_.next())
      if (cells_.empty() || std::all_of(places_.begin(), places_.end(), [&](std::size_t place) {
            return std::binary_search(cells_.begin(), cells_.end(), static_cast<Id>(query_.integer(place)));
          }))
        return true;
    return false;
  }
  const SqliteQuery& row() const { return query_; }

 private:
  static std::string order(const std::string& table) { return table == "edges" ? "pre_id, post_id" : "id"; }
  SqliteQuery query_;
  const std::vector<Id>& cells_;
  std::vector<std::size_t> places_;
};

std::vector<GraphAttribute> attributes_of(const Connectome& connectome, const std::string& table,
                                          const std::vector<std::string>& left_out) {
  std::vector<GraphAttribute> list;
  for (const QueryColumn& column : connectome.columns(table))
    if (std::find(left_out.begin(), left_out.end(), column.name) == left_out.end())
      list.push_back({column.name, !column.names.empty()             ? GraphAttribute::Type::text
                                   : column.type == SqlType::integer ? GraphAttribute::Type::integer
                                   : column.type == SqlType::real    ? GraphAttribute::Type::real
                                                                     : GraphAttribute::Type::text});
  return list;
}

/// Values as text; codes by their names; nothing for NULL.
std::vector<std::string> values_of(const SqliteQuery& row, const Connectome& connectome, const std::string& table,
                                   const std::vector<GraphAttribute>& attributes, std::size_t first) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const std::size_t c = first + i;
    if (row.is_null(c)) {
      values.emplace_back();
      continue;
    }
    const QueryColumn& column = find_column(connectome.columns(table), attributes[i].name);
    const auto name = column.names.empty() ? column.names.end() : column.names.find(row.integer(c));
    values.push_back(name != column.names.end()        ? name->second
                     : row.type(c) == SqlType::integer ? std::to_string(row.integer(c))
                     : row.type(c) == SqlType::real    ? graph_number(row.number(c))
                                                       : row.text(c));
  }
  return values;
}

std::string names_of(const std::vector<GraphAttribute>& attributes, std::string text) {
  for (const GraphAttribute& a : attributes) text += ", " + sql_name(a.name);
  return text;
}

}  // namespace

std::size_t export_graphml(const FileExport& o) {
  const Connectome connectome(o.run);
  const std::vector<Id> cells = sorted_cells(o, connectome);
  const auto of_nodes = attributes_of(connectome, "cells", {"id"});
  const auto of_edges = attributes_of(connectome, "edges", {"pre_id", "post_id"});
  if (o.out.has_parent_path()) make_folder(o.out.parent_path());
  GraphWriter graph(o.out, of_nodes, of_edges);
  for (Rows rows(connectome, names_of(of_nodes, "id"), "cells", {"id"}, cells); rows.next();)
    graph.node(static_cast<Id>(rows.row().integer(0)), values_of(rows.row(), connectome, "cells", of_nodes, 1));
  for (Rows rows(connectome, names_of(of_edges, "pre_id, post_id"), "edges", {"pre_id", "post_id"}, cells);
       rows.next();)
    graph.edge(static_cast<Id>(rows.row().integer(0)), static_cast<Id>(rows.row().integer(1)),
               values_of(rows.row(), connectome, "edges", of_edges, 2));
  graph.close();
  return 1;
}

std::size_t export_csv(const FileExport& o) {
  const Connectome connectome(o.run);
  const std::vector<Id> cells = sorted_cells(o, connectome);
  make_folder(o.out);
  // Imported connectomes know directed synapses only.
  const bool undirected = connectome.has_column("synapses", "cell_a");
  using Columns = std::vector<std::string>;
  const std::vector<std::pair<std::string, Columns>> tables{
      {"cells", {"id"}},
      {"synapses", undirected ? Columns{"cell_a", "cell_b"} : Columns{"pre_id", "post_id"}},
      {"edges", {"pre_id", "post_id"}}};
  std::size_t written = 0;
  for (const auto& [table, cells_in] : tables) {
    if (!connectome.has_table(table)) continue;
    const fs::path path = o.out / (table + ".csv"), temporary = temporary_name(path);
    Rows rows(connectome, "*", table, cells_in, cells);
    CsvWriter csv(temporary, rows.row().columns());
    while (rows.next()) {
      const SqliteQuery& row = rows.row();
      for (std::size_t c = 0; c < row.columns().size(); ++c) {
        if (row.is_null(c))
          csv.add("");
        else if (row.type(c) == SqlType::integer)
          csv.add(row.integer(c));
        else if (row.type(c) == SqlType::real)
          csv.add(row.number(c));
        else
          csv.add(row.text(c));
      }
      csv.end_row();
    }
    csv.close();
    commit_file(temporary, path);
    ++written;
  }
  return written;
}

}  // namespace syconn
