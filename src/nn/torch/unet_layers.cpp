// SPDX-License-Identifier: GPL-3.0-or-later
#include "unet_layers.h"

namespace syconn {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using Sizes = std::vector<std::int64_t>;

bool has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

Sizes same_padding(const Tensor& weight) { return {weight.size(2) / 2, weight.size(3) / 2, weight.size(4) / 2}; }

/// oneDNN 2.6 has kernels for gradients of 3x3x3 weights with AVX-512 and channels in sixteens; everything else runs at
/// a third of the planar kernels' speed.
bool by_planes(const Tensor& weight) {
  if (weight.size(2) != 3) return false;
  return !has_avx512() || weight.size(0) % 16 != 0 || weight.size(1) % 16 != 0;
}

/// The gradient of the input as a convolution of the output's with the mirrored kernel: twice as fast for few channels.
bool by_mirror(const Tensor& weight) {
  return has_avx512() && weight.size(2) == 1 && weight.size(3) == 3 && weight.size(0) < 16 && weight.size(1) <= 16;
}

Tensor input_gradient_by_mirror(const Tensor& gradient, const Tensor& weight) {
  return torch::conv3d(gradient, weight.flip({2, 3, 4}).transpose(0, 1).contiguous(), {}, {1, 1, 1},
                       same_padding(weight));
}

/// Gradient of 3 x k x k weights as those of three k x k kernels: plane dz of the weights meets section z of the
/// gradient and section z + dz - 1 of the image, so sections are samples.
Tensor weight_gradient_by_planes(const Tensor& gradient, const Tensor& x, const Tensor& weight) {
  const std::int64_t out = weight.size(0), in = weight.size(1), batch = x.size(0), nz = x.size(2);
  const Tensor sections = x.transpose(1, 2).contiguous(), gradients = gradient.transpose(1, 2).contiguous();
  std::vector<Tensor> planes;
  for (std::int64_t dz = -1; dz <= 1; ++dz) {
    const std::int64_t n = nz - std::abs(dz);
    const Tensor plane = weight.select(2, dz + 1).contiguous();
    if (n < 1) {
      planes.push_back(torch::zeros_like(plane));
      continue;
    }
    const auto part = [&](const Tensor& of, std::int64_t first, std::int64_t channels) {
      return of.narrow(1, first, n).reshape({batch * n, channels, x.size(3), x.size(4)});
    };
    planes.push_back(std::get<1>(torch::convolution_backward(
        part(gradients, std::max<std::int64_t>(0, -dz), out), part(sections, std::max<std::int64_t>(0, dz), in), plane,
        Sizes{out}, {1, 1}, Sizes{plane.size(2) / 2, plane.size(3) / 2}, {1, 1}, false, {0, 0}, 1,
        {false, true, false})));
  }
  return torch::stack(planes, 2);
}

class SameConv : public torch::autograd::Function<SameConv> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const Tensor& bias) {
    ctx->save_for_backward({x, weight});
    return torch::conv3d(x, weight, bias, {1, 1, 1}, same_padding(weight));
  }

  static torch::autograd::variable_list backward(AutogradContext* ctx, torch::autograd::variable_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], gradient = gradients[0].contiguous();
    const bool planes = by_planes(weight), mirror = ctx->needs_input_grad(0) && by_mirror(weight);
    const bool with_input = ctx->needs_input_grad(0) && !mirror;
    Tensor of_x, of_weight;
    if (!planes || with_input)
      std::tie(of_x, of_weight, std::ignore) =
          torch::convolution_backward(gradient, x, weight, Sizes{weight.size(0)}, {1, 1, 1}, same_padding(weight),
                                      {1, 1, 1}, false, {0, 0, 0}, 1, {with_input, !planes, false});
    if (planes) of_weight = weight_gradient_by_planes(gradient, x, weight);
    if (mirror) of_x = input_gradient_by_mirror(gradient, weight);
    return {of_x, of_weight, gradient.sum(Sizes{0, 2, 3, 4})};
  }
};

// ---- pooling -------------------------------------------------------------------------------------------------------

/// Maxima of cells of nz x 2 x 2 voxels, and which of a cell's voxels it was.
void pool_planes(const float* in, std::int64_t planes, const Vec3i& size, std::int64_t nz, float* out,
                 std::uint8_t* which) {
  const std::int64_t section = size.x * size.y;
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (std::int64_t y = 0; y < size.y; y += 2) {
      const float* row = in + plane * nz * section + y * size.x;
      for (std::int64_t x = 0; x < size.x; x += 2) {
        float best = row[x];
        std::uint8_t at = 0;
        for (std::int64_t k = 1; k < 4 * nz; ++k) {
          const float v = row[k / 4 * section + k / 2 % 2 * size.x + x + k % 2];
          const bool more = v > best || v != v;  // as the library does it, NaN wins
          best = more ? v : best, at = more ? static_cast<std::uint8_t>(k) : at;
        }
        *out++ = best, *which++ = at;
      }
    }
}

void spread_planes(const float* gradient, const std::uint8_t* which, std::int64_t planes, const Vec3i& size,
                   std::int64_t nz, float* out) {
  const std::int64_t section = size.x * size.y;
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (std::int64_t y = 0; y < size.y; y += 2) {
      float* row = out + plane * nz * section + y * size.x;
      for (std::int64_t x = 0; x < size.x; x += 2) {
        const std::int64_t k = *which++;
        row[k / 4 * section + k / 2 % 2 * size.x + x + k % 2] = *gradient++;
      }
    }
}

class Halved : public torch::autograd::Function<Halved> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, std::int64_t nz) {
    const Tensor in = x.contiguous();
    const Sizes half{x.size(0), x.size(1), x.size(2) / nz, x.size(3) / 2, x.size(4) / 2};
    const Tensor out = torch::empty(half, x.options()), which = torch::empty(half, torch::kUInt8);
    const std::int64_t planes = half[0] * half[1] * half[2];
    pool_planes(in.data_ptr<float>(), planes, {x.size(4), x.size(3), x.size(2)}, nz, out.data_ptr<float>(),
                which.data_ptr<std::uint8_t>());
    ctx->saved_data["nz"] = nz;
    ctx->save_for_backward({which});
    return out;
  }

  static torch::autograd::variable_list backward(AutogradContext* ctx, torch::autograd::variable_list gradients) {
    const Tensor which = ctx->get_saved_variables()[0], gradient = gradients[0].contiguous();
    const std::int64_t nz = ctx->saved_data["nz"].toInt();
    const Vec3i size(2 * which.size(4), 2 * which.size(3), nz * which.size(2));
    const Tensor out = torch::zeros({which.size(0), which.size(1), size.z, size.y, size.x}, gradient.options());
    spread_planes(gradient.data_ptr<float>(), which.data_ptr<std::uint8_t>(),
                  which.size(0) * which.size(1) * which.size(2), size, nz, out.data_ptr<float>());
    return {out, Tensor()};
  }
};

bool ours(const Tensor& x) { return x.is_cpu() && x.scalar_type() == torch::kFloat32; }

}  // namespace

Tensor same_conv(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (ours(x)) return SameConv::apply(x, weight, bias);
  return torch::conv3d(x, weight, bias, {1, 1, 1}, same_padding(weight));
}

Tensor halved(const Tensor& x, const Vec3i& size) {
  const bool whole = x.size(2) % size.z == 0 && x.size(3) % 2 == 0 && x.size(4) % 2 == 0;
  if (ours(x) && whole && size.x == 2 && size.y == 2) return Halved::apply(x, size.z);
  return torch::max_pool3d(x, {size.z, size.y, size.x});
}

}  // namespace syconn
