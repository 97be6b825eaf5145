// SPDX-License-Identifier: GPL-3.0-or-later
#include "point_module.h"

#include <cmath>
#include <numeric>

#include "point_ops.h"
#include "syconn/core/rng.h"

namespace syconn {
namespace {

using torch::Tensor;
constexpr std::uint64_t kWeights = 0x706f696e74;

/// Points uniform in the unit ball, as columns.
void fill_ball(Rng& rng, double* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    Vec3d p(2);
    while (p.x * p.x + p.y * p.y + p.z * p.z > 1)
      for (int d = 0; d < 3; ++d) p[d] = rng.uniform(-1, 1);
    for (int d = 0; d < 3; ++d) values[d * n + i] = p[d];
  }
}

/// Half the width of the uniform distribution a tensor starts from; 0: zeros.
double bound_of(const PointNetConfig& c, const TensorInfo& info, const std::vector<std::int64_t>& weight) {
  if (weight.size() == 3 && c.convolution == "mean")
    return info.shape.size() == 1 ? 0 : std::sqrt(6.0 / static_cast<double>(weight[0] + weight[2]));
  const std::int64_t fan_in = weight.size() == 3 ? weight[1] * weight[2] : weight[1];
  return 1 / std::sqrt(static_cast<double>(fan_in));
}

/// `weight`: shape of the tensor's layer's weight, which decides for its bias too.
Tensor initial(const PointNetConfig& c, const TensorInfo& info, const std::vector<std::int64_t>& weight, Rng rng) {
  Tensor t = torch::zeros(info.shape, torch::kFloat64);
  double* values = t.data_ptr<double>();
  if (info.name.ends_with(".norm.weight")) return torch::ones(info.shape, torch::kFloat64);
  if (info.name.ends_with(".norm.bias")) return t;
  if (info.name.ends_with(".centers")) {
    fill_ball(rng, values, info.shape[1]);
    return t;
  }
  const double bound = bound_of(c, info, weight);
  for (std::int64_t i = 0; i < t.numel(); ++i) values[i] = rng.uniform(-bound, bound);
  return t;
}

template <class T, class From>
Tensor stacked(const PointBatch& batch, const std::vector<std::int64_t>& shape, torch::ScalarType type,
               const From& from) {
  std::vector<Tensor> all;
  for (const PointPyramid& sample : batch.samples)
    all.push_back(torch::from_blob(const_cast<T*>(from(sample)), shape, type));
  return all.size() == 1 ? all[0].unsqueeze(0) : torch::stack(all);
}

}  // namespace

PointModule::PointModule(const PointNetConfig& config, std::uint64_t seed, torch::ScalarType type)
    : config_(config), type_(type) {
  std::uint64_t index = 0;
  std::vector<std::int64_t> weight;
  for (const TensorInfo& info : point_net_tensors(config)) {
    if (info.name.ends_with(".weight")) weight = info.shape;
    Tensor t = initial(config, info, weight, Rng(seed, kWeights, index++)).to(type);
    tensors_.emplace(info.name, t.set_requires_grad(true));
  }
}

const Tensor& PointModule::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Error(Category::config, "the network has no tensor '" + name + "'");
  return found->second;
}

std::vector<Tensor> PointModule::trainable() const {
  std::vector<Tensor> all;
  for (const TensorInfo& info : point_net_tensors(config_)) all.push_back(tensors_.at(info.name));
  return all;
}

void PointModule::to(torch::Device device) {
  for (auto& [name, t] : tensors_) t = t.detach().to(device).set_requires_grad(true);
}

PointTensors PointModule::tensors_of(const PointBatch& batch) const {
  if (batch.samples.empty() || batch.samples[0].levels.empty())
    throw Error(Category::runtime, "a batch of point samples is empty");
  const PointPyramid& first = batch.samples[0];
  PyramidPlan plan = pyramid_plan(config_, std::max(1, static_cast<int>(first.levels[0].size())));
  if (config_.has_targets()) plan.levels.back() = static_cast<int>(first.levels.back().size());
  for (const PointPyramid& sample : batch.samples) check_pyramid(plan, sample);
  const auto samples = static_cast<std::int64_t>(batch.samples.size());
  if (static_cast<std::int64_t>(batch.features.size()) != samples * plan.levels[0] * config_.inputs)
    throw Error(Category::runtime, "features of a batch: " + std::to_string(batch.features.size()) + " values, not " +
                                       std::to_string(samples * plan.levels[0] * config_.inputs));
  PointTensors out;
  for (std::size_t i = 0; i < plan.levels.size(); ++i)
    out.levels.push_back(stacked<float>(batch, {plan.levels[i], 3}, torch::kFloat32, [&](const PointPyramid& s) {
                           return &s.levels[i][0].x;
                         }).to(device(), type_));
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const auto& [from, to, k] = plan.layers[i];
    out.neighbours.push_back(stacked<std::int32_t>(batch, {plan.levels[static_cast<std::size_t>(to)], k}, torch::kInt32,
                                                   [&](const PointPyramid& s) { return s.neighbours[i].data(); })
                                 .to(device()));
  }
  out.features = torch::from_blob(const_cast<float*>(batch.features.data()), {samples, plan.levels[0], config_.inputs},
                                  torch::kFloat32)
                     .to(device(), type_);
  return out;
}

Tensor PointModule::layer(std::size_t i, const Tensor& x, const PointTensors& batch) const {
  const PointLayer& l = config_.layers[i];
  const auto t = [&](const char* part) { return tensors_.at("layers." + std::to_string(i) + "." + part); };
  const bool mean = config_.convolution == "mean";
  ConvPointWeights w;
  collapse(t("mlp.0.weight"), t("mlp.0.bias"), t("centers"), w);
  w.w2 = t("mlp.1.weight"), w.b2 = t("mlp.1.bias"), w.w3 = t("mlp.2.weight"), w.b3 = t("mlp.2.bias");
  w.weight = mean ? t("weight").flatten(0, 1) : t("weight").flatten(1).t();
  w.bias = t("bias");
  const Neighbourhoods where{batch.levels[static_cast<std::size_t>(l.from)],
                             batch.levels[static_cast<std::size_t>(l.to)], batch.neighbours[i]};
  const Tensor y =
      conv_point(x, where, w, config_.unit_neighbourhoods, mean ? 1.0 / static_cast<double>(l.neighbours) : 1.0);
  return l.activate ? norm_activate(y, t("norm.weight"), t("norm.bias"), config_.activation == "swish") : y;
}

Tensor PointModule::forward(const PointTensors& batch, const Tensor& keep) const {
  Tensor x = batch.features;
  std::vector<Tensor> kept;
  for (std::size_t i = 0; i < config_.layers.size(); ++i) {
    kept.push_back(layer(i, x, batch));
    const int skip = config_.layers[i].skip;
    x = skip < 0 ? kept.back() : torch::cat({kept.back(), kept[static_cast<std::size_t>(skip)]}, 2);
  }
  if (config_.head == "none") return x;
  if (config_.head == "mean") {
    x = x.mean(1);
    if (keep.defined()) x = x * keep;
    x = torch::linear(x, tensors_.at("head.hidden.weight"), tensors_.at("head.hidden.bias"));
  }
  return torch::linear(x, tensors_.at("head.weight"), tensors_.at("head.bias"));
}

}  // namespace syconn
