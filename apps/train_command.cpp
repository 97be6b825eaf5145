// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/core/json.h"
#include "syconn/core/parallel.h"
#include "syconn/stages/evaluate_synapses.h"
#include "train_unet.h"

namespace syconn {
namespace {

void print(const ForestTraining& t, const std::string& file) {
  std::printf("%s: %llu objects, %llu of them synapses\n", file.c_str(), static_cast<unsigned long long>(t.n_rows),
              static_cast<unsigned long long>(t.n_synapses));
  std::printf("10-fold cross-validation: precision %.3f, recall %.3f, F1 %.3f, AUC %.3f; out of bag: accuracy %.3f\n",
              t.precision, t.recall, t.f1, t.auc, t.oob_accuracy);
  for (std::size_t f = 0; f < t.importance.size(); ++f)
    std::printf("  importance %-16s %.3f\n", t.feature_names[f].c_str(), t.importance[f]);
  std::fflush(stdout);
}

}  // namespace

int train_command(const std::string&, int argc, char** argv) {
  CLI::App app("Trains models.", "syconn train");
  app.require_subcommand(1);
  std::vector<std::string> runs, truths;
  std::string out = "synapse_rf.h5";
  std::uint32_t trees = 2000;
  std::uint64_t seed = 1;
  bool json = false;
  CLI::App* forest = app.add_subcommand("synapse-rf", "the random forest that tells synapses from other contacts");
  forest->add_option("--run", runs, "run folder with datasets/syn_ssv.h5; may be repeated")
      ->required()
      ->type_name("DIR")
      ->allow_extra_args(false);
  forest->add_option("--truth", truths, "the phantom of each run, in the same order")
      ->required()
      ->type_name("DIR")
      ->allow_extra_args(false);
  forest->add_option("-o,--out", out, "the forest")->type_name("FILE")->capture_default_str();
  forest->add_option("--trees", trees, "number of trees")->check(CLI::Range(1, 100000))->capture_default_str();
  forest->add_option("--seed", seed, "of the draws")->capture_default_str();
  forest->add_flag("--json", json, "the report as JSON");
  TrainUNetCommand unet;
  const CLI::App* unet_app = unet.add_to(app);
  app.footer(help_footer(
      {"RUN/datasets/syn_ssv.h5, DIR/truth/synapses.csv, DIR/volumes/truth_sj.json"}, {"FILE, for synapses.forest"},
      {"syconn train synapse-rf --run runs/a --truth phantoms/a --run runs/b --truth phantoms/b -o rf.h5"}));
  int exit_code = 0;
  if (!parse(app, argc, argv, exit_code)) return exit_code;
  if (unet_app->parsed()) return unet.run();
  const ForestTraining t = train_synapse_forest({runs.begin(), runs.end()}, {truths.begin(), truths.end()}, trees, seed,
                                                available_threads(), out);
  if (!json) return print(t, out), 0;
  std::cout << Json{{"objects", t.n_rows},
                    {"synapses", t.n_synapses},
                    {"precision", t.precision},
                    {"recall", t.recall},
                    {"f1", t.f1},
                    {"auc", t.auc},
                    {"oob_accuracy", t.oob_accuracy},
                    {"features", t.feature_names},
                    {"importance", t.importance}}
                   .dump(1)
            << '\n';
  return 0;
}

}  // namespace syconn
