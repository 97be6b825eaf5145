// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/stages/evaluate.h"

namespace syconn {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

void print(const FragmentScore& s) {
  const auto line = [](const char* what, std::int64_t n, std::int64_t of) {
    std::printf("  %-62s %8lld  %5.1f %%\n", what, static_cast<long long>(n), share(n, of));
  };
  std::printf("true junctions in the dataset%36s %8lld\n", "", static_cast<long long>(s.true_junctions));
  line("found by a fragment between the right two cells", s.found, s.true_junctions);
  std::printf("synapse fragments (supervoxel level, before any classifier)%6s %8lld\n", "",
              static_cast<long long>(s.fragments));
  line("on a true junction, right cells", s.on_junctions, s.fragments);
  line("on a true junction, other cells", s.wrong_pair, s.fragments);
  line("on a decoy (dark contact without vesicles)", s.on_decoys, s.fragments);
  line("on nothing", s.on_nothing, s.fragments);
  std::fflush(stdout);
}

}  // namespace

int evaluate_command(const std::string&, int argc, char** argv) {
  CLI::App app("Compares results with the truth.", "syconn evaluate");
  app.require_subcommand(1);
  std::string run, truth;
  bool json = false;
  auto* fragments =
      app.add_subcommand("fragments", "synapse fragments (datasets/syn.h5) against a phantom's junctions");
  fragments->add_option("RUN", run, "run folder")->required()->type_name("DIR");
  fragments->add_option("--truth", truth, "folder that 'syconn phantom' wrote")->required()->type_name("DIR");
  fragments->add_flag("--json", json, "as JSON");
  app.footer(help_footer({"RUN/datasets/syn.h5, DIR/truth/*.csv, DIR/volumes/truth_sj.json"}, {},
                         {"syconn evaluate fragments runs/demo/run --truth runs/demo/phantom"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  const FragmentScore s = evaluate_fragments(run, truth);
  if (json)
    std::cout << Json{{"true_junctions", s.true_junctions}, {"found", s.found},           {"fragments", s.fragments},
                      {"on_junctions", s.on_junctions},     {"wrong_pair", s.wrong_pair}, {"on_decoys", s.on_decoys},
                      {"on_nothing", s.on_nothing}}
                     .dump(1)
              << '\n';
  else
    print(s);
  return 0;
}

}  // namespace syconn
