// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/json.h"
#include "syconn/nn/unet.h"

namespace syconn {

/// One convolution over points: the outputs lie at the points of level `to`, each made of its `neighbours` nearest
/// points of level `from`.
struct PointLayer {
  int in = 0, out = 0;  ///< channels; `in` counts what `skip` of the layer before appends
  int from = 0, to = 0;
  int neighbours = 16;
  int skip = -1;         ///< layer whose output (of level `to`) is appended to this one's; -1: none
  bool activate = true;  ///< group normalisation (2 channels a group), then the activation
};

/// A network on a cloud of points: a list of convolutions and what follows them. Both kinds of convolution have 16
/// kernel elements (Boulch 2020, as used in SyConn2, Schubert et al. 2022).
struct PointNetConfig {
  static constexpr int kInput = 0;     ///< in `levels`: as many points as the sample has
  static constexpr int kTargets = -1;  ///< in `levels`: locations given with the sample

  /// sum: LightConvPoint's layer, weights 48-16-16-16, neighbourhoods scaled to the unit ball by default.
  /// mean: ConvPoint's layer, weights 48-32-16-16, divided by the number of neighbours.
  std::string convolution = "sum";
  bool unit_neighbourhoods = true;
  std::string activation = "relu";    ///< relu or swish
  std::string picking = "quantised";  ///< how a level's points are drawn: quantised or heuristic
  int inputs = 1, outputs = 3;
  std::vector<int> levels{kInput};  ///< points of each level; level i > 0 is drawn from level i - 1
  std::vector<PointLayer> layers;
  /// points: a linear map at the points of the last layer; mean: the mean over them, dropout, two linear maps without
  /// activation in between; none: the last layer's output.
  std::string head = "points";
  int hidden = 128;  ///< between the two linear maps
  double dropout = 0;

  Json to_json() const;
  static PointNetConfig from_json(const Json& json, const std::string& origin);  ///< throws Error{input}
  void check() const;                                                            ///< throws Error{config}
  int last_channels() const;                                                     ///< what the head sees
  bool has_targets() const { return !levels.empty() && levels.back() == kTargets; }
};

/// Segmentation net of the paper: the architecture follows from the points of a sample (512, 1,024, 2,048, more).
PointNetConfig segmentation_net(int inputs, int classes, int n_points, int width = 32);
/// Cell type net (paper: 6 inputs, 11 classes).
PointNetConfig cell_type_net(int inputs, int classes);
/// The same net without dropout; `dimensions` values instead of classes (paper: 6 inputs, 10).
PointNetConfig embedding_net(int inputs, int dimensions);
/// Astrocyte net: from a surface to given locations.
PointNetConfig astrocyte_net(int inputs = 1, int classes = 2);

/// Tensors in the order of the layers, then the head's. All are trainable.
std::vector<TensorInfo> point_net_tensors(const PointNetConfig& config);
std::int64_t point_net_parameters(const PointNetConfig& config);
/// Upper estimate of what inference needs for one sample beside the weights.
std::uint64_t point_net_bytes(const PointNetConfig& config, int n_points);

}  // namespace syconn
