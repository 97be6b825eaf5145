// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>

/// Inner loops of UNetStream: layers of a network for one section (all x, y of one z). Included by files compiled for
/// one instruction set: no library code here.
///
/// A plane is one feature map's section: `height` rows of `stride` values, of which the first `width` < stride are the
/// map and the others zero, so that the neighbour beyond either end of a row is zero; kSectionGuard + stride values
/// before and behind it may be read, are zero, and stay so.
namespace syconn {

inline constexpr std::int64_t kSectionGuard = 64;

/// out = activation(bias + sum over planes and taps of weight · value), at every position of the section.
struct ConvSection {
  const float* const* in;  ///< `planes` of them: those of the channels' neighbouring sections, as the weights go
  int planes;
  int kernel;            ///< along x and y: 1 or 3
  const float* weights;  ///< blocks of outputs x planes x kernel x kernel x `block` of SectionKernels, zero-padded
  const float* bias;     ///< padded to whole blocks
  float slope;           ///< of the activation for negative values: 0, 0.1, or 1 for none
  float* const* out;
  int outputs;
  std::int64_t positions;  ///< height · stride
  std::int64_t stride;
  const std::int32_t* inside;  ///< -1 where x < width, else 0; kSectionGuard zeros follow
};

/// Transposed convolution with kernel and step 2 along x and y, of one of the weights' sections.
struct UpSection {
  const float* const* in;
  int inputs;
  const float* weights;  ///< blocks of outputs x row x inputs x column x `up_block`
  const float* bias;
  float slope;
  float* const* out;
  int outputs;
  std::int64_t width, height, stride, out_stride;  ///< of the input; out_stride > 2 · width
};

struct SectionKernels {
  int block, up_block;  ///< outputs computed together
  void (*conv)(const ConvSection&);
  void (*up)(const UpSection&);
  /// Maxima of 2 x 2 (x `sections`) values.
  void (*pool)(const float* const* in, int sections, std::int64_t width, std::int64_t height, std::int64_t stride,
               std::int64_t out_stride, float* out);
  /// exp(v) / sum of exp over `classes` planes, in place.
  void (*softmax)(float* const* planes, int classes, std::int64_t positions);
};

/// For this CPU: AVX-512, AVX2 with FMA, or what every CPU of its kind has.
const SectionKernels& section_kernels();

namespace sections_avx512 {
extern const SectionKernels kKernels;
}
namespace sections_avx2 {
extern const SectionKernels kKernels;
}
namespace sections_plain {
extern const SectionKernels kKernels;
}

}  // namespace syconn
