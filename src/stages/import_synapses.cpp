// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/import_synapses.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "connectome_file.h"
#include "syconn/core/json.h"
#include "syconn/core/utf8.h"
#include "syconn/core/version.h"
#include "syconn/io/connectome.h"
#include "syconn/io/sqlite_reader.h"
#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

enum class Role { id, cell, real, integer, comp, type, other };

struct KnownColumn {
  const char* name;
  Role role;
  const char *units, *description;
};
constexpr KnownColumn kKnown[] = {{"id", Role::id, "", "synapse"},
                                  {"pre_id", Role::cell, "", "presynaptic cell; NULL: unknown"},
                                  {"post_id", Role::cell, "", "postsynaptic cell; NULL: unknown"},
                                  {"size_vx", Role::integer, "vx", "voxels"},
                                  {"area_um2", Role::real, "um2", "area"},
                                  {"prob", Role::real, "", "probability of being a synapse"},
                                  {"sign", Role::integer, "", "-1 inhibitory, +1 excitatory, 0 unknown"},
                                  {"pre_comp", Role::comp, "", "compartment of pre_id, code"},
                                  {"post_comp", Role::comp, "", "compartment of post_id, code"},
                                  {"pre_type", Role::type, "", "cell type of pre_id, code"},
                                  {"post_type", Role::type, "", "cell type of post_id, code"},
                                  {"spine_head_vol_um3", Role::real, "um3", "of the spine head it sits on"},
                                  {"mito_dist_nm", Role::real, "nm", "to the nearest mitochondrion of pre_id"},
                                  {"x_nm", Role::real, "nm", "position"},
                                  {"y_nm", Role::real, "nm", "position"},
                                  {"z_nm", Role::real, "nm", "position"}};

/// One entry of the map.
struct Mapped {
  std::string ours, theirs;
  double factor = 1;
  std::map<std::string, std::string> words;
  Role role = Role::other;
  SqlColumn column;
  std::size_t at = 0;  ///< place in the CSV
};

[[noreturn]] void bad_map(const std::string& text, const std::string& what) {
  throw Error(Category::usage, "map '" + text + "': " + what + "; give OURS=THEIRS[*FACTOR][:VALUE=WORD]...");
}

Mapped mapped_of(const std::string& text) {
  Mapped m;
  std::vector<std::string> parts;
  for (std::size_t from = 0;;) {
    const std::size_t colon = text.find(':', from);
    parts.push_back(text.substr(from, colon == text.npos ? text.npos : colon - from));
    if (colon == text.npos) break;
    from = colon + 1;
  }
  const std::size_t equal = parts[0].find('=');
  if (equal == text.npos || equal == 0) bad_map(text, "no '='");
  m.ours = parts[0].substr(0, equal), m.theirs = parts[0].substr(equal + 1);
  if (m.ours.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != m.ours.npos ||
      (m.ours[0] >= '0' && m.ours[0] <= '9'))
    bad_map(text, "'" + m.ours + "' is no name of letters, digits and '_'");
  if (const std::size_t star = m.theirs.rfind('*'); star != m.theirs.npos) {
    const std::string factor = m.theirs.substr(star + 1);
    const auto read = std::from_chars(factor.data(), factor.data() + factor.size(), m.factor);
    if (read.ec != std::errc() || read.ptr != factor.data() + factor.size() || !std::isfinite(m.factor))
      bad_map(text, "'" + factor + "' is no number");
    m.theirs.resize(star);
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t at = parts[i].find('=');
    if (at == text.npos) bad_map(text, "no '=' in '" + parts[i] + "'");
    m.words[parts[i].substr(0, at)] = parts[i].substr(at + 1);
  }
  for (const KnownColumn& k : kKnown)
    if (m.ours == k.name) m.role = k.role, m.column = {k.name, SqlType::integer, k.units, k.description};
  if (m.role == Role::real) m.column.type = SqlType::real;
  if (m.role == Role::other)
    m.column = {m.ours, SqlType::integer, "", "column '" + m.theirs + "' of the imported table"};
  return m;
}

