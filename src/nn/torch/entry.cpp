// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/autocast_mode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/script.h>

#include <cstring>
#include <sstream>

#include "losses.h"
#include "point_trainer.h"
#include "stream_network.h"
#include "syconn/nn/room_entry.h"
#include "trainer.h"

namespace syconn {
namespace {

bool is_out_of_memory(const c10::Error& e) {
  const std::string text = e.what_without_backtrace();
  return text.find("out of memory") != std::string::npos || text.find("allocate memory") != std::string::npos;
}

/// Bfloat16 where LibTorch deems it safe, for calls of this thread.
class CpuAutocast {
 public:
  explicit CpuAutocast(bool on) : on_(on) { set(true); }
  ~CpuAutocast() { set(false); }
  CpuAutocast(const CpuAutocast&) = delete;
  CpuAutocast& operator=(const CpuAutocast&) = delete;

 private:
  void set(bool to) const {
    if (!on_) return;
    at::autocast::set_cpu_enabled(to);
    if (!to) at::autocast::clear_cache();
  }
  bool on_;
};

class TorchNetwork final : public Network {
 public:
  TorchNetwork(torch::jit::Module module, const ModelCard& card, const DeviceOptions& options)
      : module_(std::move(module)), card_(card), device_(device_of(options)), options_(options) {
    module_.eval();
    if (device_.is_cuda()) module_.to(device_, options.half ? torch::kHalf : torch::kFloat32);
    const torch::NoGradGuard no_grad;
    module_ = torch::jit::freeze(module_);
    if (device_.is_cpu() && !options.half) module_ = torch::jit::optimize_for_inference(module_);
  }

  bool run(std::span<const float> in, const Vec3i& size, std::span<float> out) override {
    const c10::InferenceMode inference;
    // no profiling runs, whose numbers could differ from later ones
    const torch::jit::GraphOptimizerEnabledGuard as_loaded(false);
    use_threads(options_.threads);
    try {
      run_checked(in, size, out);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    } catch (const c10::Error& e) {
      if (is_out_of_memory(e)) return false;
      throw Error(Category::runtime, std::string("the network failed: ") + e.what_without_backtrace());
    } catch (const torch::jit::JITException& e) {
      throw Error(Category::runtime, std::string("the network failed: ") + e.what());
    }
  }

 private:
  void run_checked(std::span<const float> in, const Vec3i& size, std::span<float> out) {
    const bool half = options_.half && device_.is_cuda();
    const CpuAutocast autocast(options_.half && device_.is_cpu());
    torch::Tensor x =
        torch::from_blob(const_cast<float*>(in.data()), {1, card_.channels, size.z, size.y, size.x}, torch::kFloat32)
            .to(device_, half ? torch::kHalf : torch::kFloat32);
    torch::Tensor y = module_.forward({x}).toTensor().to(torch::kFloat32);
    const auto classes = static_cast<std::int64_t>(card_.classes.size());
    if (y.sizes() != torch::IntArrayRef({1, classes, size.z, size.y, size.x})) {
      std::ostringstream text;
      text << "the network gives " << y.sizes() << " values for an input of " << x.sizes() << ", its card says "
           << classes << " classes of the input's size";
      throw Error(Category::config, text.str());
    }
    if (card_.softmax) y = torch::softmax(y, 1);
    y = y.cpu().contiguous();
    std::memcpy(out.data(), y.data_ptr<float>(), out.size_bytes());
  }

  torch::jit::Module module_;
  ModelCard card_;
  torch::Device device_;
  DeviceOptions options_;
};

class TorchRoom final : public NnRoom {
 public:
  std::string description() const override {
    return std::string("LibTorch ") + TORCH_VERSION + (has_cuda() ? ", CUDA" : ", CPU") + ", BLAS " + blas_library();
  }
  bool has_cuda() const override { return torch::cuda::is_available(); }

  std::unique_ptr<Network> load(const fs::path& archive, const ModelCard& card, const DeviceOptions& options) override {
    device_of(options);
    use_threads(options.threads);
    try {
      torch::jit::Module module = torch::jit::load(archive.string(), torch::kCPU);
      if (auto network = stream_network(module, card, options)) return network;
      return std::make_unique<TorchNetwork>(std::move(module), card, options);
    } catch (const c10::Error& e) {
      throw Error(Category::input, archive.string() + ": LibTorch " + TORCH_VERSION +
                                       " cannot load this archive: " + e.what_without_backtrace());
    }
  }

  std::unique_ptr<UNetTrainer> unet_trainer(const UNetConfig& config, const TrainOptions& options,
                                            const DeviceOptions& device, std::uint64_t seed) override {
    return make_unet_trainer(config, options, device, seed);
  }

  double loss(std::span<const float> logits, std::span<const std::uint8_t> labels, int classes,
              const TrainOptions& options) override {
    const auto voxels = static_cast<std::int64_t>(labels.size());
    const torch::Tensor x = torch::from_blob(const_cast<float*>(logits.data()), {1, classes, voxels}, torch::kFloat32);
    const torch::Tensor t = torch::from_blob(const_cast<std::uint8_t*>(labels.data()), {1, voxels}, torch::kUInt8);
    return segmentation_loss(x, t.to(torch::kInt64), options).item<double>();
  }

  std::unique_ptr<PointTrainer> point_trainer(const PointNetConfig& config, const PointTrainOptions& options,
                                              const DeviceOptions& device, std::uint64_t seed) override {
    return make_point_trainer(config, options, device, seed);
  }
  std::unique_ptr<PointNet> point_net(const fs::path& archive, const DeviceOptions& device) override {
    return make_point_net(archive, device);
  }
  LossValue class_loss(std::span<const float> logits, std::span<const std::uint8_t> labels, int classes,
                       const LossOptions& options) override {
    return class_loss_of(logits, labels, classes, options);
  }
  LossValue triplet_loss(std::span<const float> embeddings, int dimensions, double margin, double l1) override {
    return triplet_loss_of(embeddings, dimensions, margin, l1);
  }
};

}  // namespace
}  // namespace syconn

extern "C" syconn::NnRoom* syconn_nn_room(int version) {
  static syconn::TorchRoom room;
  return version == syconn::kNnRoomVersion ? &room : nullptr;
}
