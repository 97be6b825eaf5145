// SPDX-License-Identifier: GPL-3.0-or-later
#include <iostream>

#include "commands.h"
#include "slurm_command.h"
#include "syconn/core/json.h"
#include "syconn/exec/run_report.h"
#include "syconn/stages/table.h"

namespace syconn {

int status_command(const std::string&, int argc, char** argv) {
  CLI::App app("Tells from a run folder's markers what is done, what failed and why. Starts nothing.", "syconn status");
  std::string folder, why, check = "sizes";
  bool json = false, exit_code_asked = false;
  app.add_option("RUN", folder, "run folder")->required()->type_name("DIR")->group("Input");
  app.add_option("--check", check, "markers and file sizes, or every byte's CRC-32C too")
      ->check(CLI::IsMember({"sizes", "full"}))
      ->type_name("LEVEL")
      ->default_str("sizes")
      ->group("Behaviour");
  app.add_option("--why", why, "tell all about one job: marker, error, attempts, the end of its log")
      ->type_name("STAGE/STEP/JOB")
      ->group("Behaviour");
  app.add_flag("--json", json, "as JSON")->group("Behaviour");
  app.add_flag("--exit-code", exit_code_asked, "exit 0 only if complete, else 6")->group("Behaviour");
  app.footer(help_footer({"RUN/config.yml, plan.json, work/*/*/done and failed"}, {},
                         {"syconn status runs/demo", "syconn status runs/demo --json --exit-code"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const PipelineRun run = PipelineRun::open(folder, stage_table());
  if (!why.empty()) {
    const Json told = why_json(run, why);
    std::cout << (json ? told.dump(1) + "\n" : why_text(told));
    return 0;
  }
  Json status = status_json(run, check == "full" ? CheckLevel::full : CheckLevel::sizes);
  add_slurm_status(run, slurm_caller(""), status);
  std::cout << (json ? status.dump(1) + "\n" : status_text(status) + slurm_status_text(status));
  return exit_code_asked && status.at("state") != "complete" ? static_cast<int>(Category::partial) : 0;
}

}  // namespace syconn
