// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_points.h"

#include <cmath>
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/core/error.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

/// A cell type net that two cores train: a tenth of the paper's channels on 2,048 points.
PointNetConfig small_type_net() {
  PointNetConfig c = cell_type_net(6, 2);
  c.levels = {PointNetConfig::kInput, 512, 128, 32};
  c.layers = {{6, 32, 0, 1, 16}, {32, 64, 1, 2, 16}, {64, 128, 2, 3, 16}};
  c.hidden = 64;
  return c;
}

PointTraining celltype_recipe(bool paper) {
  PointTraining t;
  t.task = PointTask::celltype;
  PointModelCard& card = t.card;
  card.context_nm = 20'000, card.pivot_nm = 2'500;
  card.normalisation = "divide", card.scale_nm = 2'000;  // a tenth of the context
  if (paper) {
    card.architecture = cell_type_net(6, 2), card.n_points = 50'000;
    t.steps = 500'000, t.batch = 10;
    t.options.learning_rate = 5e-4, t.options.decay_every = 100, t.options.decay = 0.99;
    return t;
  }
  card.architecture = small_type_net(), card.n_points = 2'048;
  t.steps = 1'000, t.batch = 12;
  t.options.learning_rate = 2e-3, t.options.schedule = "cosine";
  return t;
}

/// An astrocyte net that two cores train: a quarter of the published channels, from the surface back to the surface.
PointNetConfig small_astrocyte_net() {
  PointNetConfig c = astrocyte_net();
  c.levels = {PointNetConfig::kInput, 512, 128, 32};
  c.layers = {{1, 16, 0, 1, 16},    {16, 32, 1, 2, 16},   {32, 64, 2, 3, 8},
              {64, 32, 3, 2, 4, 1}, {64, 16, 2, 1, 8, 0}, {32, 16, 1, 0, 8}};
  return c;
}

PointTraining astrocyte_recipe(bool paper) {
  PointTraining t;
  t.task = PointTask::astrocyte;
  PointModelCard& card = t.card;
  card.context_nm = 7'500, card.pivot_nm = 2'500;      // a third of the context
  card.normalisation = "divide", card.scale_nm = 750;  // a tenth of the context
  card.architecture = paper ? astrocyte_net() : small_astrocyte_net();
  card.n_points = paper ? 15'000 : 2'048;
  if (paper) card.surface_voxel_nm = 50;
  t.steps = paper ? 500'000 : 300, t.batch = paper ? 10 : 8;
  t.options.learning_rate = paper ? 5e-4 : 3e-3;
  t.options.schedule = paper ? "step" : "cosine", t.options.decay_every = 100, t.options.decay = 0.99;
  return t;
}

using Classes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;
Classes compartment_classes(const std::string& target) {
  if (target == "ads") return {{"dendrite", {0, 1, 2}}, {"axon", {3, 4, 5}}, {"soma", {6}}};
  if (target == "coarse") return {{"dendrite", {0, 1, 2}}, {"other", {3, 4, 5, 6}}};
  if (target == "abt") return {{"axon", {3}}, {"bouton_en_passant", {4}}, {"bouton_terminal", {5}}};
  return {{"shaft", {0}}, {"spine_neck", {2}}, {"spine_head", {1}}};
}

PointTraining compartment_recipe(const std::string& target, bool paper) {
  PointTraining t;
  t.task = PointTask::compartment;
  t.compartments = compartment_classes(target);
  PointModelCard& card = t.card;
  const bool fine = target == "dnh" || target == "fine";
  card.context_nm = fine ? 4'000 : 15'000, card.pivot_nm = card.context_nm / 2;
  card.n_points = paper ? (fine ? 4'096 : 15'000) : 2'048;
  const int inputs = target == "fine" ? 1 : 4, classes = static_cast<int>(t.compartments.size());
  card.architecture = segmentation_net(inputs, classes, card.n_points, paper ? 32 : 16);
  t.steps = paper ? 100'000 : 800, t.batch = paper ? (fine ? 16 : 8) : 8;
  t.options.learning_rate = paper ? 1e-3 : 3e-3;
  t.options.schedule = paper ? "step" : "cosine", t.options.decay_every = 1000, t.options.decay = 0.99;
  if (target != "coarse") return t;
  t.options.loss = {.cross_entropy = 0, .class_weights = {2, 1}};
  if (paper) t.batch = 4, t.options.optimiser = "adamw", t.options.learning_rate = 2e-3;
  t.options.decay_every = 100, t.options.decay = 0.996;
  return t;
}

std::string name_of(PointTask task) {
  return task == PointTask::celltype ? "celltype" : task == PointTask::compartment ? "compartment" : "astrocyte";
}

