// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_embed.h"

#include <cmath>
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

constexpr int kInputs = 6, kDimensions = 10;

/// An embedding net that two cores train: a tenth of the paper's channels on 2,048 points.
PointNetConfig small_embedding_net() {
  PointNetConfig c = embedding_net(kInputs, kDimensions);
  c.levels = {PointNetConfig::kInput, 512, 128, 32};
  c.layers = {{kInputs, 32, 0, 1, 16}, {32, 64, 1, 2, 16}, {64, 128, 2, 3, 16}};
  c.hidden = 64;
  return c;
}

EmbeddingTraining recipe(bool paper) {
  EmbeddingTraining t;
  PointModelCard& card = t.card;
  card.context_nm = 15'000, card.pivot_nm = 7'500;
  card.normalisation = "divide", card.scale_nm = 1'500;  // a tenth of the context
  if (paper) {
    card.architecture = embedding_net(kInputs, kDimensions), card.n_points = 25'000;
    t.steps = 250'000, t.batch = 16;
    t.options.learning_rate = 5e-4, t.options.decay_every = 250, t.options.decay = 0.995;
    return t;
  }
  card.architecture = small_embedding_net(), card.n_points = 2'048;
  t.steps = 400, t.batch = 12;
  t.options.learning_rate = 2e-3, t.options.schedule = "cosine";
  return t;
}

void print(const EmbeddingTrained& done, const std::string& out) {
  const Json& q = done.report.at("quality");
  std::printf("%s: %lld parameters, %lld steps, last loss %.4f\n", out.c_str(),
              static_cast<long long>(done.report.at("parameters").get<std::int64_t>()),
              static_cast<long long>(done.report.at("steps").get<std::int64_t>()),
              done.losses.empty() ? std::nan("") : done.losses.back());
  if (q.contains("ari")) {
    const auto value = [&](const char* key) { return q.at(key).is_number() ? q.at(key).get<double>() : std::nan(""); };
    std::printf(
        "on unseen cells: kNN accuracy %.3f (always the most frequent type: %.3f), silhouette %.3f; k-means: ARI %.3f, "
        "NMI %.3f\n",
        value("knn_accuracy"), value("majority_baseline"), value("silhouette"), value("ari"), value("nmi"));
  }
  std::fflush(stdout);
}

}  // namespace

CLI::App* TrainEmbedCommand::add_to(CLI::App& app) {
  CLI::App* sub = app.add_subcommand("embed", "the network of stage embed, without labels");
  const auto list = [](CLI::Option* option) { return option->allow_extra_args(false); };
  list(sub->add_option("--run", runs_, "run with cells in datasets/ssv.h5; may be repeated"))
      ->required()
      ->type_name("DIR");
  list(sub->add_option("--test-run", test_runs_, "run with cell_type to test on, unseen in training; may be repeated"))
      ->type_name("DIR");
  sub->add_option("--recipe", recipe_, "small (minutes on two cores) or paper")
      ->check(CLI::IsMember({"small", "paper"}))
      ->capture_default_str();
  sub->add_option("--steps", steps_, "of the optimiser [of the recipe]")->check(CLI::PositiveNumber);
  sub->add_option("--batch", batch_, "triplets a step [of the recipe]")->check(CLI::Range(1, 1024));
  sub->add_option("--points", points_, "of a sample [of the recipe]")->check(CLI::Range(64, 1 << 20));
  sub->add_option("--context-nm", context_nm_, "reach of a sample along the skeleton [of the recipe]")
      ->check(CLI::PositiveNumber);
  sub->add_option("--positive-nm", positive_nm_, "how far along the skeleton a positive may lie from its anchor")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--margin", margin_, "by which a negative should be farther than the positive")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--l1", l1_, "weight of the mean L1 norm of the vectors")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  sub->add_option("--learning-rate", learning_rate_, "at the start [of the recipe]")->check(CLI::PositiveNumber);
  sub->add_option("--seed", seed_, "of weights and samples")->capture_default_str();
  sub->add_option("--device", device_, "cpu, cuda or auto")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  sub->add_option("--threads", threads_, "of the CPU; 0: all")->capture_default_str();
  sub->add_option("--name", name_, "of the model, in its card")->capture_default_str();
  sub->add_option("--description", description_, "one line for its card");
  sub->add_option("-o,--out", out_, "folder; called again, training goes on where it stopped")
      ->type_name("DIR")
      ->capture_default_str();
  sub->add_flag("--json", json_, "the report as JSON");
  sub->footer(help_footer({"DIR/datasets/{ssv,mi,vc,syn_ssv}.h5 of the runs"},
                          {"DIR/model.pt, model.json (its card), report.json, loss.png, checkpoint.pt"},
                          {"syconn train embed --run cells/a --run cells/b --test-run cells/c -o models/mine",
                           "syconn train embed --run cells/a --recipe paper --device cuda -o models/paper"}));
  return sub;
}

EmbeddingTraining TrainEmbedCommand::training() const {
  EmbeddingTraining t = recipe(recipe_ == "paper");
  t.name = name_, t.description = description_;
  t.train.assign(runs_.begin(), runs_.end()), t.test.assign(test_runs_.begin(), test_runs_.end());
  if (steps_ > 0) t.steps = steps_;
  if (batch_ > 0) t.batch = batch_;
  if (points_ > 0) t.card.n_points = points_;
  if (learning_rate_ > 0) t.options.learning_rate = learning_rate_;
  if (context_nm_ > 0) {
    t.card.scale_nm *= context_nm_ / t.card.context_nm, t.card.pivot_nm *= context_nm_ / t.card.context_nm;
    t.card.context_nm = context_nm_;
  }
  t.positive_nm = positive_nm_, t.options.margin = margin_, t.options.embedding_l1 = l1_;
  t.options.total_steps = static_cast<int>(t.steps);
  t.seed = seed_, t.out = out_;
  t.device = {device_, false, threads_ > 0 ? threads_ : available_threads()};
  return t;
}

int TrainEmbedCommand::run() {
  install_signal_handlers();
  const EmbeddingTraining t = training();
  const auto progress = [&](std::int64_t step, double loss) {
    if (step % 20 == 0 || step == t.steps)
      std::cerr << "step " << step << " of " << t.steps << ", loss " << loss << std::endl;
  };
  const EmbeddingTrained done = train_embedding(t, progress, &stop_signal);
  if (json_)
    std::cout << done.report.dump(1) << '\n';
  else
    print(done, out_);
  return 0;
}

}  // namespace syconn
