// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <map>

#include "syconn/io/sqlite_reader.h"
#include "verify_state.h"

/// Checks of `syconn verify` on connectome.sqlite: rows against the datasets, sums against rows. SQLite walks its own
/// indices; nothing here grows with a table but the sums of one slice of contacts.
namespace syconn {
namespace {

constexpr const char* kDatabase = "connectome.sqlite";
/// Areas are f32 in the datasets and added up as doubles.
constexpr double kTolerance = 1e-5;

bool is_same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) == std::isnan(b);
  return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b)) + 1e-12;
}
std::string number(double v) { return std::isnan(v) ? "none" : text_of(v); }

void tell(VerifySink& sink, const std::string& column, const std::string& id, const std::string& expected,
          const std::string& found) {
  sink.add({kDatabase, column, id, expected, found});
}

// ---- rows -----------------------------------------------------------------------------------------------------------

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
       {{"type", "cell_type", 0, kNoCode},      {"type_certainty", "cell_type_certainty"}, {"n_sv", "n_sv"},
        {"fragment", "fragment"},               {"volume_um3", "volume_um3"},              {"area_um2", "mesh_area_um2"},
        {"path_um", "path_length_um"},          {"axon_um", "axon_um"},                    {"dend_um", "dend_um"},
        {"soma_um", "soma_um"},                 {"myelin_frac", "myelin_fraction"},        {"n_mi", "n_mi"},
        {"n_vc", "n_vc"},                       {"soma_radius_nm", "soma_radius_nm"},      {"complete", "complete"},
        {"astrocyte_score", "astrocyte_score"}, {"root_x_vx", "root_vx", 0},               {"root_y_vx", "root_vx", 1},
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
      {"organelles", {{"cell_id", "cell_id", 0, 0}, {"cell_fraction", "cell_fraction"}, {"area_um2", "mesh_area_um2"}}}};
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
    SqliteQuery query(run_.path(kDatabase), sql + name + table_.where + " ORDER BY id");
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
        same = is_same(v.reals[k], query.number(i + 1));
        expected = number(v.reals[k]), found = number(query.number(i + 1));
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

VerifyCheck rows(const VerifiedRunPtr& run) {
  const auto tables = std::make_shared<std::vector<TableOf>>();
  return {"table-rows", VerifyDepth::semantic, "cells, synapses and organelles in SQLite are those of the datasets",
          {kDatabase},
          [=](VerifySink& sink, std::int64_t i) {
            const TableOf& table = tables->at(static_cast<std::size_t>(i));
            if (sink.is_damaged(VerifiedRun::top(table.type)))
              return sink.not_done(VerifiedRun::top(table.type) + " is damaged");
            RowCheck(*run, table, sink).run();
          },
          [=] {
            *tables = tables_of(*run);
            return static_cast<std::int64_t>(tables->size());
          }};
}

// ---- ids and sums inside the database -------------------------------------------------------------------------------

void check_ids(const VerifiedRun& run, VerifySink& sink) {
  const std::pair<const char*, const char*> columns[] = {
      {"edges", "pre_id"},    {"edges", "post_id"},   {"synapses", "pre_id"},   {"synapses", "post_id"},
      {"contacts", "cell_a"}, {"contacts", "cell_b"}, {"organelles", "cell_id"}};
  for (const auto& [table, column] : columns) {
    const std::string name = column;
    SqliteQuery query(run.path(kDatabase), "SELECT DISTINCT " + name + " FROM " + table + " WHERE " + name +
                                               " <> 0 AND " + name + " NOT IN (SELECT id FROM cells) ORDER BY 1");
    while (query.next())
      tell(sink, std::string(table) + "." + name, std::to_string(query.integer(0)), "an id of cells", "none");
  }
}

const std::vector<std::string> kEdgeSums{"n_syn", "area_sum_um2", "area_max_um2", "prob_mean", "n_exc", "n_inh",
                                         "n_axodend", "n_axosoma", "n_axospine", "n_axoshaft", "n_axoax"};

