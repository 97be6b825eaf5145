// SPDX-License-Identifier: GPL-3.0-or-later
// No include guard: each instruction set includes it once, with SYCONN_KERNELS (its namespace), SYCONN_LANES (values of
// a vector), SYCONN_BLOCK (outputs of convolutions at once) defined. Vectors hold neighbours along x: every lane is
// used however few channels there are, and a weight is one broadcast. Sums go in the same order for any width of
// vectors.
#include "section_kernels.h"

namespace syconn::SYCONN_KERNELS {
namespace {

constexpr int kLanes = SYCONN_LANES, kBlock = SYCONN_BLOCK, kUpBlock = SYCONN_BLOCK / 2, kWide = 3;

typedef float V __attribute__((vector_size(4 * kLanes)));
typedef std::int32_t VInt __attribute__((vector_size(4 * kLanes)));
typedef float VAny __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
typedef std::int32_t VIntAny __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

inline V load(const float* p) { return *reinterpret_cast<const VAny*>(p); }
inline void store(float* p, const V& v) { *reinterpret_cast<VAny*>(p) = v; }
inline V activated(const V& v, float slope) { return v > 0 ? v : v * slope; }

/// kBlock outputs at kVectors · kLanes positions.
template <int kKernel, int kVectors>
inline void conv_block(const ConvSection& s, std::int64_t at, int first) {
  V sum[kBlock][kVectors];
#pragma GCC unroll 8
  for (int b = 0; b < kBlock; ++b)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sum[b][v] = s.bias[first + b] - V{};
  const float* w = s.weights + static_cast<std::int64_t>(first) * s.planes * kKernel * kKernel;
  for (int p = 0; p < s.planes; ++p) {
    const float* row = s.in[p] + at - (kKernel / 2) * (s.stride + 1);
    for (int ky = 0; ky < kKernel; ++ky, row += s.stride)
#pragma GCC unroll 3
      for (int kx = 0; kx < kKernel; ++kx, w += kBlock) {
        V x[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) x[v] = load(row + kx + v * kLanes);
#pragma GCC unroll 8
        for (int b = 0; b < kBlock; ++b)
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) sum[b][v] += x[v] * w[b];
      }
  }
  VInt inside[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) inside[v] = *reinterpret_cast<const VIntAny*>(s.inside + at + v * kLanes);
#pragma GCC unroll 8
  for (int b = 0; b < kBlock; ++b) {
    if (first + b >= s.outputs) return;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const V y = activated(sum[b][v], s.slope);
      store(s.out[first + b] + at + v * kLanes, (V)((VInt)y & inside[v]));
    }
  }
}

template <int kKernel>
void conv_positions(const ConvSection& s) {
  constexpr int kStep = kWide * kLanes;
  for (std::int64_t at = 0; at < s.positions; at += kStep)
    for (int first = 0; first < s.outputs; first += kBlock) {
      const std::int64_t left = s.positions - at;
      if (left > 2 * kLanes)
        conv_block<kKernel, 3>(s, at, first);
      else if (left > kLanes)
        conv_block<kKernel, 2>(s, at, first);
      else
        conv_block<kKernel, 1>(s, at, first);
    }
}

void conv(const ConvSection& s) {
  if (s.kernel == 3)
    conv_positions<3>(s);
  else
    conv_positions<1>(s);
}

/// Two columns of kUpBlock outputs, for kWide · kLanes positions of the input; returns the sums side by side.
inline void up_block(const UpSection& s, std::int64_t at, int first, const float* w,
                     float (&out)[kUpBlock][2][kWide * kLanes]) {
  V sum[kUpBlock][2][kWide];
#pragma GCC unroll 4
  for (int b = 0; b < kUpBlock; ++b)
#pragma GCC unroll 6
    for (int v = 0; v < 2 * kWide; ++v) sum[b][v / kWide][v % kWide] = s.bias[first + b] - V{};
  for (int p = 0; p < s.inputs; ++p, w += 2 * kUpBlock) {
    V x[kWide];
#pragma GCC unroll 4
    for (int v = 0; v < kWide; ++v) x[v] = load(s.in[p] + at + v * kLanes);
#pragma GCC unroll 8
    for (int c = 0; c < 2; ++c)
#pragma GCC unroll 4
      for (int b = 0; b < kUpBlock; ++b)
#pragma GCC unroll 4
        for (int v = 0; v < kWide; ++v) sum[b][c][v] += x[v] * w[c * kUpBlock + b];
  }
#pragma GCC unroll 4
  for (int b = 0; b < kUpBlock; ++b)
#pragma GCC unroll 6
    for (int v = 0; v < 2 * kWide; ++v)
      store(&out[b][v / kWide][v % kWide * kLanes], activated(sum[b][v / kWide][v % kWide], s.slope));
}

