// SPDX-License-Identifier: GPL-3.0-or-later
#include "trainer.h"

#include <torch/script.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "losses.h"
#include "unet_net.h"

namespace syconn {
namespace {

/// What LibTorch throws as an Error that says what was being done.
template <class Fn>
auto guarded(const std::string& what, const Fn& fn) {
  try {
    return fn();
  } catch (const c10::Error& e) {
    throw Error(Category::runtime, what + ": " + e.what_without_backtrace());
  }
}

class Trainer final : public UNetTrainer {
 public:
  Trainer(const UNetConfig& config, const TrainOptions& options, const DeviceOptions& device, std::uint64_t seed)
      : net_(config, seed, options.library_layers),
        options_(options),
        device_(device_of(device)),
        threads_(device.threads) {
    net_.to(device_);
    adam_ = std::make_unique<torch::optim::Adam>(
        net_.trainable(), torch::optim::AdamOptions(options.learning_rate).weight_decay(options.weight_decay));
  }

  std::vector<float> tensor(const std::string& name) const override {
    const torch::Tensor t = net_.tensor(name).detach().cpu().contiguous();
    return {t.data_ptr<float>(), t.data_ptr<float>() + t.numel()};
  }

  std::vector<float> gradient(const std::string& name) const override {
    const torch::Tensor g = net_.tensor(name).grad();
    if (!g.defined()) throw Error(Category::config, "tensor '" + name + "' has no gradient yet");
    const torch::Tensor t = g.cpu().contiguous();
    return {t.data_ptr<float>(), t.data_ptr<float>() + t.numel()};
  }

  void set_tensor(const std::string& name, std::span<const float> values) override {
    const torch::NoGradGuard no_grad;
    torch::Tensor t = net_.tensor(name);
    if (t.numel() != static_cast<std::int64_t>(values.size()))
      throw Error(Category::config, "tensor '" + name + "' has " + std::to_string(t.numel()) + " values, not " +
                                        std::to_string(values.size()));
    t.copy_(torch::from_blob(const_cast<float*>(values.data()), t.sizes(), torch::kFloat32));
  }

  std::vector<float> logits(std::span<const float> in, const Vec3i& size) override {
    use_threads(threads_);
    const torch::NoGradGuard no_grad;
    const torch::Tensor y = net_.forward(input(1, in, size), false).cpu().contiguous();
    return {y.data_ptr<float>(), y.data_ptr<float>() + y.numel()};
  }

  double step(int batch, std::span<const float> images, std::span<const std::uint8_t> labels,
              const Vec3i& size) override {
    use_threads(threads_);
    const torch::Tensor x = input(batch, images, size);
    const torch::Tensor target =
        torch::from_blob(const_cast<std::uint8_t*>(labels.data()), {batch, size.z, size.y, size.x}, torch::kUInt8)
            .to(device_, torch::kInt64);
    for (auto& group : adam_->param_groups())
      static_cast<torch::optim::AdamOptions&>(group.options()).lr(learning_rate());
    adam_->zero_grad();
    const torch::Tensor loss = segmentation_loss(net_.forward(x, !norms_are_frozen()), target, options_);
    guarded("training step", [&] { loss.backward(), adam_->step(); });
    ++steps_;
    return loss.item<double>();
  }

  void settle(int batch, std::span<const float> images, const Vec3i& size, std::int64_t before) override {
    use_threads(threads_);
    const torch::NoGradGuard no_grad;
    guarded("statistics of the batch norms",
            [&] { net_.forward(input(batch, images, size), true, 1.0 / static_cast<double>(before + 1)); });
  }

  std::int64_t steps_done() const override { return steps_; }

  void save_checkpoint(const fs::path& file) const override {
    torch::serialize::OutputArchive archive, adam;
    for (const auto& [name, t] : net_.tensors()) archive.write(UNetNet::script_name(name), t.detach().cpu());
    adam_->save(adam);
    archive.write("optimiser", adam);
    archive.write("steps", torch::tensor(steps_, torch::kInt64));
    guarded("checkpoint " + file.string(), [&] { archive.save_to(file.string()); });
  }

