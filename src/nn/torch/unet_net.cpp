// SPDX-License-Identifier: GPL-3.0-or-later
#include "unet_net.h"

#include <cmath>
#include <sstream>

#include "syconn/core/rng.h"
#include "unet_layers.h"

namespace syconn {
namespace {

using Kind = UNetOp::Kind;
constexpr double kEpsilon = 1e-5, kSlope = 0.1;

std::vector<std::int64_t> zyx(const Vec3i& v) { return {v.z, v.y, v.x}; }
std::vector<std::int64_t> padding(const Vec3i& kernel) { return zyx((kernel - Vec3i(1)) / 2); }

std::string list(const std::vector<std::int64_t>& values) {
  std::string text = "[";
  for (const std::int64_t v : values) text += (text.size() > 1 ? ", " : "") + std::to_string(v);
  return text + "]";
}

std::int64_t groups(const std::string& normalisation) { return std::stoll(normalisation.substr(5)); }

/// Xavier's normal distribution for weights of convolutions, zero for biases, the identity for norms.
torch::Tensor initial(const TensorInfo& info, std::uint64_t seed, std::uint64_t index) {
  const bool weight = info.name.ends_with(".weight"), variance = info.name.ends_with(".running_var");
  if (info.shape.size() < 5) return weight || variance ? torch::ones(info.shape) : torch::zeros(info.shape);
  torch::Tensor t = torch::zeros(info.shape);
  const auto kernel = info.shape[2] * info.shape[3] * info.shape[4];
  const double sigma = std::sqrt(2.0 / static_cast<double>((info.shape[0] + info.shape[1]) * kernel));
  Rng rng(seed, index, 0x756e6574);
  float* values = t.data_ptr<float>();
  for (std::int64_t i = 0; i < t.numel(); ++i) values[i] = static_cast<float>(rng.normal(0, sigma));
  return t;
}

torch::Tensor resized(const torch::Tensor& x, const Vec3i& factor) {
  return torch::upsample_trilinear3d(x, {x.size(2) * factor.z, x.size(3) * factor.y, x.size(4) * factor.x}, false);
}

}  // namespace

UNetNet::UNetNet(const UNetConfig& config, std::uint64_t seed, bool library_layers)
    : config_(config), ops_(unet_ops(config)), library_layers_(library_layers) {
  std::uint64_t index = 0;
  for (const TensorInfo& info : unet_tensors(config)) {
    torch::Tensor t = initial(info, seed, index++);
    t.set_requires_grad(info.trainable);
    tensors_.emplace(info.name, t);
  }
}

const torch::Tensor& UNetNet::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Error(Category::config, "the U-Net has no tensor '" + name + "'");
  return found->second;
}

std::vector<torch::Tensor> UNetNet::trainable() const {
  std::vector<torch::Tensor> all;
  for (const TensorInfo& info : unet_tensors(config_))
    if (info.trainable) all.push_back(tensors_.at(info.name));
  return all;
}

void UNetNet::to(torch::Device device) {
  for (auto& [name, t] : tensors_) t = t.detach().to(device).set_requires_grad(t.requires_grad());
}

