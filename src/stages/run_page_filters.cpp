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
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t longest = 0;
  const auto line = [&](const std::string& command, const std::string& comment) {
    lines.emplace_back(command, comment);
    longest = std::max(longest, command.size());
  };
  line("syconn status " + r, "what is done and what is not");
  if (s.tables) {
    line("syconn query columns " + r, "every table and column, with units");
    line("syconn query synapses " + r + " --where 'prob>=0.8' -f csv", "rows that meet conditions");
    line("syconn query matrix " + r + " --hdf5 matrix.h5", "who gives how many synapses to whom");
    line("sqlite3 " + r + "/connectome.sqlite \"SELECT * FROM edges\"", "anything SQL can say");
  }
  line("syconn draw " + r + " --cells ID,ID -o cells.png", "other cells");
  line("syconn run -o " + r, "goes on, or does again what is missing");
  line("syconn report " + r, "makes this page again");
  std::string text;
  for (const auto& [command, comment] : lines)
    text += command + std::string(longest - command.size(), ' ') + "  # " + comment + "\n";
  return "<pre>" + escaped_markup(text) + "</pre>\n";
}

}  // namespace syconn::page
