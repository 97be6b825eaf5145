// SPDX-License-Identifier: GPL-3.0-or-later
// No include guard: each instruction set includes it once, inside its namespace SYCONN_KERNELS.
#include <cmath>

#include "conv_point_kernels.h"

namespace syconn::SYCONN_KERNELS {
namespace {

/// Eight values at any address. Half of a row of kernel elements.
template <class Real>
struct Eight {
  typedef Real Type __attribute__((vector_size(8 * sizeof(Real)), aligned(alignof(Real)), may_alias));
};
template <class Real>
using V = typename Eight<Real>::Type;
template <class Real>
inline V<Real>& at(Real* p) {
  return *reinterpret_cast<V<Real>*>(p);
}
template <class Real>
inline const V<Real>& at(const Real* p) {
  return *reinterpret_cast<const V<Real>*>(p);
}

template <class Real>
void offsets(const ConvPointTile<Real>& tile, bool unit, Real* p) {
  for (std::int64_t q = 0; q < tile.queries; ++q) {
    const Real* centre = tile.support + 3 * q;
    Real longest = 0;
    for (int j = 0; j < tile.k; ++j) {
      const Real* x = tile.points + 3 * static_cast<std::int64_t>(tile.neighbours[q * tile.k + j]);
      Real* row = p + 3 * (q * tile.k + j);
      for (int d = 0; d < 3; ++d) row[d] = x[d] - centre[d];
      const Real length = row[0] * row[0] + row[1] * row[1] + row[2] * row[2];
      longest = length > longest ? length : longest;
    }
    if (!unit || longest == 0) continue;
    longest = std::sqrt(longest);
    for (int i = 0; i < 3 * tile.k; ++i) p[3 * q * tile.k + i] /= longest;
  }
  for (std::int64_t i = tile.queries * tile.k; i < padded_pairs(tile.queries * tile.k); ++i)
    p[3 * i] = p[3 * i + 1] = p[3 * i + 2] = 0;
}

/// out (4 rows of `width`) = in (4 rows of `n`) times w (n x width), plus b, negative values cut.
template <class Real, bool kRelu>
inline void map_block(const Real* in, int n, const Real* w, const Real* b, int width, Real* out) {
  for (int c = 0; c < width; c += kKernel) {
    V<Real> sum[kPairBlock][2];
    for (int r = 0; r < kPairBlock; ++r)
      for (int v = 0; v < 2; ++v) sum[r][v] = b == nullptr ? V<Real>{} : at(b + c + 8 * v);
    for (int j = 0; j < n; ++j) {
      const V<Real> w0 = at(w + j * width + c), w1 = at(w + j * width + c + 8);
      for (int r = 0; r < kPairBlock; ++r) {
        sum[r][0] += in[r * n + j] * w0;
        sum[r][1] += in[r * n + j] * w1;
      }
    }
    for (int r = 0; r < kPairBlock; ++r)
      for (int v = 0; v < 2; ++v)
        at(out + r * width + c + 8 * v) = kRelu ? (sum[r][v] > 0 ? sum[r][v] : V<Real>{}) : sum[r][v];
  }
}

template <class Real>
void project(const ConvPointMlp<Real>& mlp, const Real* p, std::int64_t pairs, Real* h1, Real* h2, Real* h3) {
  for (std::int64_t i = 0; i < pairs; i += kPairBlock) {
    map_block<Real, true>(p + 3 * i, 3, mlp.w1_t, mlp.b1, mlp.hidden, h1 + mlp.hidden * i);
    map_block<Real, true>(h1 + mlp.hidden * i, mlp.hidden, mlp.w2_t, mlp.b2, kKernel, h2 + kKernel * i);
    map_block<Real, true>(h2 + kKernel * i, kKernel, mlp.w3_t, mlp.b3, kKernel, h3 + kKernel * i);
  }
}

/// g of kChannels channels of one query.
template <class Real, int kChannels>
inline void gather_channels(const std::int32_t* neighbours, int k, const Real* features, int channels, Real scale,
                            const Real* h, Real* g) {
  V<Real> sum[kChannels][2] = {};
  for (int j = 0; j < k; ++j) {
    const Real* f = features + static_cast<std::int64_t>(neighbours[j]) * channels;
    const V<Real> h0 = at(h + j * kKernel), h1 = at(h + j * kKernel + 8);
    for (int c = 0; c < kChannels; ++c) {
      sum[c][0] += f[c] * h0;
      sum[c][1] += f[c] * h1;
    }
  }
  for (int c = 0; c < kChannels; ++c) {
    at(g + c * kKernel) = scale * sum[c][0];
    at(g + c * kKernel + 8) = scale * sum[c][1];
  }
}

template <class Real>
void gather(const ConvPointTile<Real>& tile, const Real* features, int channels, Real scale, const Real* h3, Real* g) {
  for (std::int64_t q = 0; q < tile.queries; ++q) {
    const std::int32_t* list = tile.neighbours + q * tile.k;
    const Real* h = h3 + q * tile.k * kKernel;
    Real* out = g + q * channels * kKernel;
    int c = 0;
    for (; c + 4 <= channels; c += 4)
      gather_channels<Real, 4>(list, tile.k, features + c, channels, scale, h, out + c * kKernel);
    for (; c < channels; ++c)
      gather_channels<Real, 1>(list, tile.k, features + c, channels, scale, h, out + c * kKernel);
  }
}

/// Gradient of h of kRows neighbours.
template <class Real, int kRows>
inline void gather_back_rows(const std::int32_t* neighbours, const Real* features, int channels, Real scale,
                             const Real* dg, Real* dh) {
  V<Real> sum[kRows][2] = {};
  const Real* f[kRows];
  for (int r = 0; r < kRows; ++r) f[r] = features + static_cast<std::int64_t>(neighbours[r]) * channels;
  for (int c = 0; c < channels; ++c) {
    const V<Real> g0 = at(dg + c * kKernel), g1 = at(dg + c * kKernel + 8);
    for (int r = 0; r < kRows; ++r) {
      sum[r][0] += f[r][c] * g0;
      sum[r][1] += f[r][c] * g1;
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < 2; ++v) at(dh + r * kKernel + 8 * v) = scale * sum[r][v];
}

/// Adds to eight channels of kRows neighbours; `turned`: their gradient, elements x 8.
template <class Real, int kRows>
inline void add_feature_rows(const std::int32_t* neighbours, int n, int channels, const Real* h, const Real* turned,
                             Real* dfeatures) {
  V<Real> even[kRows] = {}, odd[kRows] = {};
  for (int i = 0; i < kKernel; i += 2) {
    const V<Real> t0 = at(turned + 8 * i), t1 = at(turned + 8 * i + 8);
    for (int r = 0; r < kRows; ++r) {
      even[r] += h[r * kKernel + i] * t0;
      odd[r] += h[r * kKernel + i + 1] * t1;
    }
  }
  for (int r = 0; r < kRows; ++r) {
    const V<Real> sum = even[r] + odd[r];
    Real* out = dfeatures + static_cast<std::int64_t>(neighbours[r]) * channels;
    if (n == 8)
      at(out) += sum;
    else
      for (int c = 0; c < n; ++c) out[c] += sum[c];
  }
}

/// Eight channels (or fewer) of a query's neighbours; `dg` starts at the first of them.
template <class Real>
inline void add_feature_gradient(const std::int32_t* neighbours, int k, int n, int channels, Real scale, const Real* h,
                                 const Real* dg, Real* dfeatures) {
  Real turned[kKernel * 8] = {};
  for (int c = 0; c < n; ++c)
    for (int i = 0; i < kKernel; ++i) turned[8 * i + c] = scale * dg[c * kKernel + i];
  int j = 0;
  for (; j + 4 <= k; j += 4) add_feature_rows<Real, 4>(neighbours + j, n, channels, h + j * kKernel, turned, dfeatures);
  for (; j < k; ++j) add_feature_rows<Real, 1>(neighbours + j, n, channels, h + j * kKernel, turned, dfeatures);
}

template <class Real>
void gather_back(const ConvPointTile<Real>& tile, const Real* features, int channels, Real scale, const Real* h3,
                 const Real* dg, Real* dh3, Real* dfeatures) {
  for (std::int64_t q = 0; q < tile.queries; ++q) {
    const std::int32_t* list = tile.neighbours + q * tile.k;
    const Real* grad = dg + q * channels * kKernel;
    Real* out = dh3 + q * tile.k * kKernel;
    int j = 0;
    for (; j + 4 <= tile.k; j += 4)
      gather_back_rows<Real, 4>(list + j, features, channels, scale, grad, out + j * kKernel);
    for (; j < tile.k; ++j) gather_back_rows<Real, 1>(list + j, features, channels, scale, grad, out + j * kKernel);
    if (dfeatures == nullptr) continue;
    for (int c = 0; c < channels; c += 8)
      add_feature_gradient(list, tile.k, channels - c < 8 ? channels - c : 8, channels, scale,
                           h3 + q * tile.k * kKernel, grad + c * kKernel, dfeatures + c);
  }
  const std::int64_t pairs = tile.queries * tile.k;
  for (std::int64_t i = pairs * kKernel; i < padded_pairs(pairs) * kKernel; ++i) dh3[i] = 0;
}

template <class Real>
void cut(const Real* h, std::int64_t n, Real* dh) {
  for (std::int64_t i = 0; i < n; i += 8) at(dh + i) = at(h + i) > 0 ? at(dh + i) : V<Real>{};
}

/// sum (m x width) += x^T y over the pairs, x of m columns (a multiple of 4), y of `width` (a multiple of 16).
template <class Real>
void add_outer(const Real* x, int m, const Real* y, int width, std::int64_t pairs, Real* sum) {
  for (int a = 0; a < m; a += 4)
    for (int c = 0; c < width; c += kKernel) {
      V<Real> total[4][2] = {};
      for (std::int64_t i = 0; i < pairs; ++i) {
        const V<Real> y0 = at(y + i * width + c), y1 = at(y + i * width + c + 8);
        for (int r = 0; r < 4; ++r) {
          total[r][0] += x[i * m + a + r] * y0;
          total[r][1] += x[i * m + a + r] * y1;
        }
      }
      for (int r = 0; r < 4; ++r)
        for (int v = 0; v < 2; ++v) at(sum + (a + r) * width + c + 8 * v) += total[r][v];
    }
}

/// sum += the rows of y.
template <class Real>
void add_rows(const Real* y, int width, std::int64_t pairs, Real* sum) {
  for (int c = 0; c < width; c += 8) {
    V<Real> total = {};
    for (std::int64_t i = 0; i < pairs; ++i) total += at(y + i * width + c);
    at(sum + c) += total;
  }
}

/// sum (3 x width) += p^T y.
template <class Real>
void add_offsets(const Real* p, const Real* y, int width, std::int64_t pairs, Real* sum) {
  for (int c = 0; c < width; c += 8) {
    V<Real> total[3] = {};
    for (std::int64_t i = 0; i < pairs; ++i)
      for (int d = 0; d < 3; ++d) total[d] += p[3 * i + d] * at(y + i * width + c);
    for (int d = 0; d < 3; ++d) at(sum + d * width + c) += total[d];
  }
}

template <class Real>
void project_back(const ConvPointMlp<Real>& mlp, const Real* p, std::int64_t pairs, const Real* h1, const Real* h2,
                  const Real* h3, Real* dh3, Real* work, const ConvPointMlpGradient<Real>& sums) {
  Real *dh2 = work, *dh1 = work + pairs * kKernel;
  cut(h3, pairs * kKernel, dh3);
  for (std::int64_t i = 0; i < pairs; i += kPairBlock)
    map_block<Real, false>(dh3 + i * kKernel, kKernel, mlp.w3, nullptr, kKernel, dh2 + i * kKernel);
  cut(h2, pairs * kKernel, dh2);
  for (std::int64_t i = 0; i < pairs; i += kPairBlock)
    map_block<Real, false>(dh2 + i * kKernel, kKernel, mlp.w2, nullptr, mlp.hidden, dh1 + i * mlp.hidden);
  cut(h1, pairs * mlp.hidden, dh1);
  add_outer(dh3, kKernel, h2, kKernel, pairs, sums.w3);
  add_rows(dh3, kKernel, pairs, sums.b3);
  add_outer(dh2, kKernel, h1, mlp.hidden, pairs, sums.w2);
  add_rows(dh2, kKernel, pairs, sums.b2);
  add_offsets(p, dh1, mlp.hidden, pairs, sums.w1_t);
  add_rows(dh1, mlp.hidden, pairs, sums.b1);
}

template <class Real>
inline Real sigmoid(Real z) {
  return 1 / (1 + std::exp(-z));
}

/// Sums of a group's two columns, over the points, into both.
inline void share(double* columns, int channels) {
  for (int c = 0; c < channels; c += 2) columns[c] = columns[c + 1] = columns[c] + columns[c + 1];
}

template <class Real>
void norm(const Real* x, std::int64_t points, int channels, const Real* gamma, const Real* beta, bool swish,
          double* work, Real* mean, Real* inverse, Real* y) {
  const double n = 2.0 * static_cast<double>(points);
  for (int c = 0; c < channels; ++c) work[c] = 0;
  for (std::int64_t i = 0; i < points; ++i)
    for (int c = 0; c < channels; ++c) work[c] += static_cast<double>(x[i * channels + c]);
  share(work, channels);
  for (int c = 0; c < channels; ++c) mean[c] = static_cast<Real>(work[c] / n), work[c] = 0;
  for (std::int64_t i = 0; i < points; ++i)
    for (int c = 0; c < channels; ++c) {
      const double d = static_cast<double>(x[i * channels + c] - mean[c]);
      work[c] += d * d;
    }
  share(work, channels);
  for (int c = 0; c < channels; ++c) inverse[c] = static_cast<Real>(1 / std::sqrt(work[c] / n + 1e-5));
  for (std::int64_t i = 0; i < points; ++i)
    for (int c = 0; c < channels; ++c) {
      const Real z = (x[i * channels + c] - mean[c]) * inverse[c] * gamma[c] + beta[c];
      y[i * channels + c] = z > 0 || swish ? z : 0;
    }
  if (!swish) return;
  for (std::int64_t i = 0; i < points * channels; ++i) y[i] *= sigmoid(y[i]);
}

/// Gradient at the input of the activation.
template <class Real>
inline Real before_activation(Real z, Real dy, bool swish) {
  if (!swish) return z > 0 ? dy : 0;
  const Real s = sigmoid(z);
  return dy * s * (1 + z * (1 - s));
}

template <class Real>
void norm_back(const Real* x, std::int64_t points, int channels, const Real* gamma, const Real* beta, bool swish,
               const Real* mean, const Real* inverse, const Real* dy, double* work, Real* dx, Real* dgamma,
               Real* dbeta) {
  double *sum = work, *sum_x = work + channels;
  for (int c = 0; c < channels; ++c) sum[c] = sum_x[c] = 0;
  for (std::int64_t i = 0; i < points; ++i)
    for (int c = 0; c < channels; ++c) {
      const Real unit = (x[i * channels + c] - mean[c]) * inverse[c];
      const Real dz = before_activation(unit * gamma[c] + beta[c], dy[i * channels + c], swish);
      dx[i * channels + c] = dz;
      sum[c] += static_cast<double>(dz), sum_x[c] += static_cast<double>(dz) * static_cast<double>(unit);
    }
  for (int c = 0; c < channels; ++c) {
    dgamma[c] += static_cast<Real>(sum_x[c]), dbeta[c] += static_cast<Real>(sum[c]);
    sum[c] *= static_cast<double>(gamma[c]), sum_x[c] *= static_cast<double>(gamma[c]);
  }
  share(sum, channels), share(sum_x, channels);
  const double n = 2.0 * static_cast<double>(points);
  for (int c = 0; c < channels; ++c) sum[c] /= n, sum_x[c] /= n;
  for (std::int64_t i = 0; i < points; ++i)
    for (int c = 0; c < channels; ++c) {
      const Real unit = (x[i * channels + c] - mean[c]) * inverse[c];
      Real& d = dx[i * channels + c];
      d = inverse[c] * (gamma[c] * d - static_cast<Real>(sum[c]) - unit * static_cast<Real>(sum_x[c]));
    }
}

template <class Real>
constexpr ConvPointKernels<Real> table() {
  return {offsets<Real>,      project<Real>, gather<Real>,   gather_back<Real>,
          project_back<Real>, norm<Real>,    norm_back<Real>};
}

}  // namespace

const ConvPointKernels<float> kFloat = table<float>();
const ConvPointKernels<double> kDouble = table<double>();

}  // namespace syconn::SYCONN_KERNELS
