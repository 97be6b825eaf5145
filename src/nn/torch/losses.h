// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <torch/torch.h>

#include "syconn/nn/point_net.h"

namespace syconn {

/// Cross entropy and soft Dice of logits (B x classes x ...) against labels (B x ...), int64.
torch::Tensor class_loss(const torch::Tensor& logits, const torch::Tensor& labels, const LossOptions& options);
/// Mean of max(0, d(anchor, positive) - d(anchor, negative) + margin), d = |a - b + 1e-6|, of B x dimensions each; plus
/// `l1` times the embeddings' mean L1 norm.
torch::Tensor triplet_loss(const torch::Tensor& anchor, const torch::Tensor& positive, const torch::Tensor& negative,
                           double margin, double l1);

/// Value and gradient of the two for spans: logits positions x classes; embeddings of anchors, positives, negatives.
LossValue class_loss_of(std::span<const float> logits, std::span<const std::uint8_t> labels, int classes,
                        const LossOptions& options);
LossValue triplet_loss_of(std::span<const float> embeddings, int dimensions, double margin, double l1);

}  // namespace syconn