  void load_checkpoint(const fs::path& file) override {
    const torch::NoGradGuard no_grad;
    torch::serialize::InputArchive archive, adam;
    try {
      archive.load_from(file.string());
      for (auto& [name, t] : net_.tensors()) {
        torch::Tensor stored;
        archive.read(UNetNet::script_name(name), stored);
        TORCH_CHECK(stored.sizes() == t.sizes(), "tensor ", name, " has another shape");
        t.copy_(stored);
      }
      archive.read("optimiser", adam);
      adam_->load(adam);
      torch::Tensor steps;
      archive.read("steps", steps);
      steps_ = steps.item<std::int64_t>();
    } catch (const c10::Error& e) {
      throw Error(Category::input, file.string() + ": no checkpoint of this network: " + e.what_without_backtrace());
    }
  }

  void export_model(const fs::path& file, const ModelCard& card) const override {
    const torch::jit::Module module = net_.module();
    guarded("model " + file.string(), [&] { module.save(file.string(), {{"model.json", card.to_json().dump(1)}}); });
  }

 private:
  torch::Tensor input(int batch, std::span<const float> in, const Vec3i& size) const {
    const std::int64_t channels = net_.config().channels;
    const Vec3i stride = unet_stride(net_.config());
    for (int k = 0; k < 3; ++k)
      if (size[k] < 1 || size[k] % stride[k] != 0)
        throw Error(Category::config, "the U-Net takes sizes that are multiples of " + std::to_string(stride.x) + "," +
                                          std::to_string(stride.y) + "," + std::to_string(stride.z));
    if (static_cast<std::int64_t>(in.size()) != batch * channels * size.product())
      throw Error(Category::runtime, "U-Net: input and size disagree");
    return torch::from_blob(const_cast<float*>(in.data()), {batch, channels, size.z, size.y, size.x}, torch::kFloat32)
        .to(device_);
  }

  bool norms_are_frozen() const { return options_.freeze_norms_at > 0 && steps_ >= options_.freeze_norms_at; }

  double learning_rate() const {
    const auto done = static_cast<double>(steps_);
    if (options_.cosine_steps > 0)
      return options_.learning_rate * 0.5 *
             (1 + std::cos(std::numbers::pi * std::min(1.0, done / static_cast<double>(options_.cosine_steps))));
    const std::int64_t falls = steps_ / std::max(1, options_.decay_every);
    return options_.learning_rate * std::pow(options_.decay, static_cast<double>(falls));
  }

  UNetNet net_;
  TrainOptions options_;
  torch::Device device_;
  int threads_;
  std::unique_ptr<torch::optim::Adam> adam_;
  std::int64_t steps_ = 0;
};

}  // namespace

torch::Device device_of(const DeviceOptions& options) {
  const bool cuda = torch::cuda::is_available();
  if (options.device == "cuda" && !cuda)
    throw Error(Category::config, "device is cuda, but LibTorch finds no CUDA device here; use device: auto or cpu");
  return options.device == "cuda" || (options.device == "auto" && cuda) ? torch::Device(torch::kCUDA)
                                                                        : torch::Device(torch::kCPU);
}

void use_threads(int n) {
  if (at::get_num_threads() != n) at::set_num_threads(n);
}

torch::Tensor segmentation_loss(const torch::Tensor& logits, const torch::Tensor& labels, const TrainOptions& options) {
  return class_loss(logits, labels, {options.cross_entropy, options.class_weights});
}

std::unique_ptr<UNetTrainer> make_unet_trainer(const UNetConfig& config, const TrainOptions& options,
                                               const DeviceOptions& device, std::uint64_t seed) {
  return std::make_unique<Trainer>(config, options, device, seed);
}

}  // namespace syconn
