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
  common_.add_data_to(*sub, "run with cells in datasets/ssv.h5; may be repeated",
                      "run with cell_type to test on, unseen in training; may be repeated");
  common_.add_recipe_to(*sub, "triplets");
  sub->add_option("--positive-nm", positive_nm_, "how far along the skeleton a positive may lie from its anchor")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--margin", margin_, "by which a negative should be farther than the positive")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--l1", l1_, "weight of the mean L1 norm of the vectors")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  common_.add_output_to(*sub);
  sub->footer(help_footer({"DIR/datasets/{ssv,mi,vc,syn_ssv}.h5 of the runs"},
                          {"DIR/model.pt, model.json (its card), report.json, loss.png, checkpoint.pt"},
                          {"syconn train embed --run cells/a --run cells/b --test-run cells/c -o models/mine",
                           "syconn train embed --run cells/a --recipe paper --device cuda -o models/paper"}));
  return sub;
}

EmbeddingTraining TrainEmbedCommand::training() const {
  EmbeddingTraining t = recipe(common_.paper());
  t.name = common_.name.empty() ? "embed" : common_.name;
  common_.apply(t);
  t.positive_nm = positive_nm_, t.options.margin = margin_, t.options.embedding_l1 = l1_;
  return t;
}

int TrainEmbedCommand::run() {
  install_signal_handlers();
  const EmbeddingTraining t = training();
  const EmbeddingTrained done = train_embedding(t, step_printer(t.steps), &stop_signal);
  if (common_.json)
    std::cout << done.report.dump(1) << '\n';
  else
    print(done, common_.out);
  return 0;
}

}  // namespace syconn
