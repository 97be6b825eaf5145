// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <torch/script.h>

#include <map>
#include <string>
#include <vector>

#include "syconn/nn/unet.h"

namespace syconn {

/// The operations of a U-Net with its tensors, to be run, trained and written as TorchScript.
class UNetNet {
 public:
  /// `library_layers`: LibTorch's own layers instead of unet_layers.h.
  UNetNet(const UNetConfig& config, std::uint64_t seed, bool library_layers = false);

  /// `training`: norms by the batch, which enters the running statistics with weight `momentum`.
  torch::Tensor forward(torch::Tensor x, bool training, double momentum = 0.1) const;
  std::map<std::string, torch::Tensor>& tensors() { return tensors_; }
  const std::map<std::string, torch::Tensor>& tensors() const { return tensors_; }
  const torch::Tensor& tensor(const std::string& name) const;
  std::vector<torch::Tensor> trainable() const;  ///< in the order of unet_tensors()
  void to(torch::Device device);

  /// TorchScript of forward() in evaluation mode with copies of the tensors, as attributes script_name(name).
  torch::jit::Module module() const;
  static std::string script_name(std::string name);
  const UNetConfig& config() const { return config_; }

 private:
  std::string script() const;

  UNetConfig config_;
  std::vector<UNetOp> ops_;
  bool library_layers_;
  std::map<std::string, torch::Tensor> tensors_;
};

}  // namespace syconn
