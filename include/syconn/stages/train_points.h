// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/json.h"
#include "syconn/nn/point_net.h"
#include "syconn/nn/room.h"

/// Training of networks of points on the cells of runs whose truth is known.
namespace syconn {

/// What is learned: the type of a cell, the compartments of its surface, or whether a surface is an astrocyte's.
enum class PointTask { celltype, compartment, astrocyte };

struct PointTraining {
  PointTask task = PointTask::celltype;
  std::string name, description;
  std::vector<fs::path> train, test;  ///< runs with datasets/ssv.h5 that has cell_type, or (compartments) vertex_comp
  /// Of compartments: the classes, each with the codes of vertex_comp it stands for; other codes do not count.
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> compartments;
  PointModelCard card;  ///< architecture, context, points, voxel sizes; inputs, classes and quality are filled in
  PointTrainOptions options;
  std::int64_t steps = 1000, checkpoint_every = 200;
  int batch = 8;           ///< samples a step
  int test_contexts = 20;  ///< a test cell; 0: around all pivots
  std::uint64_t seed = 1;
  /// Cross-validation: `folds` > 1 splits the cells of `train` by their types; fold `fold` is tested on and not learned
  /// from. `test` is empty then.
  int folds = 0, fold = 0;
  DeviceOptions device;
  double memory_gb = 8;  ///< what the cells' clouds may take
  fs::path out;          ///< folder: model.pt, model.json, report.json, loss.png, confusion.svg (tested), checkpoint.pt
};

struct PointTrained {
  PointModelCard card;
  std::vector<double> losses;
  Json report;
};

/// Trains, or goes on from out/checkpoint.pt of the same settings and data (else Error{config}), and tests on cells the
/// network has not seen. All cells' down-sampled clouds are held in memory, those to learn from, then those to test on:
/// 34 bytes a point and 120 a node of the skeletons. Same settings, same weights. Throws Error{input}: a run without
/// truth; Error{config} while reading cells beyond `memory_gb`; Error{retry} when told to stop.
PointTrained train_points(const PointTraining& training, const std::function<void(std::int64_t, double)>& progress,
                          const std::atomic<int>* stop = nullptr);
/// All folds, each in its folder out/fold0, fold1, …; the report has their joint confusion matrix, and `folds`: the
/// scores of each. Stopped, it goes on where it was.
PointTrained train_folds(const PointTraining& training, const std::function<void(std::int64_t, double)>& progress,
                         const std::atomic<int>* stop = nullptr);

}  // namespace syconn
