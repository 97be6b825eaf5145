// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "embedding_report.h"
#include "syconn/core/json.h"
#include "syconn/stages/draw.h"

namespace syconn {
namespace {

void print(const CellDrawing& d, const std::string& picture) {
  std::printf("%s: scale bar %g um\n", picture.c_str(), d.scale_bar_nm / 1000);
  for (const DrawnCell& c : d.cells)
    std::printf("  %-7s cell %llu, %llu synapses\n", c.colour.c_str(), static_cast<unsigned long long>(c.id),
                static_cast<unsigned long long>(c.n_synapses));
  std::printf("  balls   synapses: %llu excitatory (red), %llu inhibitory (blue), %llu unknown (grey)\n",
              static_cast<unsigned long long>(d.n_excitatory), static_cast<unsigned long long>(d.n_inhibitory),
              static_cast<unsigned long long>(d.n_unknown));
  std::fflush(stdout);
}

void print(const SynapseDrawing& d, const std::string& picture) {
  std::printf("%s: scale bar %g nm, %.3g nm a pixel; above the section as it is, below with\n", picture.c_str(),
              d.scale_bar_nm, d.nm_per_pixel);
  std::printf(
      "  orange and blue  outlines of the first and the second cell\n"
      "  yellow           outline of the junction map\n"
      "  red              voxels of the synapse\n");
  for (const DrawnSynapse& s : d.synapses) {
    char prob[32] = "";
    if (!std::isnan(s.prob)) std::snprintf(prob, sizeof prob, ", prob %.2f", static_cast<double>(s.prob));
    std::printf(
        "  synapse %llu: cells %llu (orange) and %llu (blue), section %lld, at x %lld y %lld, %llu of its %llu "
        "voxels%s\n",
        static_cast<unsigned long long>(s.id), static_cast<unsigned long long>(s.cell_a),
        static_cast<unsigned long long>(s.cell_b), static_cast<long long>(s.centre_vx.z),
        static_cast<long long>(s.centre_vx.x), static_cast<long long>(s.centre_vx.y),
        static_cast<unsigned long long>(s.in_section_vx), static_cast<unsigned long long>(s.size_vx), prob);
  }
  std::fflush(stdout);
}

Json as_json(const SynapseDrawing& d, const std::string& picture) {
  Json list = Json::array();
  for (const DrawnSynapse& s : d.synapses) {
    list.push_back({{"id", s.id},
                    {"cell_a", s.cell_a},
                    {"cell_b", s.cell_b},
                    {"centre_vx", {s.centre_vx.x, s.centre_vx.y, s.centre_vx.z}},
                    {"size_vx", s.size_vx},
                    {"in_section_vx", s.in_section_vx},
                    {"cell_a_vx", s.cell_a_vx},
                    {"cell_b_vx", s.cell_b_vx},
                    {"junction_vx", s.junction_vx},
                    {"area_um2", s.area_um2},
                    {"prob", nullptr}});
    if (!std::isnan(s.prob)) list.back()["prob"] = s.prob;
  }
  return {{"picture", picture}, {"scale_bar_nm", d.scale_bar_nm}, {"nm_per_pixel", d.nm_per_pixel}, {"synapses", list}};
}

/// syconn draw synapses RUN
int draw_synapses_command(int argc, char** argv) {
  CLI::App app("Draws synapses over the raw sections as a PNG.", "syconn draw synapses");
  std::string run, picture = "synapses.png";
  std::vector<Id> ids;
  std::size_t n = 3;
  double prob_min = 0.5, window_nm = 1000;
  bool json = false;
  app.add_option("RUN", run, "run folder")->required()->type_name("DIR")->group("Input");
  app.add_option("--ids", ids, "synapses to draw; default: the largest")
      ->delimiter(',')
      ->type_name("ID")
      ->group("Input");
  app.add_option("-n,--count", n, "how many, where --ids is not given")
      ->check(CLI::Range(1, 20))
      ->capture_default_str()
      ->group("Input");
  app.add_option("--prob-min", prob_min, "synapses below this probability are left out")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group("Input");
  app.add_option("--window-nm", window_nm, "edge of what is shown")
      ->check(CLI::Range(10.0, 20000.0))
      ->capture_default_str()
      ->group("Input");
  app.add_option("-o,--out", picture, "the picture")->type_name("FILE")->capture_default_str()->group("Output");
  app.add_flag("--json", json, "what was drawn, as JSON")->group("Output");
  app.footer(help_footer({"RUN/config.yml and its volumes raw, sv, sj; RUN/datasets/sv.h5, syn_ssv.h5"}, {"FILE"},
                         {"syconn draw synapses runs/vnc --ids 9,23,111 -o synapses.png"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const SynapseDrawing d = draw_synapses(run, ids, n, prob_min, window_nm, picture);
  if (json)
    std::cout << as_json(d, picture).dump(1) << '\n';
  else
    print(d, picture);
  return 0;
}

}  // namespace

int draw_command(const std::string&, int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "synapses") return draw_synapses_command(argc - 1, argv + 1);
  if (argc > 1 && std::string(argv[1]) == "embedding") return draw_embedding_command(argc - 1, argv + 1);
  CLI::App app(
      "Draws cells with their synapses as a PNG; 'syconn draw synapses' draws synapses over the raw sections, 'syconn "
      "draw embedding' all cells by what they look like.",
      "syconn draw");
  std::string run, picture = "cells.png";
  std::vector<Id> cells;
  std::size_t n = 3;
  double prob_min = 0.5;
  bool json = false;
  app.add_option("RUN", run, "run folder")->required()->type_name("DIR")->group("Input");
  app.add_option("--cells", cells, "cells to draw; default: those with most synapses")
      ->delimiter(',')
      ->type_name("ID")
      ->group("Input");
  app.add_option("-n,--count", n, "how many cells, where --cells is not given")
      ->check(CLI::Range(1, 100))
      ->capture_default_str()
      ->group("Input");
  app.add_option("--prob-min", prob_min, "synapses below this probability are left out")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group("Input");
  app.add_option("-o,--out", picture, "the picture")->type_name("FILE")->capture_default_str()->group("Output");
  app.add_flag("--json", json, "what was drawn, as JSON")->group("Output");
  app.footer(
      help_footer({"RUN/datasets/ssv.h5; RUN/datasets/syn_ssv.h5 if there"}, {"FILE, 1200 x 900 pixels"},
                  {"syconn draw runs/demo/run -o cells.png", "syconn draw runs/demo/run --cells 17,4294967301"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const CellDrawing d = draw_cells(run, cells, n, prob_min, picture);
  if (!json) return print(d, picture), 0;
  Json list = Json::array();
  for (const DrawnCell& c : d.cells) list.push_back({{"id", c.id}, {"colour", c.colour}, {"n_synapses", c.n_synapses}});
  std::cout << Json{{"picture", picture},
                    {"scale_bar_nm", d.scale_bar_nm},
                    {"cells", list},
                    {"n_excitatory", d.n_excitatory},
                    {"n_inhibitory", d.n_inhibitory},
                    {"n_unknown", d.n_unknown}}
                   .dump(1)
            << '\n';
  return 0;
}

}  // namespace syconn
