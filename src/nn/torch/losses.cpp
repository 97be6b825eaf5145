// SPDX-License-Identifier: GPL-3.0-or-later
#include "losses.h"

namespace syconn {
namespace {

constexpr double kDiceEpsilon = 1e-4, kDistanceEpsilon = 1e-6;

torch::Tensor weights_of(const LossOptions& options, const torch::Tensor& logits) {
  if (options.class_weights.empty()) return torch::ones({logits.size(1)}, logits.options().requires_grad(false));
  if (static_cast<std::int64_t>(options.class_weights.size()) != logits.size(1))
    throw Error(Category::config, "there are " + std::to_string(options.class_weights.size()) + " class weights for " +
                                      std::to_string(logits.size(1)) + " classes");
  return torch::tensor(options.class_weights, torch::kFloat64).to(logits.device(), logits.scalar_type());
}

torch::Tensor dice_loss(const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& weights,
                        std::int64_t ignored) {
  const torch::Tensor counts = labels.ne(ignored);
  const torch::Tensor target = torch::one_hot(labels.masked_fill(counts.logical_not(), 0), logits.size(1))
                                   .movedim(-1, 1)
                                   .to(logits.scalar_type()) *
                               counts.unsqueeze(1);
  const torch::Tensor p = torch::softmax(logits, 1) * counts.unsqueeze(1);
  std::vector<std::int64_t> axes{0};
  for (std::int64_t axis = 2; axis < logits.dim(); ++axis) axes.push_back(axis);
  const torch::Tensor dice = 1 - 2 * (p * target).sum(axes) / ((p + target).sum(axes) + kDiceEpsilon);
  return (weights * dice).mean();
}

LossValue value_of(const torch::Tensor& loss, const torch::Tensor& of) {
  loss.backward();
  const torch::Tensor g = of.grad().contiguous();
  return {loss.item<double>(), {g.data_ptr<double>(), g.data_ptr<double>() + g.numel()}};
}

}  // namespace

torch::Tensor class_loss(const torch::Tensor& logits, const torch::Tensor& labels, const LossOptions& options) {
  const torch::Tensor weights = weights_of(options, logits);
  torch::Tensor loss = torch::zeros({}, logits.options().requires_grad(false));
  if (options.cross_entropy < 1)
    loss = loss + (1 - options.cross_entropy) * dice_loss(logits, labels, weights, options.ignored);
  if (options.cross_entropy > 0 && labels.ne(options.ignored).any().item<bool>())  // the mean of nothing is no number
    loss = loss + options.cross_entropy *
                      torch::cross_entropy_loss(logits, labels, weights, at::Reduction::Mean, options.ignored);
  return loss.requires_grad() ? loss : loss + 0 * logits.sum();
}

torch::Tensor triplet_loss(const torch::Tensor& anchor, const torch::Tensor& positive, const torch::Tensor& negative,
                           double margin, double l1) {
  const auto distance = [&](const torch::Tensor& to) {
    return (anchor - to + kDistanceEpsilon).square().sum(1).sqrt();
  };
  torch::Tensor loss = torch::relu(distance(positive) - distance(negative) + margin).mean();
  if (l1 > 0) loss = loss + l1 * torch::cat({anchor, positive, negative}).abs().sum(1).mean();
  return loss;
}

LossValue class_loss_of(std::span<const float> logits, std::span<const std::uint8_t> labels, int classes,
                        const LossOptions& options) {
  const auto n = static_cast<std::int64_t>(labels.size());
  if (classes < 1 || logits.size() != labels.size() * static_cast<std::size_t>(classes))
    throw Error(Category::runtime, "loss: logits and labels disagree");
  const torch::Tensor x = torch::from_blob(const_cast<float*>(logits.data()), {n, classes}, torch::kFloat32)
                              .to(torch::kFloat64)
                              .set_requires_grad(true);
  const torch::Tensor t = torch::from_blob(const_cast<std::uint8_t*>(labels.data()), {n}, torch::kUInt8);
  return value_of(class_loss(x, t.to(torch::kInt64), options), x);
}

LossValue triplet_loss_of(std::span<const float> embeddings, int dimensions, double margin, double l1) {
  const auto n = static_cast<std::int64_t>(embeddings.size()) / (3 * dimensions);
  const torch::Tensor z = torch::from_blob(const_cast<float*>(embeddings.data()), {3, n, dimensions}, torch::kFloat32)
                              .to(torch::kFloat64)
                              .set_requires_grad(true);
  return value_of(triplet_loss(z[0], z[1], z[2], margin, l1), z);
}

}  // namespace syconn
