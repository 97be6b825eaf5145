// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <iostream>

#include "commands.h"
#include "slurm_command.h"
#include "syconn/core/json.h"
#include "syconn/exec/run_report.h"
#include "syconn/exec/runner.h"
#include "syconn/stages/run_page.h"
#include "syconn/stages/table.h"

namespace syconn {
namespace {

void add_footer(CLI::App& app, const std::string& name) {
  const std::vector<std::string> examples{"syconn " + name + " -c run.yml -o runs/mydata",
                                          "syconn " + name + " -c run.yml --set execution.memory_gb=16 --dry-run"};
  if (name == "run") {
    app.footer(help_footer({"the config's volumes and lists"},
                           {"DIR/config.yml, plan.json, runs.jsonl, report.html, datasets/, volumes/, work/"},
                           examples));
  } else {
    const Stage& stage = stage_table().at(name);
    app.footer(help_footer(stage.reads, stage.writes, examples));
  }
}

std::string joined(int argc, char** argv) {
  std::string line = "syconn";
  for (int i = 0; i < argc; ++i) line += std::string(" ") + argv[i];
  return line;
}

void report(const RunSummary& s, const PipelineRun& run, const RunFlags& options) {
  if (options.json) {
    const Json json = {{"run", run.folder().string()},
                       {"jobs_run", s.jobs_run},
                       {"jobs_skipped", s.jobs_skipped},
                       {"wall_s", s.wall_s},
                       {"peak_rss_bytes", s.peak_rss_bytes}};
    std::cout << json.dump(1) << '\n';
  } else if (!options.quiet) {
    std::cerr << s.jobs_run << " jobs run, " << s.jobs_skipped << " already done, " << duration_text(s.wall_s)
              << ", peak memory " << static_cast<double>(s.peak_rss_bytes / 10000000) / 100
              << " GB. Results: " << run.folder().string() << ", logs: " << run.folder().string() << "/work/*/*/logs\n";
  }
}

/// Jobs of SLURM start in other folders.
PipelineRun absolute(const PipelineRun& run) {
  std::vector<std::string> names;
  for (const StagePlan& plan : run.stages()) names.push_back(plan.stage->name);
  return {run.config(), fs::absolute(run.folder()).lexically_normal(), run.table(), names};
}

}  // namespace

void write_page_of_run(const PipelineRun& run, bool quiet) {
  const fs::path page = run.folder() / "report.html";
  try {
    write_run_page(run.folder(), page);
    if (!quiet) std::cerr << "Report: " << page.string() << '\n';
  } catch (const std::exception& e) {
    std::cerr << "warning: no report: " << e.what() << '\n';
  }
}

void RunFlags::add_to(CLI::App& app) {
  app.add_flag("-n,--dry-run", dry_run,
               "print jobs, cores, memory, time, disk and US$, and why jobs must run; run nothing")
      ->group("Behaviour");
  app.add_flag("--json", json, "with --dry-run: as JSON; else a summary as JSON on stdout")->group("Behaviour");
  app.add_flag("--wait", wait, "with executor slurm: return when the run is complete or blocked, not after the submit")
      ->group("Behaviour");
  app.add_option("--quarantine", quarantine, kQuarantineHelp)->type_name("K")->group("Behaviour");
  app.add_flag("-q,--quiet", quiet, "no progress on stderr")->group("Behaviour");
}

int RunFlags::execute(const PipelineRun& run, CheckLevel level, int argc, char** argv) const {
  const bool on_slurm = run.config().execution.executor == "slurm";
  if (dry_run && on_slurm) return slurm_plan(absolute(run), level, false, json);
  if (dry_run) {
    const Json plan = dry_run_json(run, level);
    std::cout << (json ? plan.dump(1) + "\n" : dry_run_text(plan));
    return 0;
  }
  if (on_slurm) {
    const PipelineRun there = absolute(run);
    const SlurmEnd end = slurm_run(there, wait, joined(argc, argv));
    if (page && end.state == SlurmState::complete) write_page_of_run(there, quiet);
    return end.exit_code;
  }
  install_signal_handlers();
  const auto progress = make_progress(std::cerr, isatty(STDERR_FILENO) != 0, quiet);
  const RunnerOptions runner{level, &stop_signal, joined(argc, argv)};
  report(run_local(run, runner, *progress), run, *this);
  if (page) write_page_of_run(run, quiet);
  return 0;
}

int run_command(const std::string& name, int argc, char** argv) {
  RunArguments arguments;
  RunFlags flags;
  flags.page = name == "run";
  CLI::App app(name == "run" ? "Runs all stages of a config; run again to resume." : stage_table().at(name).title + ".",
               "syconn " + name);
  arguments.add_to(app);
  flags.add_to(app);
  add_footer(app, name);
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  arguments.quarantine = flags.quarantine;
  const PipelineRun run = arguments.open(name == "run" ? std::vector<std::string>{} : std::vector<std::string>{name});
  return flags.execute(run, arguments.level(), argc, argv);
}

}  // namespace syconn
