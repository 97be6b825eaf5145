// SPDX-License-Identifier: GPL-3.0-or-later
// Small nets of the golden vectors of U-Nets, and their weights, given by a formula of the tensor's name, shape and
// place.
#pragma once
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "syconn/nn/room.h"

namespace syconn::test {

inline UNetConfig config_of(int classes, int blocks, int filters, std::vector<int> planar, std::string norm = "batch") {
  UNetConfig c;
  c.classes = classes, c.blocks = blocks, c.start_filters = filters, c.planar = std::move(planar);
  c.normalisation = std::move(norm);
  return c;
}
inline UNetConfig resize_net() {
  UNetConfig c = config_of(2, 3, 8, {1});
  c.activation = "leaky", c.up = "resize";
  return c;
}

inline std::uint32_t formula_hash(std::uint32_t x) {
  x *= 2654435761U;
  x ^= x >> 16;
  x *= 2246822519U;
  return x ^ (x >> 13);
}

inline std::vector<float> formula_values(const TensorInfo& info, std::uint32_t order) {
  double scale = 0.1, offset = 0;
  if (info.shape.size() == 5) {
    const double fan = static_cast<double>(info.shape[1] * info.shape[2] * info.shape[3] * info.shape[4]);
    scale = (info.name.find("upconv") != std::string::npos ? 1.6 : 1.2) * std::sqrt(3 / fan);
    scale = std::round(scale * 1e8) / 1e8;
  } else if (info.name.ends_with(".running_var")) {
    scale = 0.4, offset = 1;
  } else if (info.name.ends_with(".weight")) {
    scale = 0.3, offset = 1;
  }
  const auto n = std::accumulate(info.shape.begin(), info.shape.end(), std::int64_t{1}, std::multiplies<>());
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const double unit = static_cast<double>(formula_hash(i + 1000003U * (order + 1)) >> 8) / 16777216.0;
    values[i] = static_cast<float>(offset + scale * (2 * unit - 1));
  }
  return values;
}

inline std::map<std::string, std::vector<float>> formula_weights(const UNetConfig& config) {
  std::map<std::string, std::vector<float>> weights;
  std::uint32_t order = 0;
  for (const TensorInfo& info : unet_tensors(config)) {
    weights[info.name] = formula_values(info, order++);
    if (info.name.ends_with(".running_var")) ++order;  // the reference's dictionary counts batches there
  }
  return weights;
}

inline void set_formula_weights(UNetTrainer& net, const UNetConfig& config) {
  for (const auto& [name, values] : formula_weights(config)) net.set_tensor(name, values);
}

}  // namespace syconn::test