torch::Tensor UNetNet::forward(torch::Tensor x, bool training, double momentum) const {
  std::map<int, torch::Tensor> kept;
  for (const UNetOp& op : ops_) {
    const auto t = [&](const char* part) { return tensors_.at(op.name + part); };
    if (op.kind == Kind::conv && library_layers_) {
      x = torch::conv3d(x, t(".weight"), t(".bias"), {1, 1, 1}, padding(op.size));
    } else if (op.kind == Kind::conv) {
      x = same_conv(x, t(".weight"), t(".bias"));
    } else if (op.kind == Kind::up_conv) {
      x = torch::conv_transpose3d(x, t(".weight"), t(".bias"), zyx(op.size));
    } else if (op.kind == Kind::resize) {
      x = resized(x, op.size);
    } else if (op.kind == Kind::norm && config_.normalisation == "batch") {
      x = torch::batch_norm(x, t(".weight"), t(".bias"), t(".running_mean"), t(".running_var"), training, momentum,
                            kEpsilon, true);
    } else if (op.kind == Kind::norm) {
      x = torch::group_norm(x, groups(config_.normalisation), t(".weight"), t(".bias"), kEpsilon);
    } else if (op.kind == Kind::activate) {
      x = config_.activation == "relu" ? torch::relu(x) : torch::leaky_relu(x, kSlope);
    } else if (op.kind == Kind::pool) {
      x = library_layers_ ? torch::max_pool3d(x, zyx(op.size)) : halved(x, op.size);
    } else if (op.kind == Kind::keep) {
      kept[op.level] = x;
    } else {
      x = torch::cat({x, kept.at(op.level)}, 1);
    }
  }
  return x;
}

std::string UNetNet::script_name(std::string name) {
  for (char& c : name)
    if (c == '.') c = '_';
  return name;
}

torch::jit::Module UNetNet::module() const {
  torch::jit::Module module("__torch__.UNet", std::make_shared<torch::jit::CompilationUnit>());
  for (const TensorInfo& info : unet_tensors(config_)) {
    const torch::Tensor t = tensor(info.name).detach().cpu().clone();
    if (info.trainable)
      module.register_parameter(script_name(info.name), t, false);
    else
      module.register_buffer(script_name(info.name), t);
  }
  module.define(script());
  module.eval();
  return module;
}

std::string UNetNet::script() const {
  std::ostringstream text;
  text << "def forward(self, x: Tensor) -> Tensor:\n";
  for (const UNetOp& op : ops_) {
    const auto t = [&](const char* part) { return "self." + script_name(op.name + part); };
    const std::string weight = t(".weight"), bias = t(".bias");
    text << "    ";
    if (op.kind == Kind::conv) {
      text << "x = torch.conv3d(x, " << weight << ", " << bias << ", [1, 1, 1], " << list(padding(op.size)) << ")\n";
    } else if (op.kind == Kind::up_conv) {
      text << "x = torch.conv_transpose3d(x, " << weight << ", " << bias << ", " << list(zyx(op.size)) << ")\n";
    } else if (op.kind == Kind::resize) {
      text << "x = torch.upsample_trilinear3d(x, [x.size(2) * " << op.size.z << ", x.size(3) * " << op.size.y
           << ", x.size(4) * " << op.size.x << "], False, None, None, None)\n";
    } else if (op.kind == Kind::norm && config_.normalisation == "batch") {
      text << "x = torch.batch_norm(x, " << weight << ", " << bias << ", " << t(".running_mean") << ", "
           << t(".running_var") << ", False, 0.1, 1e-05, True)\n";
    } else if (op.kind == Kind::norm) {
      text << "x = torch.group_norm(x, " << groups(config_.normalisation) << ", " << weight << ", " << bias
           << ", 1e-05, True)\n";
    } else if (op.kind == Kind::activate) {
      text << (config_.activation == "relu" ? "x = torch.relu(x)\n" : "x = torch.leaky_relu(x, 0.1)\n");
    } else if (op.kind == Kind::pool) {
      // the same maxima as max_pool3d, which is slow on CPUs
      text << "x = torch.amax(torch.reshape(x, [x.size(0), x.size(1), x.size(2) // " << op.size.z << ", " << op.size.z
           << ", x.size(3) // " << op.size.y << ", " << op.size.y << ", x.size(4) // " << op.size.x << ", " << op.size.x
           << "]), [3, 5, 7])\n";
    } else if (op.kind == Kind::keep) {
      text << "kept" << op.level << " = x\n";
    } else {
      text << "x = torch.cat([x, kept" << op.level << "], 1)\n";
    }
  }
  text << "    return x\n";
  return text.str();
}

}  // namespace syconn
