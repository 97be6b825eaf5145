// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "run_page_parts.h"
#include "syconn/core/error.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/sqlite_reader.h"

namespace syconn::page {

std::vector<std::optional<double>> ask(const Source& s, const std::string& table, const std::vector<Asked>& asked) {
  std::vector<std::optional<double>> answers(asked.size());
  if (!s.tables || !s.tables->has_table(table)) return answers;
  std::string sql;
  for (const Asked& a : asked) {
    const bool known = std::all_of(a.columns.begin(), a.columns.end(), [&](const auto& c) { return s.has(table, c); });
    sql += (sql.empty() ? "SELECT " : ", ") + (known ? a.sql : "NULL");
  }
  SqliteQuery row(s.tables->path(), sql + " FROM " + sql_name(table));
  if (row.next())
    for (std::size_t i = 0; i < asked.size(); ++i)
      if (!row.is_null(i)) answers[i] = row.number(i);
  return answers;
}

std::string type_name(const Source& s, std::int64_t code) {
  if (s.tables)
    if (const auto found = s.tables->cell_types().find(code); found != s.tables->cell_types().end())
      return found->second;
  return code == 255 ? "unknown" : "type " + std::to_string(code);
}

std::string compartment_name(std::int64_t code) {
  const auto found = compartment_names().find(code);
  std::string name = found == compartment_names().end() ? "unknown" : found->second;
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::optional<std::uint64_t> n_objects(const Source& s, const std::string& type) {
  if (!fs::exists(s.dataset(type))) return std::nullopt;
  try {
    return SegmentationDataset::open(s.dataset(type)).size();
  } catch (const Error&) {
    return std::nullopt;  // half made: the stage that makes it is not complete, which the page says elsewhere
  }
}

namespace {

const char* const kOrganelleNames[][2] = {
    {"mi", "mitochondria"}, {"vc", "vesicle clouds"}, {"sj", "synaptic junctions"}};

std::string organelle_name(const std::string& type) {
  for (const auto& [key, name] : kOrganelleNames)
    if (type == key) return name;
  return type;
}

/// A number of the page: a row.
class Facts {
 public:
  void count(const std::string& key, const std::string& name, const std::optional<double>& n, const std::string& text) {
    if (n) add(key, name, count_text(std::llround(*n)), text);
  }
  void measure(const std::string& key, const std::string& name, const std::optional<double>& v, const char* unit,
               const std::string& text) {
    if (v && std::isfinite(*v)) add(key, name, measure_text(*v) + (*unit == '\0' ? "" : std::string(" ") + unit), text);
  }
  /// A name that begins with a tab is part of the one above.
  void add(const std::string& key, const std::string& name, const std::string& value, const std::string& text) {
    const bool part = name[0] == '\t';
    const std::string shown = escaped_markup(name.substr(part ? 1 : 0));
    table_.add({part ? "<span class=\"part\">" + shown + "</span>" : shown, value, escaped_markup(text)}, key);
  }
  std::string html() {
    table_.heads = {"What", "Number", "What it means"};
    table_.words = {true, false, true};
    return table_.html();
  }

 private:
  HtmlTable table_;
};

void cell_facts(const Source& s, Facts& facts) {
  const auto a = ask(s, "cells",
                     {{"count(*)"},
                      {"total(fragment)", {"fragment"}},
                      {"total(soma_radius_nm>0)", {"soma_radius_nm"}},
                      {"sum(complete)", {"complete"}},
                      {"sum(path_um)", {"path_um"}},
                      {"total(volume_um3)", {"volume_um3"}},
                      {"total(coalesce(n_syn_in,0)+coalesce(n_syn_out,0)+coalesce(n_syn_undirected,0)>0)",
                       {"n_syn_in", "n_syn_out", "n_syn_undirected"}},
                      {"sum(axon_um)", {"axon_um"}},
                      {"sum(dend_um)", {"dend_um"}},
                      {"sum(n_sv)", {"n_sv"}}});
  facts.count("n_cells", "Cells", a[0],
              "Connected pieces of neurites and somata: whole cells and what the box cuts off.");
  facts.count("n_supervoxels", "\tsupervoxels in them", a[9],
              "Pieces that the segmentation gave; a cell is one or several.");
  facts.count("n_fragments", "\tfragments", a[1],
              "Their bounding box has no longer diagonal than sso.fragment_nm; kept in every table, and marked.");
  facts.count("n_cells_with_soma", "\twith a soma", a[2], "A soma was found in their skeleton.");
  facts.count("n_complete", "\tcomplete", a[3], "With a soma and not cut by the border of the box.");
  facts.count("n_cells_with_synapses", "\twith a synapse", a[6], "They give or receive at least one.");
  facts.measure("path_um", "Path length of all cells", a[4], "µm", "Length of all skeletons.");
  facts.measure("axon_um", "\taxon", a[7], "µm", "By the compartment of the skeleton nodes.");
  facts.measure("dend_um", "\tdendrite", a[8], "µm", "By the compartment of the skeleton nodes.");
  if (a[5] && s.volume_um3 > 0)
    facts.add(
        "cell_volume_um3", "Volume of all cells", measure_text(*a[5]) + " µm³",
        share_text(*a[5], s.volume_um3) + " of the box; the rest is extracellular space, vessels, or not segmented.");
}

void synapse_facts(const Source& s, Facts& facts) {
  const auto a = ask(s, "synapses",
                     {{"count(*)"},
                      {"total(sign>0)", {"sign"}},
                      {"total(sign<0)", {"sign"}},
                      {"total(sign=0 OR sign IS NULL)", {"sign"}},
                      {"total(pre_id IS NULL OR post_id IS NULL)", {"pre_id", "post_id"}},
                      {"sum(prob)", {"prob"}}});
  if (!a[0]) return;
  facts.count("n_synapses", "Synapses", a[0], "Kept: of at least synapses.prob_min, or without a probability.");
  facts.measure("n_synapses_expected", "\tof these true, by their probabilities", a[5], "",
                "Sum of their probabilities: what to expect if these are what they claim.");
  const auto of_all = [&](double n) { return share_text(n, *a[0]) + " of the synapses; "; };
  if (a[1] && a[2] && *a[1] + *a[2] > 0) {
    facts.count("n_excitatory", "\texcitatory", a[1], of_all(*a[1]) + "asymmetric, sign +1.");
    facts.count("n_inhibitory", "\tinhibitory", a[2], of_all(*a[2]) + "symmetric, sign −1.");
  }
  if (a[3])
    facts.count("n_sign_unknown", "\tof unknown sign", a[3], of_all(*a[3]) + "no map says of which kind they are.");
  if (a[4])
    facts.count("n_undirected", "\tof unknown direction", a[4],
                of_all(*a[4]) + "neither compartments nor vesicles tell who is presynaptic: in no connection.");
}

void target_facts(const Source& s, Facts& facts) {
  if (!s.has("synapses", "post_comp")) return;
  SqliteQuery rows(
      s.tables->path(),
      "SELECT coalesce(post_comp, 255), count(*), sum(count(*)) OVER () FROM synapses WHERE post_id IS NOT "
      "NULL GROUP BY 1 ORDER BY 2 DESC, 1");
  while (rows.next()) {
    const std::string name = compartment_name(rows.integer(0));
    if (rows.integer(0) == 255 && rows.integer(1) == rows.integer(2)) return;  // nothing is known of any
    std::string key = "target_" + name;
    std::replace(key.begin(), key.end(), ' ', '_');
    facts.count(key, "\tonto " + name, rows.number(1),
                share_text(rows.number(1), rows.number(2)) + " of the synapses with a direction end there.");
  }
}

/// What else is known of them, after where they end.
void more_synapse_facts(const Source& s, Facts& facts) {
  const auto a = ask(s, "synapses", {{"count(*)"}, {"avg(area_um2)", {"area_um2"}}});
  if (!a[0]) return;
  const auto connections = ask(s, "edges", {{"count(*)"}});
  const std::string below = s.tables->meta("n_synapses_below_prob_min");
  if (!below.empty())
    facts.count("n_synapses_below_prob_min", "Rejected candidates", std::stod(below),
                "Contacts with a junction whose probability is below " + measure_text(s.prob_min) +
                    " (synapses.prob_min); they are only in datasets/syn_ssv.h5.");
  if (s.volume_um3 > 0)
    facts.measure("synapse_density", "Synapses per volume", *a[0] / s.volume_um3, "per µm³",
                  "Kept synapses over the volume of the box, " + measure_text(s.volume_um3) + " µm³.");
  facts.measure("mean_area_um2", "Mean area of a synapse", a[1], "µm²", "Half the area of its closed surface.");
  facts.count("n_edges", "Connections", connections[0],
              "Ordered pairs of cells with at least one synapse of known direction.");
}

void type_facts(const Source& s, Facts& facts) {
  if (!s.has("cells", "type") || s.tables->cell_types().empty()) return;
  SqliteQuery rows(s.tables->path(),
                   "SELECT coalesce(type, 255), count(*), sum(count(*)) OVER () FROM cells GROUP BY 1 "
                   "ORDER BY 2 DESC, 1 LIMIT 40");
  while (rows.next()) {
    const std::string name = type_name(s, rows.integer(0));
    facts.count("type_" + name, "Cells of type " + name, rows.number(1),
                share_text(rows.number(1), rows.number(2)) + " of all cells.");
  }
}

void organelle_facts(const Source& s, Facts& facts) {
  if (!s.has("organelles", "type")) return;
  const bool assigned = s.has("organelles", "cell_id");
  SqliteQuery rows(s.tables->path(), std::string("SELECT type, count(*), total(volume_um3), ") +
                                         (assigned ? "count(cell_id)" : "NULL") +
                                         " FROM organelles GROUP BY 1 ORDER BY 1");
  while (rows.next()) {
    std::string text = measure_text(rows.number(2)) + " µm³ in all";
    if (assigned) text += "; " + count_text(rows.integer(3)) + " of them belong to a cell";
    std::string name = organelle_name(rows.text(0));
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    facts.count("n_" + rows.text(0), name, rows.number(1), text + ".");
  }
}

void contact_facts(const Source& s, Facts& facts) {
  const auto a = ask(s, "contacts", {{"count(*)"}, {"total(area_um2)", {"area_um2"}}});
  if (a[0] && a[1])
    facts.count("n_contacts", "Pairs of cells that touch", a[0],
                "Over " + measure_text(*a[1]) + " µm² of membrane in all.");
}

/// The same in words, for who reads one paragraph only.
std::string lead(const Source& s) {
  const auto cells = ask(s, "cells", {{"count(*)"}, {"total(fragment)", {"fragment"}}});
  const auto syn = ask(s, "synapses", {{"count(*)"}, {"total(sign>0)", {"sign"}}, {"total(sign<0)", {"sign"}}});
  if (!cells[0]) return {};
  std::string text = "<p class=\"lead\">In " + measure_text(s.volume_um3) + " µm³ of tissue this run found " +
                     count_text(std::llround(*cells[0])) + " cells";
  if (cells[1]) text += " (" + count_text(std::llround(*cells[1])) + " of them small fragments)";
  if (syn[0]) {
    text += " and " + count_text(std::llround(*syn[0])) + " synapses between them";
    if (s.volume_um3 > 0) text += ", " + measure_text(*syn[0] / s.volume_um3) + " per µm³";
    if (syn[1] && syn[2] && *syn[1] + *syn[2] > 0)
      text += "; of those whose sign is known, " + share_text(*syn[1], *syn[1] + *syn[2]) + " are excitatory";
  }
  return text + ".</p>\n";
}

std::string stored_html(const Source& s) {
  HtmlTable table;
  table.heads = {"Stored objects", "Number"};
  const char* kinds[][2] = {{"sv", "Supervoxels"},         {"ssv", "Cells"},
                            {"mi", "Mitochondria"},        {"vc", "Vesicle clouds"},
                            {"sj", "Synaptic junctions"},  {"cs", "Contact sites of supervoxels"},
                            {"syn", "Synaptic fragments"}, {"syn_ssv", "Synapse candidates between cells"}};
  for (const auto& [type, name] : kinds)
    if (const auto n = n_objects(s, type))
      table.add({name, count_text(static_cast<std::int64_t>(*n))}, std::string("stored_") + type);
  if (table.rows.empty()) return "<p>Nothing is stored yet.</p>\n";
  return table.html();
}

}  // namespace

std::string found_html(const Source& s) {
  if (!s.tables)
    return "<p>The stage <code>tables</code> has not written connectome.sqlite; known are the counts of what is "
           "stored.</p>\n" +
           stored_html(s);
  Facts facts;
  cell_facts(s, facts);
  synapse_facts(s, facts);
  target_facts(s, facts);
  more_synapse_facts(s, facts);
  contact_facts(s, facts);
  organelle_facts(s, facts);
  type_facts(s, facts);
  return lead(s) + facts.html();
}

}  // namespace syconn::page
