// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/nn/point_net_config.h"
#include "syconn/nn/point_pyramid.h"

namespace syconn {

struct DeviceOptions;

/// What a model of points says of itself, in its archive as extra file `model.json`.
struct PointModelCard {
  std::string name, description;
  PointNetConfig architecture;
  std::vector<std::string> inputs;   ///< what each input channel marks, e.g. cell, mitochondrion
  std::vector<std::string> classes;  ///< of the outputs; of an embedding: none
  double context_nm = 15'000;        ///< radius of a sample
  int n_points = 15'000;             ///< of a sample
  /// Of coordinates: unit sphere; divide: by scale_nm after centring; place: by scale_nm, where they are.
  std::string normalisation = "unit sphere";
  double scale_nm = 1;
  std::string metric = "path";  ///< how far a context reaches: path along the skeleton, or euclidean
  double pivot_nm = 7'500;      ///< contexts are drawn around one skeleton node a voxel of this edge
  double surface_voxel_nm = 80, organelle_voxel_nm = 100, synapse_voxel_nm = 100;  ///< one vertex a voxel is kept
  bool place = false;  ///< normalised x, y, z (in context radii) are the last three inputs
  std::string training_data_hash;
  Json training = Json::object();  ///< data, seed, steps, recipe
  Json quality = Json::object();   ///< measured, on what

  /// Inputs that tell kinds of points: 1, 4, 5 or 6.
  int kinds() const { return architecture.inputs - (place ? 3 : 0); }
  Json to_json() const;
  /// Throws Error{input} that names `origin`, the key and what it should be.
  static PointModelCard from_json(const Json& json, const std::string& origin);
};
/// Read without LibTorch. Throws Error{input}: no such file, no archive, no card, a card of another kind of model.
PointModelCard read_point_model_card(const fs::path& archive);

/// A trained network. predict() may be called by several threads at once; same bytes whatever the batch and the threads
/// around it on one device, library and build.
class PointNet {
 public:
  virtual ~PointNet() = default;
  /// Through nn_room(). Throws Error{input}: no archive, no card, tensors other than the card's architecture;
  /// Error{config}: no such device.
  static std::unique_ptr<PointNet> load(const fs::path& archive, const DeviceOptions& device);

  virtual const PointModelCard& card() const = 0;
  /// Outputs without softmax: samples x points of the last layer's level x outputs, or samples x outputs. Throws
  /// Error{runtime} for a batch that does not fit the architecture.
  virtual std::vector<float> predict(const PointBatch& batch) = 0;
};

/// Cross entropy and soft Dice, over all points of a batch together.
struct LossOptions {
  double cross_entropy = 1;                ///< weight of it; the rest is Dice
  std::vector<double> class_weights = {};  ///< empty: 1
  int ignored = 255;                       ///< label that does not count
};
struct LossValue {
  double value = 0;
  std::vector<double> gradient;  ///< of the logits, or of anchors, positives and negatives one after the other
};

struct PointTrainOptions {
  std::string optimiser = "adam";  ///< adam or adamw
  double learning_rate = 1e-3, weight_decay = 0;
  std::string schedule = "step";  ///< step, cosine (to zero at `total_steps`) or constant
  int decay_every = 100;          ///< updates after which the rate is multiplied by
  double decay = 0.99;
  int total_steps = 0;
  LossOptions loss = {};
  double margin = 0.2;            ///< of triplets
  double embedding_l1 = 0;        ///< weight of the mean L1 norm of embeddings in the triplet loss
  bool double_precision = false;  ///< for checks
};

/// A network with its optimiser. Same calls and seed, same numbers on one CPU, library and build, whatever the number
/// of threads; one resumed from a checkpoint goes on as if never interrupted.
class PointTrainer {
 public:
  virtual ~PointTrainer() = default;
  virtual std::vector<float> tensor(const std::string& name) const = 0;
  virtual void set_tensor(const std::string& name, std::span<const float> values) = 0;
  virtual std::vector<double> gradient(const std::string& name) const = 0;  ///< summed since the last update

  virtual std::vector<double> outputs(const PointBatch& batch) = 0;  ///< as PointNet::predict()
  /// Adds the gradient of the loss; returns the loss. One label a point of the output, or one a sample.
  virtual double accumulate(const PointBatch& batch, std::span<const std::uint8_t> labels) = 0;
  /// Samples are anchors, then as many positives, then negatives. For heads without points.
  virtual double accumulate_triplets(const PointBatch& batch) = 0;
  /// Adds the gradient for a given gradient of the outputs; returns that of the features.
  virtual std::vector<double> backward(const PointBatch& batch, std::span<const float> output_gradient) = 0;
  /// One step along the mean of the gradients added since the last one.
  virtual void update() = 0;
  virtual std::int64_t steps_done() const = 0;
  virtual double learning_rate() const = 0;  ///< of the next update

  /// Taken between update() and the next accumulate().
  virtual void save_checkpoint(const fs::path& file) const = 0;
  virtual void load_checkpoint(const fs::path& file) = 0;
  virtual void export_model(const fs::path& file, const PointModelCard& card) const = 0;
};

}  // namespace syconn
