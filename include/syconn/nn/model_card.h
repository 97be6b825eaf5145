// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/json.h"
#include "syconn/core/vec3.h"
#include "syconn/nn/unet.h"

namespace syconn {

/// What a TorchScript archive says of itself: the extra file `model.json` in it, or a file `model.json` beside it.
/// Needed are classes, voxel_size_nm, tile_vx and halo_vx; a lab writes them by hand for an archive of its own.
struct ModelCard {
  std::string name, description;
  std::optional<UNetConfig> unet;  ///< architecture, of models made by `syconn train unet`
  int channels = 1;                ///< of the input
  double scale = 1.0 / 255;        ///< the network sees grey · scale + offset
  double offset = 0;
  bool softmax = true;               ///< the network gives logits; false: probabilities
  std::vector<std::string> classes;  ///< of the output channels; the first is the background
  Vec3d voxel_size_nm{10, 10, 25};
  Vec3i tile_vx, halo_vx;                ///< what one pass predicts, and what it sees around it on each side
  Vec3i stride_vx{1, 1, 1};              ///< tile and halo are multiples of it
  std::uint64_t bytes_per_voxel = 2048;  ///< memory of a pass for a voxel of tile and halo
  std::string training_data_hash;        ///< of the volumes and settings it was trained on
  Json training = Json::object();        ///< seed, steps, loss, data
  Json quality = Json::object();         ///< measured: Dice of each class, on what

  Json to_json() const;
  /// Throws Error{input} that names `origin`, the key and what it should be.
  static ModelCard from_json(const Json& json, const std::string& origin);
  /// Input of one pass: tile and halo, and on the far side what is missing to a multiple of the stride.
  Vec3i input_vx() const { return (tile_vx + 2 * halo_vx + stride_vx - Vec3i(1)) / stride_vx * stride_vx; }
  /// Index of a class. Throws Error{config} that lists those there are.
  std::size_t class_index(const std::string& class_name) const;
};

/// The card of an archive, read without LibTorch: from the archive, else from `model.json` in its folder. Throws
/// Error{input}: no such file, no archive, no card in either place.
ModelCard read_model_card(const fs::path& archive);

/// How many dataset voxels make one of the model's, along x,y,z (its "mag"). Throws Error{config} if the model's voxels
/// are no whole multiples of the dataset's within `tolerance` (relative), or do not take one channel.
Vec3i model_mag(const ModelCard& card, const Vec3d& dataset_voxel_nm, double tolerance, const std::string& model);

}  // namespace syconn
