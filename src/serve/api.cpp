// SPDX-License-Identifier: GPL-3.0-or-later
#include "api.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "api_answer.h"
#include "api_parameters.h"
#include "syconn/core/compartments.h"
#include "syconn/core/version.h"
#include "syconn/io/query.h"

namespace syconn {
namespace {

constexpr std::int64_t kMostRows = 10'000;
constexpr std::int64_t kUsualRows = 100;
constexpr std::array<const char*, 5> kTables{"cells", "synapses", "edges", "contacts", "organelles"};

using Path = std::vector<std::string>;

Path steps_of(const std::string& path) {
  Path steps;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    if (slash > at) steps.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return steps;
}

bool has_row(const Connectome& tables, const std::string& table, std::int64_t id) {
  return SqliteQuery(tables.path(), "SELECT 1 FROM " + table + " WHERE id = " + std::to_string(id)).next();
}

/// Rows, or groups, of a table.
ApiReply rows_of(const Connectome& tables, const std::string& table, const ApiRequest& request) {
  const ApiParameters p(request, {"where", "columns", "group_by", "agg", "order_by", "limit", "offset", "codes"});
  RowsQuestion q;
  q.table = table, q.where = p.text("where");
  q.columns = p.list("columns"), q.group_by = p.list("group_by"), q.aggregates = p.list("agg");
  q.order_by = p.list("order_by");
  q.limit = p.whole("limit", kUsualRows, 0, kMostRows), q.offset = p.whole("offset", 0, 0, INT64_MAX);
  JsonAnswer answer(p.flag("codes"));
  ask_rows(tables, q, answer);
  return {200, answer.json()};
}

/// One row as an object.
ApiReply one_row(const Connectome& tables, const std::string& table, const std::string& name, std::int64_t id,
                 const ApiRequest& request) {
  const ApiParameters p(request, {"codes"});
  RowsQuestion q;
  q.table = table, q.base = "id = " + std::to_string(id);
  JsonAnswer answer(p.flag("codes"));
  ask_rows(tables, q, answer);
  if (answer.n_given() == 0) return api_error(404, "there is no " + name + " " + std::to_string(id));
  return {200, {{name, answer.object(0)}}};
}

ApiReply partners_of(const Connectome& tables, std::int64_t cell, const ApiRequest& request) {
  const ApiParameters p(request, {"direction", "where", "min_synapses", "limit", "offset", "codes"});
  PartnersQuestion q;
  q.cell = cell, q.where = p.text("where");
  q.direction = p.one_of("direction", {"all", "out", "in", "undirected"});
  q.min_synapses = p.whole("min_synapses", 1, 0, INT64_MAX);
  JsonAnswer answer(p.flag("codes"), p.whole("limit", kUsualRows, 0, kMostRows), p.whole("offset", 0, 0, INT64_MAX));
  ask_partners(tables, q, answer);
  return {200, answer.json()};
}

/// Synapses of a cell, or those with one partner: most probable first, then largest.
ApiReply synapses_of(const Connectome& tables, std::int64_t cell, const ApiRequest& request) {
  const ApiParameters p(request, {"direction", "partner", "where", "limit", "offset", "codes"});
  const std::string id = std::to_string(cell), partner = p.text("partner");
  const std::string other = partner.empty() ? "" : " = " + std::to_string(whole_text(partner, "parameter 'partner'"));
  const bool undirected = tables.has_column("synapses", "cell_a");
  const auto side = [&](const std::string& own, const std::string& others, const std::string& more) {
    return "(" + own + " = " + id + (other.empty() ? "" : " AND " + others + other) + more + ")";
  };
  const std::string direction = p.one_of("direction", {"all", "out", "in", "undirected"});
  Path parts;
  if (direction == "all" || direction == "out") parts.push_back(side("pre_id", "post_id", ""));
  if (direction == "all" || direction == "in") parts.push_back(side("post_id", "pre_id", ""));
  if (undirected && (direction == "all" || direction == "undirected"))
    for (const auto& [own, others] : {std::pair("cell_a", "cell_b"), {"cell_b", "cell_a"}})
      parts.push_back(side(own, others, std::string(" AND ") + kNoDirection));
  RowsQuestion q;
  q.base = "0";
  for (const std::string& part : parts) q.base += " OR " + part;
  q.where = p.text("where");
  for (const char* column : {"prob", "area_um2"})
    if (tables.has_column("synapses", column)) q.order_by.push_back(std::string("-") + column);
  q.limit = p.whole("limit", kUsualRows, 0, kMostRows), q.offset = p.whole("offset", 0, 0, INT64_MAX);
  JsonAnswer answer(p.flag("codes"));
  ask_rows(tables, q, answer);
  return {200, answer.json()};
}

ApiReply cell_routes(const Connectome& tables, const Path& path, const ApiRequest& request) {
  const std::int64_t cell = whole_text(path[1], "a cell's id");
  if (!has_row(tables, "cells", cell)) return api_error(404, "there is no cell " + path[1]);
  if (path.size() == 2) return one_row(tables, "cells", "cell", cell, request);
  if (path.size() == 3 && path[2] == "partners") return partners_of(tables, cell, request);
  if (path.size() == 3 && path[2] == "synapses") return synapses_of(tables, cell, request);
  return api_error(404, "of a cell there are partners and synapses");
}

std::vector<std::int64_t> ids_of(const ApiParameters& p, const std::string& name) {
  std::vector<std::int64_t> ids;
  for (const std::string& text : p.list(name)) ids.push_back(whole_text(text, "an id of parameter '" + name + "'"));
  if (ids.size() > static_cast<std::size_t>(kMostRows))
    throw Error(Category::usage, "parameter '" + name + "': at most " + std::to_string(kMostRows) + " ids");
  return ids;
}

ApiReply common_of(const Connectome& tables, const ApiRequest& request) {
  const ApiParameters p(request, {"cells", "direction", "where", "min_synapses", "limit", "offset", "codes"});
  CommonQuestion q;
  q.cells = ids_of(p, "cells"), q.where = p.text("where"), q.direction = p.one_of("direction", {"out", "in"});
  q.min_synapses = p.whole("min_synapses", 1, 0, INT64_MAX);
  JsonAnswer answer(p.flag("codes"), p.whole("limit", kUsualRows, 0, kMostRows), p.whole("offset", 0, 0, INT64_MAX));
  ask_common(tables, q, answer);
  return {200, answer.json()};
}

ApiReply matrix_of(const Connectome& tables, const ApiRequest& request) {
  const ApiParameters p(request, {"by_type", "value", "per", "where", "cells", "limit", "offset", "codes"});
  MatrixQuestion q;
  q.by_type = p.flag("by_type"), q.value = p.text("value", "n"), q.per = p.text("per"), q.where = p.text("where");
  q.cells = ids_of(p, "cells");
  if (!q.by_type && q.cells.empty())
    throw Error(Category::usage,
                "a matrix here is by_type=1, or of the cells=ID,ID,…; for all of them 'syconn query "
                "matrix --hdf5'");
  JsonAnswer answer(p.flag("codes"), p.whole("limit", kMostRows, 0, kMostRows), p.whole("offset", 0, 0, INT64_MAX));
  put_matrix(tables, q, ask_matrix(tables, q), answer);
  return {200, answer.json()};
}

ApiReply columns_of(const Connectome& tables, const ApiRequest& request) {
  const ApiParameters none(request, {});
  Json all = Json::object();
  for (const std::string& table : tables.tables()) all[table] = columns_json(tables.columns(table));
  return {200, all};
}

ApiReply table_routes(const Connectome& tables, const Path& path, const ApiRequest& request) {
  if (path.size() == 1) {
    if (path[0] == "columns") return columns_of(tables, request);
    if (path[0] == "common") return common_of(tables, request);
    if (path[0] == "matrix") return matrix_of(tables, request);
    if (std::find(kTables.begin(), kTables.end(), path[0]) != kTables.end()) {
      if (tables.has_table(path[0])) return rows_of(tables, path[0], request);
      return api_error(404, "these tables have no " + path[0]);
    }
  }
  if (path.size() >= 2 && path[0] == "cells") return cell_routes(tables, path, request);
  if (path.size() == 2 && path[0] == "synapses")
    return one_row(tables, "synapses", "synapse", whole_text(path[1], "a synapse's id"), request);
  return api_error(404, "no such question; docs/serve.md lists them");
}

/// A number of the table `meta`, or null.
Json meta_number(const Connectome& tables, const std::string& name) {
  const Json number = Json::parse(tables.meta(name), nullptr, false);
  return number.is_number() ? number : Json(nullptr);
}

std::uint64_t count_of(const Connectome& tables, const std::string& table) {
  SqliteQuery rows(tables.path(), "SELECT count(*) FROM " + sql_name(table));
  return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
}

/// The cell that gives most synapses; where no direction is known, the one that has most; null: there is none.
Json example_cell(const Connectome& t) {
  const auto first = [&](const char* sql) -> Json {
    SqliteQuery rows(t.path(), sql);
    return rows.next() ? Json(std::to_string(rows.integer(0))) : Json(nullptr);
  };
  Json cell;
  if (t.has_table("edges")) cell = first("SELECT pre_id FROM edges GROUP BY 1 ORDER BY sum(n_syn) DESC, 1 LIMIT 1");
  if (cell.is_null() && t.has_table("cells") && t.has_column("cells", "n_syn_undirected"))
    cell = first("SELECT id FROM cells WHERE n_syn_undirected > 0 ORDER BY n_syn_undirected DESC, id LIMIT 1");
  return cell;
}

}  // namespace

ApiReply api_error(int status, const std::string& message) {
  Json error{{"status", status}, {"message", message}, {"position", nullptr}};
  if (const std::size_t at = message.rfind("(character "); at != message.npos) {
    std::int64_t position = 0;
    const char* begin = message.data() + at + 11;
    if (std::from_chars(begin, message.data() + message.size(), position).ec == std::errc())
      error["position"] = position;
  }
  return {status, {{"error", error}}};
}

Api::Api(const fs::path& path) : path_(path) {
  std::error_code ignored;
  const fs::path layers = path / "export" / "neuroglancer";
  if (fs::is_directory(layers, ignored)) layers_ = fs::canonical(layers);
  const bool is_folder = fs::is_directory(path, ignored);
  if (!is_folder || fs::exists(path / "connectome.sqlite", ignored)) tables_.emplace(path);
  if (!layers_ && !tables_)
    throw Error(Category::input, "'" + path.string() + "' holds neither connectome.sqlite (stage tables) nor export/" +
                                     "neuroglancer (syconn export neuroglancer): nothing to show");
}

Json Api::about_run() const {
  Json layers = Json::object();
  for (const char* name : {"seg", "raw", "mesh", "skeletons", "synapses", "segment_properties"}) {
    std::error_code ignored;
    layers[name] = layers_ && fs::exists(*layers_ / name / "info", ignored);
  }
  Json about{{"name", path_.filename().string()}, {"run", nullptr}, {"version", version()}, {"layers", layers}};
  about["export_hint"] = layers_ ? Json(nullptr) : Json("syconn export neuroglancer " + path_.string());
  about["tables"] = tables_.has_value();
  if (!tables_) return about;
  const Connectome& t = *tables_;
  about["name"] = t.meta("dataset"), about["run"] = t.run_id();
  about["voxel_size_nm"] = Json::parse(t.meta("voxel_size_nm"), nullptr, false);
  if (about["voxel_size_nm"].is_discarded()) about["voxel_size_nm"] = nullptr;
  about["synapse_prob_min"] = meta_number(t, "synapse_prob_min");
  Json counts = Json::object(), types = Json::object(), compartments = Json::object();
  for (const char* table : kTables)
    if (t.has_table(table)) counts[table] = count_of(t, table);
  for (const auto& [code, name] : t.cell_types()) types[std::to_string(code)] = name;
  for (const auto& [code, name] : compartment_names()) compartments[std::to_string(code)] = name;
  about["counts"] = counts, about["cell_types"] = types, about["compartments"] = compartments;
  about["example_cell"] = example_cell(t);
  return about;
}

ApiReply Api::answer(const ApiRequest& request) const {
  try {
    const Path path = steps_of(request.path);
    if (path.size() == 1 && path[0] == "run") {
      const ApiParameters none(request, {});
      return {200, about_run()};
    }
    if (!tables_) return api_error(503, "this run has no tables yet: syconn tables -o " + path_.string());
    return table_routes(*tables_, path, request);
  } catch (const Error& e) {
    return api_error(e.category() == Category::usage ? 400 : e.category() == Category::retry ? 503 : 500, e.what());
  } catch (const std::exception& e) {
    return api_error(500, e.what());
  }
}

}  // namespace syconn
