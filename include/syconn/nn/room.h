// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/nn/model_card.h"
#include "syconn/nn/point_net.h"
#include "syconn/nn/unet.h"

/// The doors of the library that links LibTorch. It is opened on first use: linking it costs every process 0.45 s and
/// 164 MB, and machines that run no network need not have it.
namespace syconn {

struct DeviceOptions {
  std::string device = "auto";  ///< cpu, cuda, or auto: cuda where there is one
  bool half = false;            ///< half precision on cuda, bfloat16 on cpu
  int threads = 1;              ///< of one pass by LibTorch on the CPU; part of what decides the bytes of a result
  bool library_layers = false;  ///< LibTorch's layers instead of faster ones of the same values: to compare
};

/// A loaded TorchScript archive. run() may be called by several threads at once.
class Network {
 public:
  virtual ~Network() = default;
  /// One batch of one: `in` holds channels x z x y x x values, x fastest, `size_vx` voxels each; `out` classes x z x y
  /// x x probabilities (logits pass a softmax). Returns false where the device's memory does not suffice. Throws
  /// Error{runtime} with LibTorch's reason, Error{config} if the output has another shape than the card says.
  virtual bool run(std::span<const float> in, const Vec3i& size_vx, std::span<float> out) = 0;
};

struct TrainOptions {
  double learning_rate = 2e-3, weight_decay = 5e-5;
  int decay_every = 200;  ///< steps after which the rate is multiplied by
  double decay = 0.997;
  std::int64_t cosine_steps = 0;           ///< above 0 instead: the rate falls along half a cosine to 0 at this step
  std::int64_t freeze_norms_at = 0;        ///< above 0: from this step on batch norms use their running statistics
  double cross_entropy = 0.5;              ///< weight of it in the loss; the rest is soft Dice
  std::vector<double> class_weights = {};  ///< of each class; empty: 1
  bool library_layers = false;             ///< LibTorch's layers instead of faster ones of the same values: to compare
};

/// A U-Net with its optimiser (Adam). Same calls, same numbers, on one machine and number of threads.
class UNetTrainer {
 public:
  virtual ~UNetTrainer() = default;
  virtual std::vector<float> tensor(const std::string& name) const = 0;
  /// Of the last step. Throws Error{config} before the first.
  virtual std::vector<float> gradient(const std::string& name) const = 0;
  virtual void set_tensor(const std::string& name, std::span<const float> values) = 0;
  /// Logits of one sample in evaluation mode.
  virtual std::vector<float> logits(std::span<const float> in, const Vec3i& size_vx) = 0;
  /// One step on `batch` samples: images batch x channels x z x y x x, labels batch x z x y x x (255: does not count).
  /// Returns the loss before the step.
  virtual double step(int batch, std::span<const float> images, std::span<const std::uint8_t> labels,
                      const Vec3i& size_vx) = 0;
  /// Batch norms' running statistics become the mean over these samples and those of the `before` calls since 0; the
  /// weights stay.
  virtual void settle(int batch, std::span<const float> images, const Vec3i& size_vx, std::int64_t before) = 0;
  virtual std::int64_t steps_done() const = 0;
  /// Weights, running statistics, optimiser and step count; loading goes on as if never interrupted.
  virtual void save_checkpoint(const fs::path& file) const = 0;
  virtual void load_checkpoint(const fs::path& file) = 0;
  /// TorchScript archive with the card as extra file `model.json`.
  virtual void export_model(const fs::path& file, const ModelCard& card) const = 0;
};

class NnRoom {
 public:
  virtual ~NnRoom() = default;
  virtual std::string description() const = 0;  ///< LibTorch's version, BLAS, devices
  virtual bool has_cuda() const = 0;
  /// Throws Error{input}: no archive, or one LibTorch cannot read; Error{config}: no such device.
  virtual std::unique_ptr<Network> load(const fs::path& archive, const ModelCard& card, const DeviceOptions&) = 0;
  virtual std::unique_ptr<UNetTrainer> unet_trainer(const UNetConfig&, const TrainOptions&, const DeviceOptions&,
                                                    std::uint64_t seed) = 0;
  /// Loss of logits (classes x voxels) against labels, as training computes it.
  virtual double loss(std::span<const float> logits, std::span<const std::uint8_t> labels, int classes,
                      const TrainOptions&) = 0;

  virtual std::unique_ptr<PointTrainer> point_trainer(const PointNetConfig&, const PointTrainOptions&,
                                                      const DeviceOptions&, std::uint64_t seed) = 0;
  virtual std::unique_ptr<PointNet> point_net(const fs::path& archive, const DeviceOptions&) = 0;
  /// Loss of logits (positions x classes), as training of points computes it, and its gradient.
  virtual LossValue class_loss(std::span<const float> logits, std::span<const std::uint8_t> labels, int classes,
                               const LossOptions&) = 0;
  /// Of embeddings: anchors x dimensions, then positives, then negatives.
  virtual LossValue triplet_loss(std::span<const float> embeddings, int dimensions, double margin, double l1) = 0;
};

/// The library, opened on the first call. Throws Error{config} that says what is missing: this build has no room nn,
/// the file is not there, or a library it needs is not.
NnRoom& nn_room();
/// File of the library for linear algebra (BLAS) in this process once the room is open; empty before.
std::string blas_library();
/// What to tell the user if that is the slow reference library, which costs a factor of three to ten; empty if not.
std::string slow_blas_warning();
/// Whether nn_room() would find the library; opens nothing.
bool nn_room_is_built();
/// Of LibTorch that the room was built with; opens nothing. Empty without it.
const char* libtorch_version();

}  // namespace syconn