void up(const UpSection& s) {
  constexpr int kStep = kWide * kLanes;
  float sums[kUpBlock][2][kStep];
  for (std::int64_t y = 0; y < 2 * s.height; ++y)
    for (std::int64_t x = 0; x < s.width; x += kStep) {
      const std::int64_t n = s.width - x < kStep ? s.width - x : kStep;
      for (int first = 0; first < s.outputs; first += kUpBlock) {
        up_block(s, y / 2 * s.stride + x, first, s.weights + (4 * first + y % 2 * 2 * kUpBlock) * s.inputs, sums);
        for (int b = 0; b < kUpBlock && first + b < s.outputs; ++b) {
          float* out = s.out[first + b] + y * s.out_stride + 2 * x;
          for (std::int64_t i = 0; i < n; ++i) out[2 * i] = sums[b][0][i], out[2 * i + 1] = sums[b][1][i];
        }
      }
    }
}

void pool(const float* const* in, int sections, std::int64_t width, std::int64_t height, std::int64_t stride,
          std::int64_t out_stride, float* out) {
  for (std::int64_t y = 0; y < height; y += 2, out += out_stride) {
    for (std::int64_t x = 0; x < width / 2; ++x) {
      float most = in[0][y * stride + 2 * x];
      for (int z = 0; z < sections; ++z) {
        const float* row = in[z] + y * stride + 2 * x;
        const float upper = row[0] > row[1] ? row[0] : row[1];
        const float lower = row[stride] > row[stride + 1] ? row[stride] : row[stride + 1];
        const float both = upper > lower ? upper : lower;
        most = most > both ? most : both;
      }
      out[x] = most;
    }
  }
}

/// exp for v <= 0 with a relative error below 3e-7: 2^n · e^r, |r| <= ln(2)/2, by the series of e^r.
inline V exp_of(const V& v) {
  constexpr float kLog2E = 1.44269504F, kLn2High = 0.693145752F, kLn2Low = 1.42860677e-6F, kRound = 12582912.0F;
  const V least = V{} - 87.0F, x = v > least ? v : least;
  const V shifted = x * kLog2E + kRound, n = shifted - kRound;
  const V r = (x - n * kLn2High) - n * kLn2Low;
  V e = r * (1.0F / 5040) + 1.0F / 720;
  e = e * r + 1.0F / 120;
  e = e * r + 1.0F / 24;
  e = e * r + 1.0F / 6;
  e = e * r + 0.5F;
  e = e * r + 1.0F;
  e = e * r + 1.0F;
  const V zero_bits = V{} + kRound;
  return (V)((((VInt)shifted - (VInt)zero_bits) << 23) + (VInt)e) + v * 0.0F;  // no number stays none
}

void softmax(float* const* planes, int classes, std::int64_t positions) {
  for (std::int64_t at = 0; at < positions; at += kLanes) {
    V most = load(planes[0] + at), sum{};
    for (int c = 1; c < classes; ++c) {
      const V v = load(planes[c] + at);
      most = v > most ? v : most;
    }
    for (int c = 0; c < classes; ++c) {
      const V e = exp_of(load(planes[c] + at) - most);
      sum += e;
      store(planes[c] + at, e);
    }
    for (int c = 0; c < classes; ++c) store(planes[c] + at, load(planes[c] + at) / sum);
  }
}

}  // namespace

const SectionKernels kKernels{kBlock, kUpBlock, conv, up, pool, softmax};

}  // namespace syconn::SYCONN_KERNELS
