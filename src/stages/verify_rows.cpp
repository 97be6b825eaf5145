// SPDX-License-Identifier: GPL-3.0-or-later
#include <limits>
#include <map>
#include <optional>

#include "syconn/io/sqlite_reader.h"
#include "verify_tables.h"

/// The check of `syconn verify` that compares rows of connectome.sqlite with the datasets, in the order of their ids.
namespace syconn {
namespace {

/// A column of a table and the column, and its place, of the dataset it is of; `unknown` there is NULL here.
struct Source {
  std::string column, from;
  int k = 0;
  std::optional<std::int64_t> unknown = {};
};

std::vector<Source> places() {
  std::vector<Source> all{{"size_vx", "size_vx"}};
  const std::string axes = "xyz";
  for (int k = 0; k < 3; ++k) {
    const std::string axis = "_" + axes.substr(static_cast<std::size_t>(k), 1) + "_vx";
    all.push_back({axis.substr(1), "rep_vx", k});
    for (const std::string end : {"bbox_min", "bbox_max"}) all.push_back({end + axis, end + "_vx", k});
  }
  return all;
}

std::vector<Source> sources(const std::string& table) {
  constexpr std::int64_t kNoCode = 255;
  std::vector<Source> all = places();
  const std::map<std::string, std::vector<Source>> more{
      {"cells",
       {{"type", "cell_type", 0, kNoCode},
        {"type_certainty", "cell_type_certainty"},
        {"n_sv", "n_sv"},
        {"fragment", "fragment"},
        {"volume_um3", "volume_um3"},
        {"area_um2", "mesh_area_um2"},
        {"path_um", "path_length_um"},
        {"axon_um", "axon_um"},
        {"dend_um", "dend_um"},
        {"soma_um", "soma_um"},
        {"myelin_frac", "myelin_fraction"},
        {"n_mi", "n_mi"},
        {"n_vc", "n_vc"},
        {"soma_radius_nm", "soma_radius_nm", 0, 0},
        {"complete", "complete"},
        {"astrocyte_score", "astrocyte_score"},
        {"root_x_vx", "root_vx", 0},
        {"root_y_vx", "root_vx", 1},
        {"root_z_vx", "root_vx", 2}}},
      {"synapses",
       {{"pre_id", "pre_id", 0, 0},
        {"post_id", "post_id", 0, 0},
        {"cell_a", "cell_a"},
        {"cell_b", "cell_b"},
        {"area_um2", "area_um2"},
        {"prob", "prob"},
        {"sign", "sign"},
        {"pre_comp", "pre_comp", 0, kNoCode},
        {"post_comp", "post_comp", 0, kNoCode},
        {"pre_type", "pre_type", 0, kNoCode},
        {"post_type", "post_type", 0, kNoCode},
        {"mito_dist_nm", "mito_dist_nm"},
        {"spine_head_vol_um3", "spine_head_vol_um3"},
        {"direction_vc", "direction_vc"}}},
      {"organelles",
       {{"cell_id", "cell_id", 0, 0}, {"cell_fraction", "cell_fraction"}, {"area_um2", "mesh_area_um2"}}}};
  all.insert(all.end(), more.at(table).begin(), more.at(table).end());
  return all;
}

/// Rows of a table that are those of one dataset.
struct TableOf {
  std::string table, type, where;
};

class RowCheck {
 public:
  RowCheck(VerifiedRun& run, const TableOf& t, VerifySink& sink)
      : run_(run), table_(t), set_(run.open(t.type)), sink_(sink) {
    for (const Source& source : sources(t.table))
      if (set_.has_column(source.from)) used_.push_back({source, AnyColumn(set_, source.from)});
  }

  void run() {
    std::string sql = "SELECT id";
    for (const Used& u : used_) sql += ", \"" + u.source.column + "\"";
    const std::string name = " FROM " + table_.table;
    SqliteQuery query(run_.path(kConnectome), sql + name + table_.where + " ORDER BY id");
    while (query.next()) {
      const Id id = static_cast<Id>(query.integer(0));
      if (const auto row = set_.find(id))
        compare(query, id, *row);
      else
        tell(sink_, table_.table + ".id", table_.type + " " + std::to_string(id),
             "an object of datasets/" + table_.type + ".h5", "none");
    }
  }

 private:
  struct Used {
    Source source;
    AnyColumn column;
  };
  void compare(const SqliteQuery& query, Id id, Row row) {
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const auto& [source, column] = used_[i];
      const ColumnValues v = column.load(row, 1);
      const auto k = static_cast<std::size_t>(source.k);
      std::string expected = "none", found = "none";
      bool same = false;
      if (column.is_real()) {
        const bool known = !source.unknown || v.reals[k] != static_cast<double>(*source.unknown);
        const double real = known ? v.reals[k] : std::numeric_limits<double>::quiet_NaN();
        same = is_same_sum(real, query.number(i + 1));
        expected = known_number(real), found = known_number(query.number(i + 1));
      } else {
        if (!source.unknown || v.integers[k] != *source.unknown) expected = std::to_string(v.integers[k]);
        if (!query.is_null(i + 1)) found = std::to_string(query.integer(i + 1));
        same = expected == found;
      }
      if (!same)
        tell(sink_, table_.table + "." + source.column, std::to_string(id),
             expected + ", as " + table_.type + "/" + source.from, found);
    }
  }

  VerifiedRun& run_;
  TableOf table_;
  const SegmentationDataset& set_;
  VerifySink& sink_;
  std::vector<Used> used_;
};

std::vector<TableOf> tables_of(const VerifiedRun& run) {
  std::vector<TableOf> all{{"cells", "ssv", ""}, {"synapses", "syn_ssv", ""}};
  for (const std::string& type : run.organelles()) all.push_back({"organelles", type, " WHERE type = '" + type + "'"});
  std::erase_if(all, [&](const TableOf& t) { return !run.has(t.type); });
  return all;
}

}  // namespace

std::vector<VerifyCheck> row_checks(const VerifiedRunPtr& run) {
  const auto tables = std::make_shared<std::vector<TableOf>>();
  return {{"table-rows",
           VerifyDepth::semantic,
           "cells, synapses and organelles in SQLite are those of the datasets",
           {kConnectome},
           [=](VerifySink& sink, std::int64_t i) {
             const TableOf& table = tables->at(static_cast<std::size_t>(i));
             if (sink.is_damaged(VerifiedRun::top(table.type)))
               return sink.not_done(VerifiedRun::top(table.type) + " is damaged");
             RowCheck(*run, table, sink).run();
           },
           [=] {
             *tables = tables_of(*run);
             return static_cast<std::int64_t>(tables->size());
           }}};
}

}  // namespace syconn
