// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

#include "syconn/nn/point_net.h"

namespace syconn {

/// A batch as tensors on the device.
struct PointTensors {
  std::vector<torch::Tensor> levels;      ///< B x N x 3
  std::vector<torch::Tensor> neighbours;  ///< of each layer, B x Q x K, int32
  torch::Tensor features;                 ///< B x N x inputs
};

/// A network of points with its tensors.
class PointModule {
 public:
  /// Weights as LibTorch draws them for such layers, from the seed.
  PointModule(const PointNetConfig& config, std::uint64_t seed, torch::ScalarType type = torch::kFloat32);

  /// Checks the batch against the architecture; throws Error{runtime}.
  PointTensors tensors_of(const PointBatch& batch) const;
  /// B x Q x outputs, or B x outputs. `keep`: of dropout, B x channels, 0 or 1/(1-p); undefined: none.
  torch::Tensor forward(const PointTensors& batch, const torch::Tensor& keep = {}) const;

  const PointNetConfig& config() const { return config_; }
  const torch::Tensor& tensor(const std::string& name) const;  ///< throws Error{config}
  std::map<std::string, torch::Tensor>& tensors() { return tensors_; }
  const std::map<std::string, torch::Tensor>& tensors() const { return tensors_; }
  std::vector<torch::Tensor> trainable() const;  ///< in the order of point_net_tensors()
  void to(torch::Device device);
  torch::Device device() const { return tensors_.begin()->second.device(); }

 private:
  torch::Tensor layer(std::size_t i, const torch::Tensor& x, const PointTensors& batch) const;

  PointNetConfig config_;
  torch::ScalarType type_;
  std::map<std::string, torch::Tensor> tensors_;
};

/// Archive with the tensors and the card; and back. Throw Error{input} or {runtime} that names the file.
void save_point_archive(const PointModule& net, const fs::path& file, const PointModelCard& card);
void load_point_archive(PointModule& net, const fs::path& file);

}  // namespace syconn
