// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "h5.h"
#include "syconn/core/error.h"
#include "syconn/io/query.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn {
namespace {

constexpr std::int64_t kNoType = 255;

/// How an entry is computed from its synapses, and in what unit.
std::pair<std::string, std::string> value_sql(const Connectome& connectome, const std::string& value) {
  static const std::map<std::string, std::pair<std::string, std::string>> known{{"n", {"count(*)", ""}},
                                                                                {"area", {"sum(area_um2)", "um2"}},
                                                                                {"mean_area", {"avg(area_um2)", "um2"}},
                                                                                {"max_area", {"max(area_um2)", "um2"}},
                                                                                {"mean_prob", {"avg(prob)", ""}}};
  const auto found = known.find(value);
  if (found == known.end())
    throw Error(Category::usage, "matrix value '" + value + "': give n, area, mean_area, max_area or mean_prob");
  const std::string needed = value == "n" ? "pre_id" : value == "mean_prob" ? "prob" : "area_um2";
  if (!connectome.has_column("synapses", needed))
    throw Error(Category::usage, "'" + connectome.path().string() + "' has no synapses." + needed);
  return found->second;
}

/// "post.dend_um" → which side, which column of cells.
struct Divisor {
  bool pre = false;
  std::string column;
  std::map<std::int64_t, double> length;  ///< of a cell or type
};

Divisor divisor_of(const Connectome& connectome, const MatrixQuestion& q) {
  Divisor d;
  const std::size_t dot = q.per.find('.');
  const std::string side = q.per.substr(0, dot);
  if (dot == q.per.npos || (side != "pre" && side != "post"))
    throw Error(Category::usage, "matrix per '" + q.per + "': give pre.COLUMN or post.COLUMN, as post.dend_um");
  d.pre = side == "pre";
  d.column = find_column(connectome.columns("cells"), q.per.substr(dot + 1)).name;
  const std::string key = q.by_type ? "coalesce(type, 255)" : "id";
  SqliteQuery rows(connectome.path(), "SELECT " + key + ", total(" + sql_name(d.column) + ") FROM cells GROUP BY 1");
  while (rows.next()) d.length[rows.integer(0)] = rows.number(1);
  return d;
}

std::string cell_list(const std::vector<std::int64_t>& cells) {
  std::string list;
  for (const std::int64_t cell : cells) list += (list.empty() ? "" : ",") + std::to_string(cell);
  return list;
}

std::vector<std::int64_t> labels_of(const MatrixQuestion& q, const std::vector<MatrixEntry>& entries) {
  std::vector<std::int64_t> labels = q.by_type ? std::vector<std::int64_t>() : q.cells;
  for (const MatrixEntry& e : entries) labels.push_back(e.pre), labels.push_back(e.post);
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

}  // namespace

Matrix ask_matrix(const Connectome& connectome, const MatrixQuestion& q) {
  if (q.by_type && !connectome.has_column("synapses", "pre_type"))
    throw Error(Category::usage, "'" + connectome.path().string() + "' knows no cell types");
  std::string base = "pre_id IS NOT NULL AND post_id IS NOT NULL";
  if (!q.cells.empty())
    base += " AND pre_id IN (" + cell_list(q.cells) + ") AND post_id IN (" + cell_list(q.cells) + ")";
  Matrix m;
  const auto [sql, units] = value_sql(connectome, q.value);
  m.value = q.value, m.units = units;
  const std::string pre = q.by_type ? "coalesce(pre_type, 255)" : "pre_id",
                    post = q.by_type ? "coalesce(post_type, 255)" : "post_id";
  CountedFilter filter(connectome, "synapses", q.where);
  SqliteQuery rows(connectome.path(),
                   "SELECT " + pre + ", " + post + ", count(*), " + sql + " FROM synapses WHERE " +
                       filter.condition(base) + " GROUP BY 1, 2 ORDER BY 1, 2",
                   filter.passes());
  while (rows.next()) m.entries.push_back({rows.integer(0), rows.integer(1), rows.number(3), rows.integer(2)});
  m.about = filter.about(std::string("matrix of ") + q.value + (q.by_type ? " by type" : " by cell"));
  m.labels = labels_of(q, m.entries);
  if (q.per.empty()) return m;
  const Divisor d = divisor_of(connectome, q);
  std::uint64_t without = 0;
  for (MatrixEntry& e : m.entries) {
    const auto found = d.length.find(d.pre ? e.pre : e.post);
    const bool known = found != d.length.end() && found->second > 0;
    e.value = known ? e.value / found->second : std::numeric_limits<double>::quiet_NaN();
    without += known ? 0 : 1;
  }
  m.value += " per " + q.per, m.units += (m.units.empty() ? "1" : "") + std::string("/um");
  m.about.notes.push_back("divided by " + q.per + "; " + std::to_string(without) +
                          " entries without that length are unknown");
  return m;
}

void put_matrix(const Connectome& connectome, const MatrixQuestion& q, const Matrix& m, AnswerSink& answer) {
  std::map<std::int64_t, std::string> names;
  if (q.by_type) names = connectome.cell_types(), names[kNoType] = "unknown";
  answer.begin({{"pre", SqlType::integer, "", "", names},
                {"post", SqlType::integer, "", "", names},
                {"value", SqlType::real, m.units, m.value},
                {"n", SqlType::integer, "", "synapses"}},
               m.about);
  for (const MatrixEntry& e : m.entries)
    answer.row({e.pre, e.post, std::isfinite(e.value) ? QueryValue(e.value) : QueryValue(), e.n});
  answer.end();
}

void write_matrix(const Connectome& connectome, const MatrixQuestion& q, const Matrix& m, const fs::path& path) {
  const std::size_t n = m.labels.size();
  std::vector<std::int64_t> indptr(n + 1, 0), indices;
  std::vector<double> data;
  for (const MatrixEntry& e : m.entries) {
    const auto place = [&](std::int64_t label) {
      return std::lower_bound(m.labels.begin(), m.labels.end(), label) - m.labels.begin();
    };
    ++indptr[static_cast<std::size_t>(place(e.pre)) + 1];
    indices.push_back(place(e.post)), data.push_back(e.value);
  }
  for (std::size_t i = 0; i < n; ++i) indptr[i + 1] += indptr[i];
  const fs::path temporary = temporary_name(path);
  h5::File file = h5::File::create(temporary);
  const auto put = [&]<class T>(const char* name, const std::vector<T>& values) {
    h5::write_dataset<T>(file, name, {values.size()}, values);
  };
  put("data", data), put("indices", indices), put("indptr", indptr), put("labels", m.labels);
  put("shape", std::vector<std::int64_t>(2, static_cast<std::int64_t>(n)));
  file.write_attribute("about", m.about.json());
  file.write_attribute("value", m.value);
  file.write_attribute("units", m.units.empty() ? std::string("1") : m.units);
  if (q.by_type) {
    std::string names;
    for (const std::int64_t label : m.labels) {
      const auto found = connectome.cell_types().find(label);
      names += (names.empty() ? "" : "\n") + (found == connectome.cell_types().end() ? "unknown" : found->second);
    }
    file.write_attribute("label_names", names);
  }
  file.close();
  commit_file(temporary, path);
}

}  // namespace syconn