class Importer {
 public:
  explicit Importer(const SynapseImport& import) : import_(import) {
    std::set<std::string> names;
    for (const std::string& text : import.map) {
      columns_.push_back(mapped_of(text));
      std::string name = columns_.back().ours;  // SQLite takes names that differ in case for one
      for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      if (!names.insert(name).second) bad_map(text, "'" + columns_.back().ours + "' is given twice");
      for (const KnownColumn& k : kKnown)
        if (name == k.name && columns_.back().ours != k.name)
          bad_map(text, "the column is written '" + std::string(k.name) + "'");
    }
    for (const char* needed : {"pre_id", "post_id"})
      if (!names.contains(needed)) throw Error(Category::usage, std::string("the map has no '") + needed + "'");
    own_id_ = names.contains("id");
    std::stable_partition(columns_.begin(), columns_.end(), [](const Mapped& m) { return m.role == Role::id; });
    unknown_ = {"", "NaN", "nan"};
    unknown_.insert(import.unknown.begin(), import.unknown.end());
  }

  SynapseImported run() {
    look();
    const fs::path temporary = temporary_name(import_.out);
    SqliteWriter sql(temporary, kConnectomeFile);
    write_synapses(sql);
    write_sums(sql);
    close_connectome(sql, tables_, meta());
    count(temporary);
    commit_file(temporary, import_.out);
    return done_;
  }

