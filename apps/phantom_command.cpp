// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/stages/phantom_stats.h"

namespace syconn {
namespace {

Json stats_json(const std::vector<PhantomFigure>& figures) {
  Json json = Json::array();
  for (const PhantomFigure& f : figures)
    json.push_back({{"name", f.name},
                    {"unit", f.unit},
                    {"value", f.value},
                    {"accept", {f.accept_min, f.accept_max}},
                    {"accepted", f.accepted},
                    {"real", f.real}});
  return json;
}

void print_stats(const std::vector<PhantomFigure>& figures) {
  std::printf("%-44s %10s  %-17s %s\n", "quantity", "phantom", "accept", "real tissue");
  for (const PhantomFigure& f : figures)
    std::printf("%-44s %10.3f  %6.2f to %-8.2f %s%s\n", (f.name + (f.unit.empty() ? "" : " (" + f.unit + ")")).c_str(),
                f.value, f.accept_min, f.accept_max, f.real.c_str(), f.accepted ? "" : "   OUTSIDE");
  std::fflush(stdout);
}

}  // namespace

int phantom_command(const std::string& name, int argc, char** argv) {
  // --stats only looks; everything else is the stage like any other.
  bool stats = false;
  for (int i = 1; i < argc; ++i) stats |= std::string(argv[i]) == "--stats";
  if (!stats) return run_command(name, argc, argv);
  CLI::App app("Prints the phantom's own statistics beside those of real tissue; writes nothing.",
               "syconn phantom --stats");
  RunArguments arguments;
  bool flag = false, json = false;
  arguments.add_to(app);
  app.add_flag("--stats", flag, "print the statistics")->group("Behaviour");
  app.add_flag("--json", json, "as JSON")->group("Behaviour");
  app.footer(help_footer({}, {}, {"syconn phantom --stats -c configs/demo.yml"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const PipelineRun run = arguments.open({"phantom"});
  const auto figures = phantom_figures(run.config(), run.stage("phantom").geometry);
  if (json)
    std::cout << stats_json(figures).dump(1) << '\n';
  else
    print_stats(figures);
  return 0;
}

}  // namespace syconn
