// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>

/// Inner loops of convolutions over points, without LibTorch, for the CPU at hand. Rows of pairs (a query and one of
/// its neighbours) come in blocks of kPairBlock; buffers are padded to whole blocks, and what is in the padding is zero
/// in gradients and does not matter elsewhere. Included by files compiled for one instruction set: no library code
/// here.
namespace syconn {

inline constexpr int kKernel = 16;    ///< kernel elements
inline constexpr int kPairBlock = 4;  ///< rows of pairs taken at once
inline std::int64_t padded_pairs(std::int64_t n) { return (n + kPairBlock - 1) / kPairBlock * kPairBlock; }

/// Neighbourhoods of some queries.
template <class Real>
struct ConvPointTile {
  const Real* points;   ///< of the source level, x 3
  const Real* support;  ///< queries x 3
  const std::int32_t* neighbours;
  std::int64_t queries;
  int k;
};

/// Weights of the three maps, each ReLU(W x + b); the first is 3 -> hidden. `_t`: transposed (in x out).
template <class Real>
struct ConvPointMlp {
  const Real *w1_t, *b1, *w2_t, *b2, *w3_t, *b3;
  const Real *w2, *w3;  ///< out x in
  int hidden;           ///< 16 or 32
};
/// Sums over pairs, out x in but for w1_t.
template <class Real>
struct ConvPointMlpGradient {
  Real *w1_t, *b1, *w2, *b2, *w3, *b3;
};

template <class Real>
struct ConvPointKernels {
  /// p = point - query of each pair (x 3); `unit`: divided by the longest one of the query.
  void (*offsets)(const ConvPointTile<Real>& tile, bool unit, Real* p);
  /// Outputs of the three maps: pairs x hidden, x 16, x 16.
  void (*project)(const ConvPointMlp<Real>& mlp, const Real* p, std::int64_t pairs, Real* h1, Real* h2, Real* h3);
  /// g[query][channel][element] = scale · sum over neighbours of feature · h3.
  void (*gather)(const ConvPointTile<Real>& tile, const Real* features, int channels, Real scale, const Real* h3,
                 Real* g);
  /// Gradients of gather(): of h3 (written), and, unless null, of features (added).
  void (*gather_back)(const ConvPointTile<Real>& tile, const Real* features, int channels, Real scale, const Real* h3,
                      const Real* dg, Real* dh3, Real* dfeatures);
  /// Gradients of project(), added to `sums`. `dh3` is overwritten; `work`: pairs x (16 + hidden).
  void (*project_back)(const ConvPointMlp<Real>& mlp, const Real* p, std::int64_t pairs, const Real* h1, const Real* h2,
                       const Real* h3, Real* dh3, Real* work, const ConvPointMlpGradient<Real>& sums);
  /// Group normalisation (2 channels x all points) and activation: y of x (points x channels), mean and 1/sigma of each
  /// group. `work`: channels of doubles.
  void (*norm)(const Real* x, std::int64_t points, int channels, const Real* gamma, const Real* beta, bool swish,
               double* work, Real* mean, Real* inverse, Real* y);
  /// Gradients of norm(): dx (written), dgamma and dbeta (added). `work`: 2 x channels of doubles.
  void (*norm_back)(const Real* x, std::int64_t points, int channels, const Real* gamma, const Real* beta, bool swish,
                    const Real* mean, const Real* inverse, const Real* dy, double* work, Real* dx, Real* dgamma,
                    Real* dbeta);
};

/// For this CPU: AVX2 and FMA where it has them.
template <class Real>
const ConvPointKernels<Real>& conv_point_kernels();

namespace kernels_avx2 {
extern const ConvPointKernels<float> kFloat;
extern const ConvPointKernels<double> kDouble;
}  // namespace kernels_avx2
namespace kernels_plain {
extern const ConvPointKernels<float> kFloat;
extern const ConvPointKernels<double> kDouble;
}  // namespace kernels_plain

}  // namespace syconn
