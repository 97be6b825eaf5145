// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/exec/run_report.h"
#include "syconn/exec/runner.h"
#include "syconn/stages/table.h"

namespace syconn {
namespace {

struct Options {
  RunArguments run;
  bool dry_run = false, json = false, quiet = false;
};

void describe(CLI::App& app, const std::string& name, Options& options) {
  options.run.add_to(app);
  app.add_flag("-n,--dry-run", options.dry_run,
               "print jobs, cores, memory, time, disk and US$, and why jobs must run; run nothing")
      ->group("Behaviour");
  app.add_flag("--json", options.json, "with --dry-run: as JSON; else a summary as JSON on stdout")->group("Behaviour");
  app.add_flag("-q,--quiet", options.quiet, "no progress on stderr")->group("Behaviour");
  const std::vector<std::string> examples{"syconn " + name + " -c run.yml -o runs/mydata",
                                          "syconn " + name + " -c run.yml --set execution.memory_gb=16 --dry-run"};
  if (name == "run") {
    app.footer(help_footer({"the config's volumes and lists"},
                           {"DIR/config.yml, plan.json, runs.jsonl, datasets/, volumes/, work/"}, examples));
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

void report(const RunSummary& s, const PipelineRun& run, const Options& options) {
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

}  // namespace

int run_command(const std::string& name, int argc, char** argv) {
  Options options;
  CLI::App app(name == "run" ? "Runs all stages of a config; run again to resume." : stage_table().at(name).title + ".",
               "syconn " + name);
  describe(app, name, options);
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const PipelineRun run = options.run.open(name == "run" ? std::vector<std::string>{} : std::vector<std::string>{name});
  if (options.dry_run) {
    const Json plan = dry_run_json(run, options.run.level());
    std::cout << (options.json ? plan.dump(1) + "\n" : dry_run_text(plan));
    return 0;
  }
  if (run.config().execution.executor != "local")
    throw Error(Category::config,
                run.config().where("execution.executor") + ": this version runs with executor 'local' only");
  install_signal_handlers();
  const auto progress = make_progress(std::cerr, isatty(STDERR_FILENO) != 0, options.quiet);
  const RunnerOptions runner{options.run.level(), &stop_signal, joined(argc, argv)};
  report(run_local(run, runner, *progress), run, options);
  return 0;
}

}  // namespace syconn
