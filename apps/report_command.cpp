// SPDX-License-Identifier: GPL-3.0-or-later
#include <iostream>

#include "commands.h"
#include "syconn/exec/run_cost.h"
#include "syconn/exec/slurm.h"
#include "syconn/stages/run_page.h"
#include "syconn/stages/table.h"

namespace syconn {

int report_command(const std::string&, int argc, char** argv) {
  CLI::App app("Tells what a run has cost, and makes one page of what it found, dropped, lacks and took.",
               "syconn report");
  std::string folder, html;
  bool json = false;
  app.add_option("RUN", folder, "run folder")->required()->type_name("DIR")->group("Input");
  app.add_option("--html", html, "the page, which stands alone; default: RUN/report.html")
      ->type_name("FILE")
      ->group("Output");
  app.add_flag("--json", json, "as JSON")->group("Behaviour");
  app.footer(help_footer({"RUN/config.yml, plan.json, runs.jsonl, the markers and attempts of work/*/*",
                          "RUN/connectome.sqlite, datasets/*.h5, as far as they are there"},
                         {"RUN/report.html"},
                         {"syconn report runs/demo", "syconn report runs/demo --json --html demo.html"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const PipelineRun run = whole_run(folder);
  const Json cost = cost_json(run, slurm_profile_of(run.folder()));
  const fs::path page = html.empty() ? run.folder() / "report.html" : fs::path(html);
  write_run_page(run.folder(), page);
  if (json)
    std::cout << cost.dump(1) << '\n';
  else
    std::cout << cost_text(cost) << "timeline: " << page.string() << '\n';
  return 0;
}

}  // namespace syconn
