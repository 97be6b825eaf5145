// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream_network.h"

#include <torch/csrc/jit/passes/canonicalize.h>

#include <sstream>

#include "syconn/nn/unet_stream.h"
#include "trainer.h"
#include "unet_net.h"

namespace syconn {
namespace {

class StreamNetwork final : public Network {
 public:
  StreamNetwork(const ModelCard& card, const UNetTensors& tensors)
      : stream_(*card.unet, tensors), softmax_(card.softmax) {}

  bool run(std::span<const float> in, const Vec3i& size, std::span<float> out) override {
    try {
      stream_.run(in, size, softmax_, out);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

 private:
  UNetStream stream_;
  bool softmax_;
};

/// Operations of forward(), without the names of values.
std::string program_of(const torch::jit::Module& module) {
  return torch::jit::Canonicalize(module.get_method("forward").graph(), false)->toString(false);
}

/// The program of a network of ours as it reads after loading.
std::string own_program(const UNetNet& net) {
  std::stringstream archive;
  net.module().save(archive);
  return program_of(torch::jit::load(archive));
}

bool has_own_tensors(const torch::jit::Module& module, const UNetConfig& config) {
  for (const TensorInfo& info : unet_tensors(config)) {
    const std::string name = UNetNet::script_name(info.name);
    if (!module.hasattr(name) || !module.attr(name).isTensor()) return false;
    const torch::Tensor t = module.attr(name).toTensor();
    if (t.sizes() != torch::IntArrayRef(info.shape) || t.scalar_type() != torch::kFloat32) return false;
    if (!torch::isfinite(t).all().item<bool>()) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<Network> stream_network(const torch::jit::Module& module, const ModelCard& card,
                                        const DeviceOptions& options) {
  if (!device_of(options).is_cpu() || options.half || options.library_layers || !card.unet) return nullptr;
  const UNetConfig& config = *card.unet;
  if (!UNetStream::can_run(config) || config.channels != card.channels ||
      config.classes != static_cast<int>(card.classes.size()) || !module.find_method("forward"))
    return nullptr;
  const torch::NoGradGuard no_grad;
  if (!has_own_tensors(module, config) || program_of(module) != own_program(UNetNet(config, 0))) return nullptr;
  return std::make_unique<StreamNetwork>(card, [&](const std::string& name) {
    const torch::Tensor t = module.attr(UNetNet::script_name(name)).toTensor().contiguous();
    return std::vector<float>(t.data_ptr<float>(), t.data_ptr<float>() + t.numel());
  });
}

}  // namespace syconn
