// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/stages/verify.h"

namespace syconn {
int verify_command(const std::string&, int argc, char** argv) {
  CLI::App app("Checks a run: files, bytes, and whether what its tables say of each other is so. Changes nothing.",
               "syconn verify");
  std::string folder, level = "full";
  VerifyOptions options;
  double memory_gb = 1;
  bool json = false, quiet = false;
  app.add_option("RUN", folder, "run folder")->required()->type_name("DIR")->group("Input");
  app.add_option("--level", level,
                 "fast: markers, sizes, configs, nothing missing or left over; full: also checksums, orders and "
                 "counts; semantic: also ids, pairs, places, sums, meshes, skeletons, voxels")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"fast", "full", "semantic"}))
      ->default_str("full")
      ->group("Behaviour");
  app.add_flag("--all", options.all, "list every violation, not the first 20 of a kind")->group("Behaviour");
  app.add_flag("--json", json, "as JSON")->group("Behaviour");
  app.add_flag("-q,--quiet", quiet, "no progress")->group("Behaviour");
  app.add_option("--threads", options.threads, "threads; 0: all of the machine [0]")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->group("Resources");
  app.add_option("--memory", memory_gb, "of ids and pairs at a time; more than fits is gone through in slices [1]")
      ->type_name("GB")
      ->check(CLI::PositiveNumber)
      ->group("Resources");
  app.footer(help_footer({"RUN/config.yml, plan.json, runs.jsonl, work, datasets, volumes, connectome.sqlite, "
                          "export/csv; level semantic: label volumes of the inputs"},
                         {}, {"syconn verify runs/demo", "syconn verify runs/demo --level semantic --json"}));
  options.threads = 0;
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  options.depth = level == "fast" ? VerifyDepth::fast : level == "full" ? VerifyDepth::full : VerifyDepth::semantic;
  if (options.threads == 0) options.threads = available_threads();
  const auto progress = make_progress(std::cerr, ::isatty(2) == 1, quiet);
  const Json report = verify_run(folder, options, static_cast<std::uint64_t>(memory_gb * 1e9), *progress);
  std::cout << (json ? report.dump(1) + "\n" : verify_text(report));
  return report.at("clean").get<bool>() ? 0 : static_cast<int>(Category::verify);
}

}  // namespace syconn
