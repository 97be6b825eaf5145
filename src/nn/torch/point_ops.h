// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <torch/torch.h>

namespace syconn {

/// Who convolves with whom; no gradients flow to it.
struct Neighbourhoods {
  torch::Tensor points;   ///< B x N x 3
  torch::Tensor support;  ///< B x Q x 3
  torch::Tensor indices;  ///< B x Q x K, int32, into points
};

/// Weights of one convolution with the first linear map of its kernel's network collapsed: D -> W1 D + b1 with
/// D = p - centres, flattened, is p -> A p + b.
struct ConvPointWeights {
  torch::Tensor a, b1, w2, b2, w3, b3;  ///< hidden x 3, hidden; 16 x hidden, 16; 16 x 16, 16
  torch::Tensor weight;                 ///< channels·16 x outputs
  torch::Tensor bias;                   ///< outputs
};
/// A and b of W1 (hidden x 48), b1 and centres (3 x 16); gradients flow through.
void collapse(const torch::Tensor& w1, const torch::Tensor& b1, const torch::Tensor& centres, ConvPointWeights& into);

/// Threads over the samples of a batch, for calls from this thread. They do not show in results.
void use_sample_threads(int n);

/// B x Q x outputs of features B x N x channels. On the CPU in tiles of queries, one sample a thread; elsewhere, and
/// with `plain`, by LibTorch's operations.
torch::Tensor conv_point(const torch::Tensor& features, const Neighbourhoods& where, const ConvPointWeights& weights,
                         bool unit, double scale, bool plain = false);

/// Group normalisation of B x N x C with two channels a group, then ReLU or swish.
torch::Tensor norm_activate(const torch::Tensor& x, const torch::Tensor& gamma, const torch::Tensor& beta, bool swish,
                            bool plain = false);

}  // namespace syconn