void print(const PointTrained& done, const std::string& out) {
  const Json& q = done.report.at("quality");
  std::printf("%s: %lld parameters, %lld steps, last loss %.4f\n", out.c_str(),
              static_cast<long long>(done.report.at("parameters").get<std::int64_t>()),
              static_cast<long long>(done.report.at("steps").get<std::int64_t>()),
              done.losses.empty() ? std::nan("") : done.losses.back());
  if (!q.contains("classes")) return;
  const auto value = [](const Json& v) { return v.is_number() ? v.get<double>() : std::nan(""); };
  std::printf(
      "on unseen cells: accuracy %.3f (always the most frequent class: %.3f), macro F1 %.3f, weighted F1 %.3f\n",
      value(q.at("accuracy")), value(q.at("majority_baseline")), value(q.at("macro_f1")), value(q.at("weighted_f1")));
  if (q.contains("auc"))
    std::printf("area under the ROC curve %.3f of %llu cells\n", value(q.at("auc")),
                static_cast<unsigned long long>(q.at("cells").get<std::uint64_t>()));
  for (const auto& [name, c] : q.at("classes").items())
    std::printf("  %-20s precision %.3f  recall %.3f  F1 %.3f  of %llu\n", name.c_str(), value(c.at("precision")),
                value(c.at("recall")), value(c.at("f1")),
                static_cast<unsigned long long>(c.at("support").get<std::uint64_t>()));
  std::fflush(stdout);
}

}  // namespace

CLI::App* TrainPointsCommand::add_to(CLI::App& app) {
  const bool compartments = task_ == PointTask::compartment;
  const std::string name = name_of(task_);
  test_contexts_ = compartments ? 40 : 20;
  CLI::App* sub = app.add_subcommand(name, task_ == PointTask::celltype ? "the network of stage celltype"
                                           : compartments               ? "a network of stage pointcloud"
                                                          : "the network that tells astrocytes from neurons");
  common_.add_data_to(*sub, "run with the truth in datasets/ssv.h5 (as phantom --vector writes); may be repeated",
                      "run to test on, unseen in training; may be repeated");
  if (compartments)
    sub->add_option("--target", target_,
                    "ads: dendrite, axon, soma; abt: axon, boutons; dnh: shaft, spine neck and head; or the published "
                    "pair: coarse: dendrite, other; fine: as dnh, by shape alone")
        ->check(CLI::IsMember({"ads", "abt", "dnh", "coarse", "fine"}))
        ->capture_default_str();
  common_.add_recipe_to(*sub, "samples");
  if (compartments)
    sub->add_option("--class-weights", class_weights_, "of the loss, in the order of the classes [of the recipe]")
        ->delimiter(',')
        ->expected(2, 3)
        ->check(CLI::PositiveNumber);
  sub->add_option("--test-contexts", test_contexts_, "contexts a test cell; 0: around all of its nodes")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  if (task_ != PointTask::astrocyte) variant_.add_to(*sub);
  common_.add_output_to(*sub);
  sub->footer(help_footer({"DIR/datasets/{ssv,mi,vc,syn_ssv}.h5 of the runs"},
                          {"DIR/model.pt, model.json (its card), report.json, loss.png, confusion.svg, checkpoint.pt"},
                          {"syconn train " + name + " --run cells/a --run cells/b --test-run cells/c -o models/mine",
                           "syconn train " + name + " --run cells/a --recipe paper --device cuda -o models/paper"}));
  return sub;
}

PointTraining TrainPointsCommand::training() const {
  const bool compartments = task_ == PointTask::compartment, paper = common_.paper();
  PointTraining t = compartments                   ? compartment_recipe(target_, paper)
                    : task_ == PointTask::celltype ? celltype_recipe(paper)
                                                   : astrocyte_recipe(paper);
  t.name = !common_.name.empty() ? common_.name : compartments ? target_ : name_of(task_);
  common_.apply(t);
  const PointNetConfig& net = t.card.architecture;
  if (common_.points > 0 && net.convolution == "sum")  // its levels follow from the points
    t.card.architecture = segmentation_net(net.inputs, net.outputs, common_.points, paper ? 32 : 16);
  if (!class_weights_.empty()) {
    if (class_weights_.size() != t.compartments.size())
      throw Error(Category::usage,
                  "--class-weights: " + std::to_string(t.compartments.size()) + " classes need as many weights");
    t.options.loss.class_weights = class_weights_;
  }
  t.test_contexts = test_contexts_;
  variant_.apply(t);
  return t;
}

int TrainPointsCommand::run() {
  install_signal_handlers();
  const PointTraining t = training();
  const PointTrained done = variant_.train(t, step_printer(t.steps), &stop_signal);
  if (common_.json)
    std::cout << done.report.dump(1) << '\n';
  else
    print(done, common_.out);
  return 0;
}

}  // namespace syconn
