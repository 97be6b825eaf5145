// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <iostream>

#include "commands.h"
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

}  // namespace

int draw_command(const std::string&, int argc, char** argv) {
  CLI::App app("Draws cells with their synapses as a PNG.", "syconn draw");
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