/// The same columns from the rows of `synapses`, in the order of the key.
std::string sums_of_synapses() {
  const std::string axon = "pre_comp BETWEEN 3 AND 5 AND post_comp ";
  const auto times = [&](const std::string& what) { return ", coalesce(sum(" + what + "), 0)"; };
  return "SELECT pre_id, post_id, count(*), sum(area_um2), max(area_um2), avg(prob)" + times("sign > 0") +
         times("sign < 0") + times(axon + "<= 2") + times(axon + "= 6") + times(axon + "BETWEEN 1 AND 2") +
         times(axon + "= 0") + times(axon + "BETWEEN 3 AND 5") +
         " FROM synapses WHERE pre_id IS NOT NULL AND post_id IS NOT NULL GROUP BY pre_id, post_id ORDER BY pre_id, "
         "post_id";
}

void check_edges(const VerifiedRun& run, VerifySink& sink) {
  std::string sql = "SELECT pre_id, post_id";
  for (const std::string& name : kEdgeSums) sql += ", " + name;
  SqliteQuery edges(run.path(kDatabase), sql + " FROM edges ORDER BY pre_id, post_id"),
      synapses(run.path(kDatabase), sums_of_synapses());
  const auto key = [](const SqliteQuery& q) { return std::pair(q.integer(0), q.integer(1)); };
  const auto text = [&](const SqliteQuery& q) {
    return std::to_string(q.integer(0)) + " to " + std::to_string(q.integer(1));
  };
  bool edge = edges.next(), sum = synapses.next();
  while (edge || sum) {
    if (!sum || (edge && key(edges) < key(synapses))) {
      tell(sink, "edges", text(edges), "synapses of the pair", "none");
      edge = edges.next();
    } else if (!edge || key(synapses) < key(edges)) {
      tell(sink, "edges", text(synapses), "an edge of " + std::to_string(synapses.integer(2)) + " synapses", "none");
      sum = synapses.next();
    } else {
      for (std::size_t i = 0; i < kEdgeSums.size(); ++i)
        if (!is_same(edges.number(i + 2), synapses.number(i + 2)))
          tell(sink, "edges." + kEdgeSums[i], text(edges), number(synapses.number(i + 2)) + ", from its synapses",
               number(edges.number(i + 2)));
      edge = edges.next(), sum = synapses.next();
    }
  }
}

void check_degrees(VerifiedRun& run, VerifySink& sink) {
  const auto edges = [](const std::string& side) {
    return ", coalesce((SELECT sum(n_syn) FROM edges WHERE " + side + " = cells.id), 0)";
  };
  const auto undirected = [](const std::string& side) {
    return "(SELECT count(*) FROM synapses WHERE " + side + " = cells.id AND (pre_id IS NULL OR post_id IS NULL))";
  };
  const auto voxels = [](const std::string& type) {
    return ", coalesce((SELECT sum(volume_um3) FROM organelles WHERE cell_id = cells.id AND type = '" + type + "'), 0)";
  };
  const std::vector<std::string> names{"n_syn_out", "n_syn_in", "n_syn_undirected", "mi_volume_um3", "vc_volume_um3"};
  std::string sql = "SELECT id";
  for (const std::string& name : names) sql += ", " + name;
  sql += edges("pre_id") + edges("post_id") + ", " + undirected("cell_a") + " + " + undirected("cell_b") + voxels("mi") +
         voxels("vc") + " FROM cells ORDER BY id";
  for (SqliteQuery query(run.path(kDatabase), sql); query.next();)
    for (std::size_t i = 0; i < names.size(); ++i)
      if (const double found = query.number(i + 1), expected = query.number(i + 1 + names.size());
          !std::isnan(found) && !is_same(found, expected))
        tell(sink, "cells." + names[i], std::to_string(query.integer(0)), number(expected) + ", summed over the rows",
             number(found));
}

/// Every kept synapse of a cell counts once in its degrees.
void check_cell_synapses(const VerifiedShard& s) {
  if (!s.set.has_column("n_syn")) return;
  const auto n = s.set.column<std::uint32_t>("n_syn");
  SqliteQuery query(s.run.path(kDatabase),
                    "SELECT id, n_syn_out + n_syn_in + n_syn_undirected FROM cells WHERE n_syn_out IS NOT NULL");
  while (query.next()) {
    const Id id = static_cast<Id>(query.integer(0));
    if (shard_of(id, s.set.n_shards()) != s.shard) continue;
    if (const auto row = s.set.find(id); row && n(*row) != query.integer(1))
      s.add("n_syn", id, std::to_string(query.integer(1)) + ", the degrees in connectome.sqlite",
            std::to_string(n(*row)));
  }
}

