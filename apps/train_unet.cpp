// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_unet.h"

#include <cmath>
#include <cstdio>
#include <iostream>

#include "commands.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

/// `name=FILE[:DATASET]`
ClassSource label_source(const std::string& text) {
  const auto equal = text.find('=');
  if (equal == std::string::npos || equal == 0)
    throw Error(Category::usage, "--label '" + text + "': give it as class=FILE or class=FILE:DATASET");
  return {text.substr(0, equal), volume_source(text.substr(equal + 1)), false};
}

/// "x0,y0,z0,x1,y1,z1"
std::optional<Box3> box_of(const std::vector<std::int64_t>& v) {
  if (v.empty()) return std::nullopt;
  return Box3{{v[0], v[1], v[2]}, {v[3], v[4], v[5]}};
}

/// Two cores train it in minutes; or the paper's myelin net as it is.
UNetTraining recipe(const std::string& name) {
  UNetTraining t;
  if (name == "paper") {
    t.net = myelin_unet(), t.patch_vx = {144, 144, 32}, t.steps = 1500000;
    t.options.cross_entropy = 0;
    return t;
  }
  t.net.blocks = 3, t.net.start_filters = 8, t.net.planar = {0};
  t.patch_vx = {64, 64, 24}, t.steps = 1500;
  t.options.learning_rate = 3e-3, t.options.cosine_steps = t.steps;
  return t;
}

}  // namespace

CLI::App* TrainUNetCommand::add_to(CLI::App& app) {
  CLI::App* unet =
      app.add_subcommand("unet", "the network of chunk-infer that finds organelles or myelin in the image");
  const auto list = [](CLI::Option* option) { return option->allow_extra_args(false); };
  list(unet->add_option("--phantom", phantoms_, "phantom to train on; may be repeated")->type_name("DIR"));
  list(unet->add_option("--test-phantom", test_phantoms_, "phantom to test on, unseen in training; may be repeated"))
      ->type_name("DIR");
  unet->add_option("--classes", classes_, "what to learn of phantoms: mi, vc, sj, myelin")
      ->delimiter(',')
      ->capture_default_str();
  unet->add_option("--raw", raw_, "image of your own")->type_name("FILE[:DATASET]");
  list(unet->add_option("--label", labels_, "its labels, a volume a class; may be repeated"))
      ->type_name("CLASS=FILE[:DATASET]");
  unet->add_option("--held-out", held_out_,
                   "without --test-phantom: part of each volume's sections to test on, the last")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  const auto box = [&](const char* name, std::vector<std::int64_t>& to, const char* what) {
    unet->add_option(name, to, what)->type_name("X0,Y0,Z0,X1,Y1,Z1")->delimiter(',')->expected(6);
  };
  box("--box", box_, "part of --raw to train on, voxels, the last ones excluded [all]");
  box("--test-box", test_box_, "part of --raw to test on; the network sees the image around it");
  unet->add_option("--mag", mag_, "x,y,z: voxels of the image that make one of the network's [1,1,1]")
      ->type_name("X,Y,Z")
      ->delimiter(',')
      ->expected(3)
      ->check(CLI::Range(1, 64));
  unet->add_option("--recipe", recipe_, "small (minutes on two cores) or paper (4 million parameters)")
      ->check(CLI::IsMember({"small", "paper"}))
      ->capture_default_str();
  unet->add_option("--steps", steps_, "of the optimiser [of the recipe]")->check(CLI::PositiveNumber);
  unet->add_option("--schedule-steps", schedule_steps_,
                   "step at which the learning rate reaches 0; more than --steps: the training ends early [--steps]")
      ->check(CLI::PositiveNumber);
  unet->add_option("--freeze-norms", freeze_norms_,
                   "last part of the steps in which batch norms use the means over many samples, as the model does")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  unet->add_option("--batch", batch_, "samples a step [2]")->check(CLI::Range(1, 256));
  unet->add_option("--patch", patch_, "x,y,z of a sample in voxels [of the recipe]")->delimiter(',')->expected(3);
  unet->add_option("--blocks", blocks_, "levels of the net [of the recipe]")->check(CLI::Range(2, 8));
  unet->add_option("--filters", filters_, "channels of the first level [of the recipe]")->check(CLI::Range(1, 512));
  unet->add_option("--planar", planar_, "levels without extent in z [of the recipe]")->delimiter(',');
  unet->add_option("--learning-rate", learning_rate_, "of Adam at the start [of the recipe]")
      ->check(CLI::PositiveNumber);
  unet->add_option("--class-weights", weights_, "in the loss, of the background and each class [of the recipe]")
      ->type_name("W,...")
      ->delimiter(',')
      ->check(CLI::NonNegativeNumber);
  unet->add_option("--min-object", min_object_, "smaller objects do not count in the test of objects")
      ->type_name("VOXELS")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  unet->add_option("--seed", seed_, "of weights and samples")->capture_default_str();
  unet->add_option("--device", device_, "cpu, cuda or auto")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  unet->add_option("--threads", threads_, "of the CPU; 0: all. Another number, other rounding")->capture_default_str();
  unet->add_option("--name", name_, "of the model, in its card")->capture_default_str();
  unet->add_option("--description", description_, "one line for its card");
  unet->add_option("-o,--out", out_, "folder; called again, training goes on where it stopped")
      ->type_name("DIR")
      ->capture_default_str();
  unet->add_flag("--json", json_, "the report as JSON");
  unet->footer(help_footer(
      {"DIR/volumes/raw.json, truth_<class>.json of phantoms, or FILEs"},
      {"DIR/model.pt (for chunk-infer.models), model.json (its card), report.json, loss.png, checkpoint.pt"},
      {"syconn train unet --phantom phantoms/a --phantom phantoms/b --test-phantom phantoms/c -o models/mine",
       "syconn train unet --phantom phantoms/a --test-phantom phantoms/c --classes myelin --mag 4,4,4 -o models/myelin",
       "syconn train unet --raw em.h5:raw --label mi=mito.h5:labels -o models/mito"}));
  return unet;
}