 private:
  void find_columns(const CsvReader& csv) {
    for (Mapped& m : columns_) m.at = csv.column(m.theirs);
  }
  std::optional<std::string> value(const CsvReader& csv, const Mapped& m) const {
    std::string text(csv.text(m.at));
    if (unknown_.contains(text)) return std::nullopt;
    if (const auto word = m.words.find(text); word != m.words.end()) return word->second;
    if (!m.words.empty() && (m.role == Role::comp || m.role == Role::type))
      csv.fail(m.at, "the map has no word for '" + text + "'");
    return text;
  }
  static std::optional<std::int64_t> as_integer(const std::string& text) {
    std::int64_t v = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), v);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return v;
  }
  static std::optional<double> as_real(const std::string& text) {
    double v = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), v);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(v)) return std::nullopt;
    return v;
  }

  /// First pass: words of the types, kinds of the columns of other names.
  void look() {
    std::set<std::string> types;
    CsvReader csv(import_.csv);
    find_columns(csv);
    while (csv.next())
      for (Mapped& m : columns_) {
        if (m.role != Role::type && m.role != Role::other) continue;
        const auto text = value(csv, m);
        if (!text) continue;
        if (m.role == Role::type) {
          if (types.insert(*text).second && !is_utf8(*text)) csv.fail(m.at, "a type's name that is no UTF-8 text");
          if (types.size() > 254) csv.fail(m.at, "more than 254 cell types");
        } else if (m.column.type == SqlType::integer && (!as_integer(*text) || m.factor != 1)) {
          m.column.type = as_real(*text) ? SqlType::real : SqlType::text;
        } else if (m.column.type == SqlType::real && !as_real(*text)) {
          m.column.type = SqlType::text;
        }
      }
    for (const std::string& type : types) types_.emplace(type, static_cast<std::int64_t>(types_.size()));
  }

  std::int64_t code_of(const CsvReader& csv, const Mapped& m, const std::string& text) const {
    if (m.role == Role::type) return types_.at(text);
    for (const auto& [code, name] : compartment_names())
      if (name == text || std::to_string(code) == text) return code;
    csv.fail(m.at, "'" + text + "' is no compartment (shaft, spine_head, spine_neck, axon, ...)");
  }

  void add(SqliteWriter& sql, const CsvReader& csv, const Mapped& m) const {
    const auto text = value(csv, m);
    if (!text) {
      if (m.role == Role::id) csv.fail(m.at, "a synapse without id");
      sql.add_null();
      return;
    }
    if (m.role == Role::comp || m.role == Role::type) {
      sql.add(code_of(csv, m, *text));
    } else if (m.column.type == SqlType::text) {
      sql.add(std::string_view(*text));
    } else if (m.column.type == SqlType::real) {
      const auto v = as_real(*text);
      if (!v) csv.fail(m.at, "'" + *text + "' is no number");
      sql.add(*v * m.factor);
    } else {
      const auto v = as_integer(*text);
      if (!v || ((m.role == Role::id || m.role == Role::cell) && *v < 0))
        csv.fail(m.at, "'" + *text + "' is no id or integer below 2^63 (unknown values are named by --null)");
      if (m.factor != 1) csv.fail(m.at, "integers: no factor goes with them");
      sql.add(*v);
    }
  }

  void write_synapses(SqliteWriter& sql) {
    SqlTable table{"synapses", {}, {"id"}};
    if (!own_id_) table.columns.push_back({"id", SqlType::integer, "", "number of the row, from 1"});
    for (const Mapped& m : columns_) table.columns.push_back(m.column);
    table.indices = synapse_indices(table.columns);
    sql.begin_table(table);
    tables_.push_back(table);
    CsvReader csv(import_.csv);
    find_columns(csv);
    while (csv.next()) {
      ++done_.synapses;
      if (!own_id_) sql.add(done_.synapses);
      for (const Mapped& m : columns_) add(sql, csv, m);
      if (!sql.end_row_if_new())
        csv.fail(columns_[0].at, "the id '" + std::string(csv.text(columns_[0].at)) + "' a second time");
    }
  }

  bool has(const std::string& name) const {
    return std::any_of(columns_.begin(), columns_.end(), [&](const Mapped& m) { return m.ours == name; });
  }

  /// edges and cells, summed by SQLite itself.
  void write_sums(SqliteWriter& sql) {
    const SqlType i = SqlType::integer;
    SqlTable edges{
        "edges",
        {{"pre_id", i, "", "presynaptic cell"}, {"post_id", i, "", "postsynaptic cell"}, {"n_syn", i, "", "synapses"}},
        {"pre_id", "post_id"},
        {{"post_id", "pre_id"}}};
    std::string sums = "count(*)";
    if (has("area_um2"))
      edges.columns.push_back({"area_sum_um2", SqlType::real, "um2", "sum of their areas"}), sums += ", sum(area_um2)";
    sql.begin_table(edges);
    sql.execute("INSERT INTO edges SELECT pre_id, post_id, " + sums +
                " FROM synapses WHERE pre_id IS NOT NULL AND post_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2");
    SqlTable cells{"cells", {{"id", i, "", "cell"}}, {"id"}, {{"type"}}};
    cells.columns.push_back({"type", i, "", "cell type, code; NULL: unknown, or its rows disagree"});
    cells.columns.push_back({"n_syn_out", i, "", "synapses it gives"});
    cells.columns.push_back({"n_syn_in", i, "", "synapses it receives"});
    sql.begin_table(cells);
    const auto side = [&](const char* id, const char* type, const char* out, const char* in) {
      return std::string("SELECT ") + id + " AS id, " + (has(type) ? type : "NULL") + " AS type, " + out + " AS o, " +
             in + " AS i FROM synapses WHERE " + id + " IS NOT NULL";
    };
    sql.execute(
        "INSERT INTO cells SELECT id, CASE WHEN min(type) = max(type) THEN min(type) END, sum(o), sum(i) FROM (" +
        side("pre_id", "pre_type", "1", "0") + " UNION ALL " + side("post_id", "post_type", "0", "1") +
        ") GROUP BY id ORDER BY id");
    tables_.push_back(edges), tables_.push_back(cells);
  }

  std::vector<std::pair<std::string, std::string>> meta() const {
    Json names = Json::object(), origin = {{"tool", "syconn"}, {"version", version()}, {"stage", "import"}};
    for (const auto& [name, code] : types_) names[std::to_string(code)] = name;
    origin["map"] = import_.map;
    return {{"format", "syconn.connectome"},
            {"format_version", "1"},
            {"dataset", import_.name},
            {"cell_types", names.dump()},
            {"n_synapses", std::to_string(done_.synapses)},
            {"provenance", origin.dump(-1, ' ', false, Json::error_handler_t::replace)}};
  }

  void count(const fs::path& file) {
    const auto one = [&](const std::string& query) {
      SqliteQuery row(file, query);
      row.next();
      return static_cast<std::uint64_t>(row.integer(0));
    };
    done_.cells = one("SELECT count(*) FROM cells"), done_.edges = one("SELECT count(*) FROM edges");
    done_.undirected = one("SELECT count(*) FROM synapses WHERE pre_id IS NULL OR post_id IS NULL");
    if (!types_.empty())
      done_.types_in_doubt = one(
          std::string("SELECT count(*) FROM cells c WHERE type IS NULL AND (") +
          (has("pre_type") ? "EXISTS (SELECT 1 FROM synapses WHERE pre_id = c.id AND pre_type IS NOT NULL)" : "0") +
          " OR " +
          (has("post_type") ? "EXISTS (SELECT 1 FROM synapses WHERE post_id = c.id AND post_type IS NOT NULL)" : "0") +
          ")");
  }

  const SynapseImport& import_;
  std::vector<Mapped> columns_;
  std::set<std::string> unknown_;
  std::map<std::string, std::int64_t> types_;
  std::vector<SqlTable> tables_;
  SynapseImported done_;
  bool own_id_ = false;
};

}  // namespace

SynapseImported import_synapses(const SynapseImport& import) { return Importer(import).run(); }

}  // namespace syconn