// ---- contacts -------------------------------------------------------------------------------------------------------

struct ContactSum {
  std::int64_t n_cs = 0, size_vx = 0;
};

void check_contacts(VerifiedRun& run, std::uint32_t slice, std::uint32_t slices, VerifySink& sink) {
  const SegmentationDataset &cs = run.open("cs"), &sv = run.open("sv");
  const auto a = cs.column<Id>("sv_a"), b = cs.column<Id>("sv_b"), cell = sv.column<Id>("cell_id");
  const auto size = cs.column<std::uint64_t>("size_vx");
  const auto is_mine = [&](Id x, Id y) { return part_of(mix64(x, y), slices) == slice; };
  const auto cell_of = [&](Id part) {
    const auto row = sv.find(part);
    return row ? cell(*row) : kBackground;
  };
  std::map<std::pair<Id, Id>, ContactSum> sums;
  for (std::uint32_t shard = 0; shard < cs.n_shards(); ++shard)
    cs.for_each(shard, [&](Id, Row row) {
      const auto [x, y] = std::minmax({cell_of(a(row)), cell_of(b(row))});
      if (x == kBackground || x == y || !is_mine(x, y)) return;
      ContactSum& sum = sums[{x, y}];
      ++sum.n_cs, sum.size_vx += static_cast<std::int64_t>(size(row));
    });
  SqliteQuery query(run.path(kDatabase), "SELECT cell_a, cell_b, n_cs, size_vx FROM contacts");
  while (query.next()) {
    const Id x = static_cast<Id>(query.integer(0)), y = static_cast<Id>(query.integer(1));
    if (!is_mine(x, y)) continue;
    const ContactSum sum = sums[{x, y}];
    const std::string id = std::to_string(x) + " and " + std::to_string(y);
    if (sum.n_cs != query.integer(2))
      tell(sink, "contacts.n_cs", id, std::to_string(sum.n_cs) + ", from datasets/cs.h5",
           std::to_string(query.integer(2)));
    if (sum.size_vx != query.integer(3))
      tell(sink, "contacts.size_vx", id, std::to_string(sum.size_vx) + ", from datasets/cs.h5",
           std::to_string(query.integer(3)));
    sums.erase({x, y});
  }
  for (const auto& [pair, sum] : sums)
    tell(sink, "contacts", std::to_string(pair.first) + " and " + std::to_string(pair.second),
         "a row of " + std::to_string(sum.n_cs) + " contact sites", "none");
}

VerifyCheck contacts(const VerifiedRunPtr& run) {
  constexpr std::uint64_t kNodeBytes = 96;
  const auto slices = [run] { return run->slices(run->open("cs").size(), kNodeBytes); };
  return {"table-contacts", VerifyDepth::semantic, "contacts in SQLite are the sums over contact sites",
          {kDatabase, VerifiedRun::top("cs"), VerifiedRun::top("sv")},
          [=](VerifySink& sink, std::int64_t i) {
            check_contacts(*run, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(slices()), sink);
          },
          slices};
}

}  // namespace

std::vector<VerifyCheck> table_checks(const VerifiedRunPtr& run) {
  std::vector<VerifyCheck> checks{
      rows(run),
      {"table-ids", VerifyDepth::semantic, "every cell that a table names is in the table cells", {kDatabase},
       [run](VerifySink& sink, std::int64_t) { check_ids(*run, sink); }},
      {"table-edges", VerifyDepth::semantic, "edges are the sums over the synapses of each pair", {kDatabase},
       [run](VerifySink& sink, std::int64_t) { check_edges(*run, sink); }},
      {"table-degrees", VerifyDepth::semantic, "degrees and volumes of cells are the sums over edges, synapses, organelles",
       {kDatabase}, [run](VerifySink& sink, std::int64_t) { check_degrees(*run, sink); }},
      type_check(run, "cell-degrees", "n_syn of a cell is the sum of its degrees", "ssv", check_cell_synapses, {}),
      contacts(run)};
  checks[4].needs.push_back(kDatabase);
  return checks;
}

}  // namespace syconn
