// SPDX-License-Identifier: GPL-3.0-or-later
#include <torch/script.h>

#include "point_module.h"
#include "unet_net.h"

namespace syconn {

void save_point_archive(const PointModule& net, const fs::path& file, const PointModelCard& card) {
  torch::jit::Module module("__torch__.PointNet", std::make_shared<torch::jit::CompilationUnit>());
  for (const TensorInfo& info : point_net_tensors(net.config())) {
    const torch::Tensor t = net.tensor(info.name).detach().to(torch::kCPU, torch::kFloat32).clone();
    module.register_parameter(UNetNet::script_name(info.name), t, false);
  }
  module.eval();
  try {
    module.save(file.string(), {{"model.json", card.to_json().dump(1)}});
  } catch (const c10::Error& e) {
    throw Error(Category::runtime, "model " + file.string() + ": " + e.what_without_backtrace());
  }
}

void load_point_archive(PointModule& net, const fs::path& file) {
  const torch::NoGradGuard no_grad;
  try {
    const torch::jit::Module module = torch::jit::load(file.string(), torch::kCPU);
    for (auto& [name, t] : net.tensors()) {
      const torch::Tensor stored = module.attr(UNetNet::script_name(name)).toTensor();
      TORCH_CHECK(stored.sizes() == t.sizes(), "tensor ", name, " has another shape than the card says");
      t.copy_(stored);
    }
  } catch (const c10::Error& e) {
    throw Error(Category::input, file.string() + ": no model of this architecture: " + e.what_without_backtrace());
  }
}

}  // namespace syconn
