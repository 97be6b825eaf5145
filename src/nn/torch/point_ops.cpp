// SPDX-License-Identifier: GPL-3.0-or-later
#include "point_ops.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "conv_point_kernels.h"
#include "syconn/core/parallel.h"

namespace syconn {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr double kEpsilon = 1e-5;
constexpr std::int64_t kPairsAtOnce = 512;       // their three maps' outputs stay in the second cache
constexpr std::int64_t kValuesAtOnce = 1 << 18;  // of a tile of gathered features; more for many channels,
constexpr std::int64_t kRowsAtOnce = 128;        // as a product reads the weights once a tile

/// What a pass over one sample needs, in memory that lies row by row.
template <class Real>
struct Pass {
  Tensor a_t, b1, w2_t, b2, w3_t, b3, w2, w3;
  ConvPointMlp<Real> mlp;
  int channels, outputs, k;
  std::int64_t queries, rows, at_once;

  Pass(const tensor_list& in)
      : a_t(in[1].detach().t().contiguous()),
        b1(in[2].detach().contiguous()),
        w2_t(in[3].detach().t().contiguous()),
        b2(in[4].detach().contiguous()),
        w3_t(in[5].detach().t().contiguous()),
        b3(in[6].detach().contiguous()),
        w2(in[3].detach().contiguous()),
        w3(in[5].detach().contiguous()) {
    const auto p = [](const Tensor& t) { return t.template data_ptr<Real>(); };
    mlp = {p(a_t), p(b1), p(w2_t), p(b2), p(w3_t), p(b3), p(w2), p(w3), static_cast<int>(b1.size(0))};
    channels = static_cast<int>(in[0].size(2)), outputs = static_cast<int>(in[7].size(1));
    k = static_cast<int>(in[11].size(2)), queries = in[11].size(1);
    rows = std::min(queries, std::max(kRowsAtOnce, kValuesAtOnce / (channels * kKernel)));
    at_once = std::min(rows, std::max<std::int64_t>(1, kPairsAtOnce / k));
  }
};

template <class Real>
ConvPointTile<Real> tile_of(const tensor_list& in, std::int64_t sample, std::int64_t first, std::int64_t n) {
  const std::int64_t k = in[11].size(2), queries = in[11].size(1);
  return {in[9].data_ptr<Real>() + sample * in[9].size(1) * 3, in[10].data_ptr<Real>() + (sample * queries + first) * 3,
          in[11].data_ptr<std::int32_t>() + (sample * queries + first) * k, n, static_cast<int>(k)};
}

template <class Real>
struct Maps {
  std::vector<Real> p, h1, h2, h3, dh3, work;
  Maps(const Pass<Real>& pass, bool backward) {
    const auto pairs = static_cast<std::size_t>(padded_pairs(pass.at_once * pass.k));
    const auto hidden = static_cast<std::size_t>(pass.mlp.hidden);
    p.resize(pairs * 3), h1.resize(pairs * hidden), h2.resize(pairs * kKernel), h3.resize(pairs * kKernel);
    if (backward) dh3.resize(pairs * kKernel), work.resize(pairs * (kKernel + hidden));
  }
  void fill(const Pass<Real>& pass, const ConvPointTile<Real>& tile, bool unit) {
    const ConvPointKernels<Real>& kernels = conv_point_kernels<Real>();
    kernels.offsets(tile, unit, p.data());
    kernels.project(pass.mlp, p.data(), tile.queries * tile.k, h1.data(), h2.data(), h3.data());
  }
};

template <class Real>
void forward_sample(const tensor_list& in, std::int64_t sample, bool unit, double scale, const Pass<Real>& pass,
                    Tensor out) {
  const torch::NoGradGuard no_grad;
  const Tensor features = in[0].detach()[sample], weight = in[7].detach(), bias = in[8].detach();
  Tensor g = torch::empty({pass.rows, pass.channels * kKernel}, features.options());
  Maps<Real> maps(pass, false);
  for (std::int64_t first = 0; first < pass.queries; first += pass.rows) {
    const std::int64_t n = std::min(pass.rows, pass.queries - first);
    for (std::int64_t q = 0; q < n; q += pass.at_once) {
      const auto tile = tile_of<Real>(in, sample, first + q, std::min(pass.at_once, n - q));
      maps.fill(pass, tile, unit);
      conv_point_kernels<Real>().gather(tile, features.data_ptr<Real>(), pass.channels, static_cast<Real>(scale),
                                        maps.h3.data(), g.data_ptr<Real>() + q * pass.channels * kKernel);
    }
    Tensor rows = out[sample].narrow(0, first, n);
    at::addmm_out(rows, bias, g.narrow(0, 0, n), weight);
  }
}

/// Gradients of one sample; summed in the order of samples afterwards.
struct SampleGradient {
  Tensor features, a_t, b1, w2, b2, w3, b3, weight;
};

template <class Real>
SampleGradient backward_sample(const tensor_list& in, std::int64_t sample, bool unit, double scale,
                               const Pass<Real>& pass, const Tensor& grad_out, bool with_features) {
  const torch::NoGradGuard no_grad;
  const ConvPointKernels<Real>& kernels = conv_point_kernels<Real>();
  const Tensor features = in[0].detach()[sample], weight_t = in[7].detach().t();
  SampleGradient sum{with_features ? torch::zeros_like(features) : Tensor(),
                     torch::zeros_like(pass.a_t),
                     torch::zeros_like(pass.b1),
                     torch::zeros_like(pass.w2),
                     torch::zeros_like(pass.b2),
                     torch::zeros_like(pass.w3),
                     torch::zeros_like(pass.b3),
                     torch::zeros({pass.channels * kKernel, pass.outputs}, features.options())};
  const auto p = [](const Tensor& t) { return t.template data_ptr<Real>(); };
  const ConvPointMlpGradient<Real> sums{p(sum.a_t), p(sum.b1), p(sum.w2), p(sum.b2), p(sum.w3), p(sum.b3)};
  Tensor g = torch::empty({pass.rows, pass.channels * kKernel}, features.options()), dg = torch::empty_like(g);
  Maps<Real> maps(pass, true);
  const auto s = static_cast<Real>(scale);
  for (std::int64_t first = 0; first < pass.queries; first += pass.rows) {
    const std::int64_t n = std::min(pass.rows, pass.queries - first);
    const Tensor rows = grad_out[sample].narrow(0, first, n);
    Tensor dg_rows = dg.narrow(0, 0, n);
    at::mm_out(dg_rows, rows, weight_t);
    for (std::int64_t q = 0; q < n; q += pass.at_once) {
      const auto tile = tile_of<Real>(in, sample, first + q, std::min(pass.at_once, n - q));
      maps.fill(pass, tile, unit);
      const std::int64_t at = q * pass.channels * kKernel;
      kernels.gather(tile, p(features), pass.channels, s, maps.h3.data(), p(g) + at);
      kernels.gather_back(tile, p(features), pass.channels, s, maps.h3.data(), p(dg) + at, maps.dh3.data(),
                          with_features ? p(sum.features) : nullptr);
      kernels.project_back(pass.mlp, maps.p.data(), padded_pairs(tile.queries * tile.k), maps.h1.data(), maps.h2.data(),
                           maps.h3.data(), maps.dh3.data(), maps.work.data(), sums);
    }
    sum.weight.addmm_(g.narrow(0, 0, n).t(), rows);
  }
  return sum;
}

thread_local int sample_threads = 1;

/// LibTorch and the linear algebra keep to one thread each, whose sums would depend on their number otherwise.
template <class Fn>
void for_samples(std::int64_t n, const Fn& fn) {
  parallel_for(n, sample_threads, [&](std::int64_t i) {
    if (at::get_num_threads() != 1) at::set_num_threads(1);
    fn(i);
  });
}

/// Inputs: features, a, b1, w2, b2, w3, b3, weight, bias; points, support, indices.
class ConvPointFunction : public torch::autograd::Function<ConvPointFunction> {
 public:
  static Tensor forward(AutogradContext* ctx, Tensor features, Tensor a, Tensor b1, Tensor w2, Tensor b2, Tensor w3,
                        Tensor b3, Tensor weight, Tensor bias, Tensor points, Tensor support, Tensor indices, bool unit,
                        double scale) {
    const tensor_list in{
        features.contiguous(), a, b1, w2, b2, w3, b3, weight, bias, points.contiguous(), support.contiguous(),
        indices.contiguous()};
    Tensor out =
        torch::empty({indices.size(0), indices.size(1), weight.size(1)}, features.options().requires_grad(false));
    AT_DISPATCH_FLOATING_TYPES(features.scalar_type(), "conv_point", [&] {
      const Pass<scalar_t> pass(in);
      for_samples(in[0].size(0), [&](std::int64_t i) { forward_sample<scalar_t>(in, i, unit, scale, pass, out); });
    });
    ctx->save_for_backward(in);
    ctx->saved_data["unit"] = unit, ctx->saved_data["scale"] = scale;
    ctx->saved_data["features"] = features.requires_grad();
    return out;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const tensor_list in = ctx->get_saved_variables();
    const bool unit = ctx->saved_data["unit"].toBool(), with_features = ctx->saved_data["features"].toBool();
    const double scale = ctx->saved_data["scale"].toDouble();
    const Tensor grad_out = grads[0].contiguous();
    std::vector<SampleGradient> sums(static_cast<std::size_t>(in[0].size(0)));
    AT_DISPATCH_FLOATING_TYPES(in[0].scalar_type(), "conv_point_backward", [&] {
      const Pass<scalar_t> pass(in);
      for_samples(in[0].size(0), [&](std::int64_t i) {
        sums[static_cast<std::size_t>(i)] =
            backward_sample<scalar_t>(in, i, unit, scale, pass, grad_out, with_features);
      });
    });
    const auto total = [&](Tensor SampleGradient::*part) {
      Tensor t = sums[0].*part;
      for (std::size_t i = 1; i < sums.size(); ++i) t += sums[i].*part;
      return t;
    };
    Tensor dfeatures;
    if (with_features) {
      std::vector<Tensor> all;
      for (const SampleGradient& s : sums) all.push_back(s.features);
      dfeatures = torch::stack(all);
    }
    using S = SampleGradient;
    return {dfeatures,
            total(&S::a_t).t().contiguous(),
            total(&S::b1),
            total(&S::w2),
            total(&S::b2),
            total(&S::w3),
            total(&S::b3),
            total(&S::weight),
            grad_out.flatten(0, 1).sum(0),
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor()};
  }
};

/// Rows of x (B x N x C) that indices (B x Q x K) name: B x Q x K x C.
Tensor rows_of(const Tensor& x, const Tensor& indices) {
  const std::int64_t batch = x.size(0), n = x.size(1);
  const Tensor first = torch::arange(batch, indices.options().dtype(torch::kInt64)).mul(n).view({batch, 1, 1});
  return x.reshape({batch * n, x.size(2)})
      .index_select(0, (indices.to(torch::kInt64) + first).flatten())
      .view({batch, indices.size(1), indices.size(2), x.size(2)});
}

Tensor conv_point_plain(const Tensor& features, const Neighbourhoods& where, const ConvPointWeights& w, bool unit,
                        double scale) {
  Tensor p = rows_of(where.points, where.indices) - where.support.unsqueeze(2);
  if (unit) {
    const Tensor longest = p.square().sum(-1, true).amax(2, true).sqrt();
    p = p / longest.masked_fill(longest == 0, 1);
  }
  Tensor h = torch::relu(torch::linear(p, w.a, w.b1));
  h = torch::relu(torch::linear(torch::relu(torch::linear(h, w.w2, w.b2)), w.w3, w.b3));
  const Tensor g = torch::matmul(rows_of(features, where.indices).transpose(2, 3), h) * scale;
  return torch::matmul(g.flatten(2), w.weight) + w.bias;
}

class NormFunction : public torch::autograd::Function<NormFunction> {
 public:
  static Tensor forward(AutogradContext* ctx, Tensor x_in, Tensor gamma, Tensor beta, bool swish) {
    const Tensor x = x_in.contiguous(), scale = gamma.contiguous(), shift = beta.contiguous();
    const std::int64_t batch = x.size(0), points = x.size(1), channels = x.size(2);
    const auto plain = x.options().requires_grad(false);
    Tensor y = torch::empty(x.sizes(), plain), mean = torch::empty({batch, channels}, plain),
           inverse = torch::empty({batch, channels}, plain);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "norm_activate", [&] {
      const auto p = [](const Tensor& t, std::int64_t i) { return t.data_ptr<scalar_t>() + i; };
      for_samples(batch, [&](std::int64_t i) {
        std::vector<double> work(static_cast<std::size_t>(channels));
        conv_point_kernels<scalar_t>().norm(p(x, i * points * channels), points, static_cast<int>(channels),
                                            p(scale, 0), p(shift, 0), swish, work.data(), p(mean, i * channels),
                                            p(inverse, i * channels), p(y, i * points * channels));
      });
    });
    ctx->save_for_backward({x, scale, shift, mean, inverse});
    ctx->saved_data["swish"] = swish;
    return y;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const tensor_list in = ctx->get_saved_variables();
    const bool swish = ctx->saved_data["swish"].toBool();
    const Tensor dy = grads[0].contiguous();
    const std::int64_t batch = in[0].size(0), points = in[0].size(1), channels = in[0].size(2);
    const auto plain = in[0].options().requires_grad(false);
    Tensor dx = torch::empty(in[0].sizes(), plain), dgamma = torch::zeros({batch, channels}, plain),
           dbeta = torch::zeros({batch, channels}, plain);
    AT_DISPATCH_FLOATING_TYPES(in[0].scalar_type(), "norm_activate_backward", [&] {
      const auto p = [](const Tensor& t, std::int64_t i) { return t.data_ptr<scalar_t>() + i; };
      for_samples(batch, [&](std::int64_t i) {
        std::vector<double> work(static_cast<std::size_t>(2 * channels));
        const std::int64_t at = i * points * channels, c = i * channels;
        conv_point_kernels<scalar_t>().norm_back(p(in[0], at), points, static_cast<int>(channels), p(in[1], 0),
                                                 p(in[2], 0), swish, p(in[3], c), p(in[4], c), p(dy, at), work.data(),
                                                 p(dx, at), p(dgamma, c), p(dbeta, c));
      });
    });
    return {dx, dgamma.sum(0), dbeta.sum(0), Tensor()};
  }
};

}  // namespace

void use_sample_threads(int n) { sample_threads = n; }

void collapse(const Tensor& w1, const Tensor& b1, const Tensor& centres, ConvPointWeights& into) {
  into.a = w1.view({w1.size(0), 3, kKernel}).sum(2);
  into.b1 = b1 - torch::mv(w1, centres.reshape({-1}));
}

Tensor conv_point(const Tensor& features, const Neighbourhoods& where, const ConvPointWeights& w, bool unit,
                  double scale, bool plain) {
  if (plain || !features.is_cpu()) return conv_point_plain(features, where, w, unit, scale);
  return ConvPointFunction::apply(features, w.a, w.b1, w.w2, w.b2, w.w3, w.b3, w.weight, w.bias, where.points,
                                  where.support, where.indices, unit, scale);
}

Tensor norm_activate(const Tensor& x, const Tensor& gamma, const Tensor& beta, bool swish, bool plain) {
  if (!plain && x.is_cpu()) return NormFunction::apply(x, gamma, beta, swish);
  const Tensor y = torch::group_norm(x.transpose(1, 2), x.size(2) / 2, gamma, beta, kEpsilon).transpose(1, 2);
  return swish ? torch::silu(y) : torch::relu(y);
}

}  // namespace syconn