UNetTraining TrainUNetCommand::training() const {
  UNetTraining t = recipe(recipe_);
  for (const auto& dir : phantoms_) t.train.push_back(phantom_source(dir, classes_));
  for (const auto& dir : test_phantoms_) t.test.push_back(phantom_source(dir, classes_));
  if (!raw_.empty()) {
    LabelledSource own{volume_source(raw_), {}};
    for (const std::string& label : labels_) own.labels.push_back(label_source(label));
    if (own.labels.empty()) throw Error(Category::usage, "--raw needs a --label for each class");
    own.box = box_of(box_);
    t.train.push_back(own);
    if (own.box = box_of(test_box_); own.box) t.test.push_back(own);
  }
  if (!raw_.empty() && !phantoms_.empty()) throw Error(Category::usage, "give either --phantom or --raw");
  if (raw_.empty() && !(box_.empty() && test_box_.empty()))
    throw Error(Category::usage, "--box and --test-box are parts of --raw");
  if (t.train.empty()) throw Error(Category::usage, "give --phantom DIR, or --raw FILE with --label CLASS=FILE");
  if (steps_ > 0) t.steps = steps_;
  if (t.options.cosine_steps > 0) t.options.cosine_steps = schedule_steps_ > 0 ? schedule_steps_ : t.steps;
  t.options.freeze_norms_at = std::llround((1 - freeze_norms_) * static_cast<double>(t.steps));
  if (freeze_norms_ <= 0) t.options.freeze_norms_at = 0;
  if (!mag_.empty()) t.mag = {mag_[0], mag_[1], mag_[2]};
  t.options.class_weights = weights_, t.min_object_vx = min_object_;
  if (weights_.empty() && recipe_ == "paper") {  // the published loss: 1 for the background, 2 for what is looked for
    t.options.class_weights.assign(t.train.front().labels.size() + 1, 2);
    t.options.class_weights.front() = 1;
  }
  if (batch_ > 0) t.batch = batch_;
  if (blocks_ > 0) t.net.blocks = blocks_;
  if (filters_ > 0) t.net.start_filters = filters_;
  if (!planar_.empty()) t.net.planar.assign(planar_.begin(), planar_.end());
  if (!patch_.empty()) t.patch_vx = {patch_[0], patch_[1], patch_[2]};
  if (learning_rate_ > 0) t.options.learning_rate = learning_rate_;
  t.held_out = held_out_, t.seed = seed_, t.out = out_, t.name = name_, t.description = description_;
  t.device = {device_, false, threads_ > 0 ? threads_ : available_threads()};
  return t;
}

int TrainUNetCommand::run() {
  install_signal_handlers();
  const UNetTraining t = training();
  double mean = 0;
  const auto progress = [&](std::int64_t step, double loss) {
    mean += (loss - mean) / static_cast<double>(std::min<std::int64_t>(step, 50));
    if (step % 50 == 0 || step == t.steps)
      std::fprintf(stderr, "step %lld of %lld, loss %.4f\n", static_cast<long long>(step),
                   static_cast<long long>(t.steps), mean);
  };
  if (const std::string warning = training_warning(); !warning.empty())
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  const UNetTrained done = train_unet(t, progress, &stop_signal);
  if (json_) return std::cout << done.report.dump(1) << '\n', 0;
  std::printf("%s: %lld parameters, %lld steps\n", (t.out / "model.pt").c_str(),
              static_cast<long long>(unet_parameters(*done.card.unet)), static_cast<long long>(t.steps));
  const Json& quality = done.card.quality;
  for (std::size_t c = 1; c < done.card.classes.size(); ++c) {
    const std::string& name = done.card.classes[c];
    const auto value = [&](const char* what) {
      return quality.contains(what) && quality[what].contains(name) && quality[what][name].is_number()
                 ? quality[what][name].get<double>()
                 : std::nan("");
    };
    std::printf("  %-10s Dice %.3f, precision %.3f, recall %.3f (Dice of all voxels: %.3f); objects: F1 %.3f of %.0f\n",
                name.c_str(), value("dice"), value("precision"), value("recall"), value("dice_if_all"),
                value("object_f1"), value("truth_objects"));
  }
  std::fflush(stdout);
  return 0;
}

}  // namespace syconn
