// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "syconn/nn/unet.h"

namespace syconn {

struct SectionKernels;

/// Values of a tensor of unet_tensors(config).
using UNetTensors = std::function<std::vector<float>(const std::string& name)>;

/// Inference of a U-Net on one core of a CPU, without LibTorch. A layer makes one section (all x, y of one z) when a
/// later layer asks for it and keeps the few that will be asked for again: what a layer reads was written just before
/// and is in the cache still. Same bytes on every CPU with AVX2 and FMA, whatever else runs.
class UNetStream {
 public:
  /// Whether there are layers for it: for group normalisation and `up: resize` there are not.
  static bool can_run(const UNetConfig& config);
  /// `kernels` null: those for this CPU. Throws Error{input} for tensors of other sizes or with values that are no
  /// finite numbers.
  UNetStream(const UNetConfig& config, const UNetTensors& tensors, const SectionKernels* kernels = nullptr);
  ~UNetStream();

  /// `in`: channels x z x y x x, x fastest; `out`: classes x z x y x x, logits or, with `softmax`, probabilities.
  /// Throws Error{runtime} for a size that is no multiple of unet_stride() or spans of other sizes. Several threads may
  /// call.
  void run(std::span<const float> in, const Vec3i& size, bool softmax, std::span<float> out) const;

 private:
  class Pass;
  struct State;
  std::unique_ptr<Pass> pass_of(const Vec3i& size) const;

  std::unique_ptr<State> state_;
};

}  // namespace syconn
