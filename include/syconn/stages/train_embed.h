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

/// Training of embedding networks by triplets, without labels.
namespace syconn {

struct EmbeddingTraining {
  std::string name, description;
  std::vector<fs::path> train, test;  ///< runs with datasets/ssv.h5; those to test on have cell_type too
  PointModelCard card;                ///< architecture, context, points, voxel sizes; inputs and quality are filled in
  PointTrainOptions options;          ///< margin and weight of the L1 norm among them
  double positive_nm = 15'000;        ///< how far along the path a positive may lie from its anchor
  std::int64_t steps = 1000, checkpoint_every = 200;
  int batch = 16;  ///< triplets a step
  std::uint64_t seed = 1;
  DeviceOptions device;
  double memory_gb = 8;  ///< what the cells' clouds may take
  fs::path out;          ///< folder: model.pt, model.json, report.json, loss.png, checkpoint.pt
};

struct EmbeddingTrained {
  PointModelCard card;
  std::vector<double> losses;
  Json report;
};

/// Anchor: the context of a random node of a random cell. Positive: that of a random node within positive_nm by path.
/// Negative: that of a random node of another cell. Each is augmented by itself. Cells are those whose nodes span a box
/// of a diagonal above twice the context (the published pool). Goes on from out/checkpoint.pt of the same settings and
/// data (else Error{config}); the test embeds the cells of `test` and compares with their types. All cells'
/// down-sampled clouds are held in memory: 34 bytes a point and 120 a node. Same settings, same weights. Throws
/// Error{input}: no two such cells, a test run without cell_type; Error{config} while reading cells beyond `memory_gb`;
/// Error{retry} when told to stop.
EmbeddingTrained train_embedding(const EmbeddingTraining& training,
                                 const std::function<void(std::int64_t, double)>& progress,
                                 const std::atomic<int>* stop = nullptr);

}  // namespace syconn
