// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <map>

#include "syconn/io/connectome.h"
#include "syconn/io/sqlite_reader.h"
#include "verify_tables.h"

/// Checks of `syconn verify` on sums in connectome.sqlite. SQLite walks its own indices; nothing here grows with a
/// table but the sums of one slice of contacts.
namespace syconn {
namespace {

// ---- ids and sums inside the database -------------------------------------------------------------------------------

void check_ids(const VerifiedRun& run, VerifySink& sink) {
  const std::pair<const char*, const char*> columns[] = {
      {"edges", "pre_id"},    {"edges", "post_id"},   {"synapses", "pre_id"},   {"synapses", "post_id"},
      {"contacts", "cell_a"}, {"contacts", "cell_b"}, {"organelles", "cell_id"}};
  for (const auto& [table, column] : columns) {
    const std::string name = column;
    SqliteQuery query(run.path(kConnectome), "SELECT DISTINCT " + name + " FROM " + table + " WHERE " + name +
                                                 " <> 0 AND " + name + " NOT IN (SELECT id FROM cells) ORDER BY 1");
    while (query.next())
      tell(sink, std::string(table) + "." + name, std::to_string(query.integer(0)), "an id of cells", "none");
  }
}

const std::vector<std::string> kEdgeSums{"n_syn",     "area_sum_um2", "area_max_um2", "prob_mean",  "n_exc",  "n_inh",
                                         "n_axodend", "n_axosoma",    "n_axospine",   "n_axoshaft", "n_axoax"};

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
  SqliteQuery edges(run.path(kConnectome), sql + " FROM edges ORDER BY pre_id, post_id"),
      synapses(run.path(kConnectome), sums_of_synapses());
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
        if (!is_same_sum(edges.number(i + 2), synapses.number(i + 2)))
          tell(sink, "edges." + kEdgeSums[i], text(edges), known_number(synapses.number(i + 2)) + ", from its synapses",
               known_number(edges.number(i + 2)));
      edge = edges.next(), sum = synapses.next();
    }
  }
}

void check_degrees(VerifiedRun& run, VerifySink& sink) {
  const auto edges = [](const std::string& side) {
    return ", coalesce((SELECT sum(n_syn) FROM edges WHERE " + side + " = cells.id), 0)";
  };
  const auto undirected = [](const std::string& side) {
    return "(SELECT count(*) FROM synapses WHERE " + side + " = cells.id AND " + kNoDirection + ")";
  };
  const auto voxels = [](const std::string& type) {
    return ", coalesce((SELECT sum(volume_um3) FROM organelles WHERE cell_id = cells.id AND type = '" + type + "'), 0)";
  };
  const std::vector<std::string> names{"n_syn_out", "n_syn_in", "n_syn_undirected", "mi_volume_um3", "vc_volume_um3"};
  std::string sql = "SELECT id";
  for (const std::string& name : names) sql += ", " + name;
  sql += edges("pre_id") + edges("post_id") + ", " + undirected("cell_a") + " + " + undirected("cell_b") +
         voxels("mi") + voxels("vc") + " FROM cells ORDER BY id";
  for (SqliteQuery query(run.path(kConnectome), sql); query.next();)
    for (std::size_t i = 0; i < names.size(); ++i)
      if (const double found = query.number(i + 1), expected = query.number(i + 1 + names.size());
          !std::isnan(found) && !is_same_sum(found, expected))
        tell(sink, "cells." + names[i], std::to_string(query.integer(0)),
             known_number(expected) + ", summed over the rows", known_number(found));
}

/// Every kept synapse of a cell counts once in its degrees.
void check_cell_synapses(const VerifiedShard& s) {
  if (!s.set.has_column("n_syn")) return;
  const auto n = s.set.column<std::uint32_t>("n_syn");
  SqliteQuery query(s.run.path(kConnectome),
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
  SqliteQuery query(run.path(kConnectome), "SELECT cell_a, cell_b, n_cs, size_vx FROM contacts");
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
  return {"table-contacts",
          VerifyDepth::semantic,
          "contacts in SQLite are the sums over contact sites",
          {kConnectome, VerifiedRun::top("cs"), VerifiedRun::top("sv")},
          [=](VerifySink& sink, std::int64_t i) {
            check_contacts(*run, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(slices()), sink);
          },
          slices};
}

}  // namespace

std::vector<VerifyCheck> table_checks(const VerifiedRunPtr& run) {
  std::vector<VerifyCheck> checks{
      {"table-ids",
       VerifyDepth::semantic,
       "every cell that a table names is in the table cells",
       {kConnectome, VerifiedRun::top("ssv")},
       [run](VerifySink& sink, std::int64_t) { check_ids(*run, sink); }},
      {"table-edges",
       VerifyDepth::semantic,
       "edges are the sums over the synapses of each pair",
       {kConnectome},
       [run](VerifySink& sink, std::int64_t) { check_edges(*run, sink); }},
      {"table-degrees",
       VerifyDepth::semantic,
       "degrees and volumes of cells are the sums over edges, synapses, organelles",
       {kConnectome},
       [run](VerifySink& sink, std::int64_t) { check_degrees(*run, sink); }},
      type_check(run, "cell-degrees", "n_syn of a cell is the sum of its degrees", "ssv", check_cell_synapses, {}),
      contacts(run)};
  checks[3].needs.push_back(kConnectome);
  return checks;
}

}  // namespace syconn
