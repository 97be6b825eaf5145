// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <map>
#include <optional>
#include <string>

#include "syconn/exec/config.h"
#include "syconn/nn/model_card.h"

/// Keys of the section `chunk-infer`, and which maps a run makes with it; other stages read both.
namespace syconn {

/// What a tile sees around it on each side in SyConn2 (the paper lists it in the order z,x,y).
inline constexpr Vec3i kPaperOverlap{30, 31, 20};

struct InferModelConfig {
  std::string model;                           ///< absolute once loaded
  std::string raw = "raw";                     ///< name of the image volume
  std::map<std::string, std::string> outputs;  ///< map's name -> class; empty: every class but the first
  std::optional<Vec3i> tile_vx, halo_vx;       ///< instead of the card's
  std::string voxels = "model";                ///< of the maps; or dataset
  void describe(Fields& f);
};

struct ChunkInferConfig {
  std::string device = "auto";
  bool half = false;
  std::string overlap = "card";  ///< or paper: kPaperOverlap for all models
  double voxel_size_tolerance = 0.05;
  std::map<std::string, InferModelConfig> models;
  void describe(Fields& f);
};

/// The card of a model with the config's tile and halo. Throws Error{config|input} with the place in the config.
ModelCard card_of_model(const RunConfig& config, const std::string& model);
/// Map's name -> class, of one model.
std::map<std::string, std::string> outputs_of_model(const RunConfig& config, const std::string& model,
                                                    const ModelCard& card);
/// Whether the run makes RUN/volumes/<name>_prob: chunk-infer is one of its stages and a model has that output.
bool is_inferred(const RunConfig& config, const std::string& name);

}  // namespace syconn
