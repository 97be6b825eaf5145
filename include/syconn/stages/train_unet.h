// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/box3.h"
#include "syconn/core/json.h"
#include "syconn/nn/room.h"
#include "syconn/stages/evaluate_volumes.h"

/// Training of a U-Net on labelled volumes, by its loss, tested on what it has not seen.
namespace syconn {

/// Where the voxels of a class are: a label volume's above 0, a map's above a half. Float volumes are maps.
struct ClassSource {
  std::string name;
  VolumeSource volume;
  bool is_map = false;
};
/// An image and a volume for each class but the background. Where two classes meet the later one holds.
struct LabelledSource {
  VolumeSource raw;
  std::vector<ClassSource> labels;
  std::optional<Box3> box =
      std::nullopt;  ///< what is used of it, in the image's voxels; in a test the network sees beyond
};
/// volumes/raw.json of a phantom, with truth_<class>.json, or <class>.json where there is no such truth (myelin).
LabelledSource phantom_source(const fs::path& phantom, const std::vector<std::string>& classes);

struct UNetTraining {
  std::string name = "unet", description;
  std::vector<LabelledSource> train, test;  ///< same classes in the same order in all
  double held_out = 0.2;                    ///< without `test`: the last part of each volume's sections is kept for it
  UNetConfig net;
  TrainOptions options;
  Vec3i mag{1, 1, 1};  ///< the network's voxels in the image's: means of the greys, the most frequent of the labels
  Vec3i patch_vx{96, 96, 32};
  Vec3i tile_vx{128, 128, 64};  ///< of the model's card; raised to multiples of the net's stride
  int batch = 2;
  std::int64_t steps = 2000, checkpoint_every = 200;
  std::int64_t settle_steps = 100;  ///< batches before norms freeze, or after the last step, for their statistics alone
  std::uint64_t seed = 1;
  std::int64_t min_object_vx = 100;  ///< smaller objects do not count in the test of objects
  DeviceOptions device;
  fs::path out;  ///< folder: model.pt, model.json, report.json, loss.png, checkpoint.pt
};

struct UNetTrained {
  ModelCard card;
  std::vector<double> losses;  ///< one a step
  Json report;                 ///< what report.json holds
};

/// Trains, or goes on from `out`/checkpoint.pt if it was made with the same settings and data (else Error{config}), and
/// tests. `progress` hears of every step; `stop` ends at the next step with a checkpoint and Error{retry}. All volumes
/// are held in memory: 2 bytes a voxel. Throws Error{input|config}.
UNetTrained train_unet(const UNetTraining& training, const std::function<void(std::int64_t, double)>& progress,
                       const std::atomic<int>* stop = nullptr);
/// What to tell the user before training if the linear algebra library here is slow; else empty.
std::string training_warning();

}  // namespace syconn
