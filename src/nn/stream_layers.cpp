// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream_layers.h"

#include <cmath>
#include <map>

namespace syconn {
namespace {

using Kind = StreamLayer::Kind;
constexpr double kEpsilon = 1e-5;  // added to the variance, as in training
constexpr float kLeakySlope = 0.1F;

std::vector<float> values_of(const UNetTensors& tensors, const std::string& name, std::int64_t n) {
  std::vector<float> values = tensors(name);
  if (static_cast<std::int64_t>(values.size()) != n)
    throw Error(Category::input, "U-Net: tensor " + name + " has another size");
  for (const float v : values)
    if (!std::isfinite(v)) throw Error(Category::input, "U-Net: tensor " + name + " has a value that is no number");
  return values;
}

/// Batch normalisation of a layer's outputs becomes part of its weights (outputs x inputs x kernel, of up_convs inputs
/// x outputs x kernel) and bias.
void fold_norm(StreamLayer& layer, const std::string& norm, const UNetTensors& tensors) {
  const auto part = [&](const char* name) { return values_of(tensors, norm + name, layer.out); };
  const std::vector<float> gamma = part(".weight"), beta = part(".bias"), mean = part(".running_mean"),
                           variance = part(".running_var");
  const auto kernel = static_cast<std::size_t>(layer.size.product());
  const auto out = static_cast<std::size_t>(layer.out), in = static_cast<std::size_t>(layer.in);
  for (std::size_t o = 0; o < out; ++o) {
    const double factor = gamma[o] / std::sqrt(variance[o] + kEpsilon);
    if (!std::isfinite(factor)) throw Error(Category::input, "U-Net: " + norm + ".running_var has a negative value");
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t k = 0; k < kernel; ++k) {
        float& w = layer.weight[(layer.kind == Kind::conv ? o * in + i : i * out + o) * kernel + k];
        w = static_cast<float>(w * factor);
      }
    layer.bias[o] = static_cast<float>((layer.bias[o] - mean[o]) * factor + beta[o]);
  }
}

std::int64_t blocks(std::int64_t n, std::int64_t block) { return (n + block - 1) / block; }

/// From outputs x inputs x kernel to blocks of outputs x inputs x kernel x block.
void pack_conv(StreamLayer& layer, std::int64_t block) {
  const std::int64_t taps = layer.in * layer.size.product();
  std::vector<float> packed(static_cast<std::size_t>(blocks(layer.out, block) * block * taps));
  for (std::int64_t o = 0; o < layer.out; ++o)
    for (std::int64_t t = 0; t < taps; ++t)
      packed[static_cast<std::size_t>((o / block * taps + t) * block + o % block)] =
          layer.weight[static_cast<std::size_t>(o * taps + t)];
  layer.weight = std::move(packed);
  layer.bias.resize(static_cast<std::size_t>(blocks(layer.out, block) * block));
}

/// From inputs x outputs x z x y x x to z x blocks of outputs x y x inputs x x x block.
void pack_up(StreamLayer& layer, std::int64_t block) {
  const std::int64_t n = blocks(layer.out, block);
  std::vector<float> packed(static_cast<std::size_t>(n * block * layer.in * layer.size.product()));
  std::size_t from = 0;
  for (std::int64_t i = 0; i < layer.in; ++i)
    for (std::int64_t o = 0; o < layer.out; ++o)
      for (std::int64_t k = 0; k < layer.size.product(); ++k) {
        const std::int64_t z = k / 4, y = k / 2 % 2, x = k % 2;
        const std::int64_t row = (z * n + o / block) * 2 + y;
        packed[static_cast<std::size_t>(((row * layer.in + i) * 2 + x) * block + o % block)] = layer.weight[from++];
      }
  layer.weight = std::move(packed);
  layer.bias.resize(static_cast<std::size_t>(n * block));
}

StreamLayer layer_of(const UNetOp& op, std::vector<int> inputs, const Vec3i& scale, const UNetTensors& tensors) {
  StreamLayer layer{op.kind == UNetOp::Kind::pool   ? Kind::pool
                    : op.kind == UNetOp::Kind::conv ? Kind::conv
                                                    : Kind::up_conv,
                    std::move(inputs),
                    op.in,
                    op.out,
                    op.size,
                    scale,
                    {},
                    {},
                    1};
  if (layer.kind == Kind::pool) layer.scale = scale * op.size;
  if (layer.kind == Kind::up_conv) layer.scale = scale / op.size;
  if (layer.kind == Kind::pool) return layer;
  layer.weight = values_of(tensors, op.name + ".weight", op.in * op.out * op.size.product());
  layer.bias = values_of(tensors, op.name + ".bias", op.out);
  return layer;
}

}  // namespace

std::int64_t StreamLayer::first_seen(std::int64_t z) const {
  if (kind == Kind::conv) return z - size.z / 2;
  return kind == Kind::pool ? z * size.z : z / size.z;
}

std::int64_t StreamLayer::last_seen(std::int64_t z) const {
  if (kind == Kind::conv) return z + size.z / 2;
  return kind == Kind::pool ? z * size.z + size.z - 1 : z / size.z;
}

std::vector<StreamLayer> stream_layers(const UNetConfig& config, const UNetTensors& tensors,
                                       const SectionKernels& kernels) {
  std::vector<StreamLayer> layers(1);
  layers[0].out = config.channels;
  std::map<int, int> kept;
  std::vector<int> inputs{0};
  for (const UNetOp& op : unet_ops(config)) {
    using OpKind = UNetOp::Kind;
    if (op.kind == OpKind::norm) {
      fold_norm(layers.back(), op.name, tensors);
    } else if (op.kind == OpKind::activate) {
      layers.back().slope = config.activation == "relu" ? 0 : kLeakySlope;
    } else if (op.kind == OpKind::keep) {
      kept[op.level] = inputs[0];
    } else if (op.kind == OpKind::concat) {
      inputs.push_back(kept.at(op.level));
    } else {
      layers.push_back(layer_of(op, inputs, layers.back().scale, tensors));
      inputs = {static_cast<int>(layers.size()) - 1};
    }
  }
  for (StreamLayer& layer : layers) {
    if (layer.kind == Kind::conv) pack_conv(layer, kernels.block);
    if (layer.kind == Kind::up_conv) pack_up(layer, kernels.up_block);
  }
  return layers;
}

}  // namespace syconn
