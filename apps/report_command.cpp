// SPDX-License-Identifier: GPL-3.0-or-later
#include <iostream>

#include "commands.h"
#include "syconn/exec/run_cost.h"
#include "syconn/exec/slurm.h"
#include "syconn/stages/table.h"

namespace syconn {

int report_command(const std::string&, int argc, char** argv) {
  CLI::App app("Tells what a run has cost: hours, speed, memory, retries, bytes, US$; draws its timeline.",
               "syconn report");
  std::string folder, html;
  bool json = false;
  app.add_option("RUN", folder, "run folder")->required()->type_name("DIR")->group("Input");
  app.add_option("--html", html, "the page with the timeline; default: RUN/report.html")
      ->type_name("FILE")
      ->group("Output");
  app.add_flag("--json", json, "as JSON")->group("Behaviour");
  app.footer(help_footer({"RUN/config.yml, plan.json, the markers and attempts of work/*/*"}, {"RUN/report.html"},
                         {"syconn report runs/demo", "syconn report runs/demo --json --html /tmp/demo.html"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const PipelineRun run = PipelineRun::open(folder, stage_table());
  const Json cost = cost_json(run, slurm_profile_of(run.folder()));
  const fs::path page = html.empty() ? run.folder() / "report.html" : fs::path(html);
  write_file_atomically(page, cost_html(cost));
  if (json)
    std::cout << cost.dump(1) << '\n';
  else
    std::cout << cost_text(cost) << "timeline: " << page.string() << '\n';
  return 0;
}

}  // namespace syconn
