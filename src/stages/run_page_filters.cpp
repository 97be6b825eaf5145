// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "run_page_parts.h"

namespace syconn::page {
namespace {

struct Rung {
  std::string key, name, text;
  std::optional<double> n;
};

std::string bar(double share) {
  char text[128];
  std::snprintf(text, sizeof text, "<div class=\"bar\" style=\"width:%.1f%%\"></div>",
                std::clamp(100 * share, 0.3, 100.0));
  return text;
}

std::optional<double> stored(const Source& s, const std::string& type) {
  const auto n = n_objects(s, type);
  return n ? std::optional(static_cast<double>(*n)) : std::nullopt;
}

}  // namespace

std::string filters_html(const Source& s) {
  const auto kept = ask(s, "synapses", {{"count(*)"}, {"count(pre_id)", {"pre_id"}}});
  const std::vector<Rung> rungs{
      {"rung_cs", "Contact sites", "pairs of supervoxels that touch", stored(s, "cs")},
      {"rung_syn", "Synaptic fragments", "of these with a synaptic junction on them", stored(s, "syn")},
      {"rung_syn_ssv", "Candidates", "fragments of two cells, joined within synapses.gap_nm, of enough voxels",
       stored(s, "syn_ssv")},
      {"rung_kept", "Synapses", "candidates of enough probability", kept[0]},
      {"rung_directed", "With a direction", "synapses of which is known who is presynaptic", kept[1]},
  };
  double most = 0;
  for (const Rung& r : rungs) most = std::max(most, r.n.value_or(0));
  if (most == 0) return {};
  HtmlTable table;
  table.caption = "From contact to connection";
  table.heads = {"Step", "Number", "", "What is left"};
  table.words = {true, false, true, true};
  for (const Rung& r : rungs)
    if (r.n) table.add({r.name, count_text(std::llround(*r.n)), bar(*r.n / most), r.text}, r.key);
  return table.html();
}

std::string next_html(const Source& s) {
  const std::string run = s.run->folder().string();
  std::string quoted;
  for (const char c : run) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  const bool plain =
      run.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == run.npos;
  const std::string r = plain ? run : "'" + quoted + "'";
  std::string text = "syconn status " + r + "                 # what is done and what is not\n";
  if (s.tables)
    text += "syconn query columns " + r +
            "          # every table and column, with units\n"
            "syconn query synapses " +
            r +
            " --where 'prob>=0.8' -f csv -o synapses.csv\n"
            "syconn query matrix " +
            r +
            " --hdf5 matrix.h5\n"
            "sqlite3 " +
            r + "/connectome.sqlite \"SELECT * FROM edges ORDER BY n_syn DESC LIMIT 10\"\n";
  text += "syconn draw " + r + " -n 5 -o cells.png  # other cells: --cells ID,ID\n";
  text += "syconn run -o " + r + "                 # goes on, or does again what is missing\n";
  text += "syconn report " + r + "              # makes this page again\n";
  return "<pre>" + escaped_markup(text) + "</pre>\n";
}

}  // namespace syconn::page
