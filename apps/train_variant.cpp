// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_variant.h"

#include "syconn/core/error.h"

namespace syconn {

void TrainVariant::add_to(CLI::App& sub) {
  sub.add_option("--folds", folds,
                 "cross-validation on the cells of all runs, stratified by type: train without a fold, test on it")
      ->check(CLI::Range(2, 1000));
  sub.add_option("--fold", fold, "this fold only, from 0 [all, their scores joined]")->check(CLI::Range(0, 999));
  sub.add_flag("--shape-only", shape_only, "one input: surfaces without organelles and synapses");
  sub.add_flag("--place", place, "x, y, z are inputs too: nothing is centred or turned, so place and direction count");
}

void TrainVariant::apply(PointTraining& t) const {
  if (folds > 1 && !t.test.empty())
    throw Error(Category::usage, "--folds tests on cells of --run; leave out --test-run");
  if (fold >= 0 && fold >= folds) throw Error(Category::usage, "--fold needs --folds, and is less than it");
  t.folds = folds, t.fold = std::max(fold, 0);
  PointNetConfig& net = t.card.architecture;
  if (shape_only) net.inputs = 1;
  t.card.place = place;
  if (place) net.inputs += 3, t.card.normalisation = "place";
  if (place && t.card.scale_nm <= 1) t.card.scale_nm = t.card.context_nm;  // of a recipe that never divides
  net.layers.front().in = net.inputs;
}

PointTrained TrainVariant::train(const PointTraining& t, const std::function<void(std::int64_t, double)>& progress,
                                 const std::atomic<int>* stop) const {
  return folds > 1 && fold < 0 ? train_folds(t, progress, stop) : train_points(t, progress, stop);
}

}  // namespace syconn
