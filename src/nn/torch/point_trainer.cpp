// SPDX-License-Identifier: GPL-3.0-or-later
#include "point_trainer.h"

#include <cmath>
#include <numbers>

#include "losses.h"
#include "point_module.h"
#include "point_ops.h"
#include "syconn/core/rng.h"
#include "trainer.h"

namespace syconn {
namespace {

using torch::Tensor;
constexpr std::uint64_t kDropout = 0x64726f70;

/// What LibTorch throws as an Error that says what was being done.
template <class Fn>
auto in_words(const std::string& what, const Fn& fn) {
  try {
    return fn();
  } catch (const c10::Error& e) {
    throw Error(Category::runtime, what + ": " + e.what_without_backtrace());
  }
}

void check_options(const PointTrainOptions& o) {
  const auto wrong = [](const std::string& text) { throw Error(Category::config, "training of points: " + text); };
  if (o.optimiser != "adam" && o.optimiser != "adamw") wrong("optimiser must be adam or adamw");
  if (o.schedule != "step" && o.schedule != "cosine" && o.schedule != "constant")
    wrong("schedule must be step, cosine or constant");
  if (o.schedule == "cosine" && o.total_steps < 1) wrong("the cosine schedule needs total_steps");
  if (!(o.learning_rate > 0)) wrong("learning_rate must be positive");
  if (!(o.loss.cross_entropy >= 0 && o.loss.cross_entropy <= 1)) wrong("cross_entropy must be 0..1");
}

template <class T>
std::vector<T> values_of(const Tensor& t, torch::ScalarType type) {
  const Tensor c = t.detach().to(torch::kCPU, type).contiguous();
  return {c.data_ptr<T>(), c.data_ptr<T>() + c.numel()};
}

class Trainer final : public PointTrainer {
 public:
  Trainer(const PointNetConfig& config, const PointTrainOptions& options, const DeviceOptions& device,
          std::uint64_t seed)
      : net_(config, seed, options.double_precision ? torch::kFloat64 : torch::kFloat32),
        options_(options),
        threads_(device.threads),
        seed_(seed) {
    check_options(options);
    net_.to(device_of(device));
    const double rate = options.learning_rate, decay = options.weight_decay;
    if (options.optimiser == "adam")
      optimiser_ =
          std::make_unique<torch::optim::Adam>(net_.trainable(), torch::optim::AdamOptions(rate).weight_decay(decay));
    else
      optimiser_ =
          std::make_unique<torch::optim::AdamW>(net_.trainable(), torch::optim::AdamWOptions(rate).weight_decay(decay));
  }

  std::vector<float> tensor(const std::string& name) const override {
    return values_of<float>(net_.tensor(name), torch::kFloat32);
  }
  void set_tensor(const std::string& name, std::span<const float> values) override {
    const torch::NoGradGuard no_grad;
    Tensor t = net_.tensor(name);
    if (t.numel() != static_cast<std::int64_t>(values.size()))
      throw Error(Category::config, "tensor '" + name + "' has " + std::to_string(t.numel()) + " values, not " +
                                        std::to_string(values.size()));
    t.copy_(torch::from_blob(const_cast<float*>(values.data()), t.sizes(), torch::kFloat32));
  }
  std::vector<double> gradient(const std::string& name) const override {
    const Tensor& t = net_.tensor(name);
    return values_of<double>(t.grad().defined() ? t.grad() : torch::zeros_like(t), torch::kFloat64);
  }

  std::vector<double> outputs(const PointBatch& batch) override {
    use_sample_threads(threads_), use_threads(1);
    const torch::NoGradGuard no_grad;
    return in_words("point network",
                    [&] { return values_of<double>(net_.forward(net_.tensors_of(batch)), torch::kFloat64); });
  }

  double accumulate(const PointBatch& batch, std::span<const std::uint8_t> labels) override {
    use_sample_threads(threads_), use_threads(1);
    const Tensor y = trained_outputs(batch).flatten(0, -2);
    if (y.size(0) != static_cast<std::int64_t>(labels.size()))
      throw Error(Category::runtime, "there are " + std::to_string(labels.size()) + " labels for " +
                                         std::to_string(y.size(0)) + " outputs");
    for (const std::uint8_t label : labels)
      if (label >= y.size(1) && label != options_.loss.ignored)
        throw Error(Category::runtime, "label " + std::to_string(label) + " is no class of the network");
    const Tensor target = torch::from_blob(const_cast<std::uint8_t*>(labels.data()), {y.size(0)}, torch::kUInt8)
                              .to(y.device(), torch::kInt64);
    return add(class_loss(y, target, options_.loss));
  }

  double accumulate_triplets(const PointBatch& batch) override {
    use_sample_threads(threads_), use_threads(1);
    if (batch.samples.size() % 3 != 0 || net_.config().head == "points")
      throw Error(Category::runtime, "triplets need one output a sample, and as many anchors as positives, negatives");
    const Tensor z = trained_outputs(batch);
    const std::int64_t n = z.size(0) / 3;
    return add(triplet_loss(z.narrow(0, 0, n), z.narrow(0, n, n), z.narrow(0, 2 * n, n), options_.margin,
                            options_.embedding_l1));
  }

  std::vector<double> backward(const PointBatch& batch, std::span<const float> output_gradient) override {
    use_sample_threads(threads_), use_threads(1);
    PointTensors in = net_.tensors_of(batch);
    in.features = in.features.clone().set_requires_grad(true);
    const Tensor y = net_.forward(in);
    if (y.numel() != static_cast<std::int64_t>(output_gradient.size()))
      throw Error(Category::runtime, "outputs and their gradient disagree");
    const Tensor g = torch::from_blob(const_cast<float*>(output_gradient.data()), y.sizes(), torch::kFloat32);
    in_words("gradient of points", [&] { y.backward(g.to(y.device(), y.scalar_type())); });
    ++added_;
    return values_of<double>(in.features.grad(), torch::kFloat64);
  }

  void update() override {
    use_sample_threads(threads_), use_threads(1);
    if (added_ == 0) throw Error(Category::runtime, "an update needs gradients");
    const torch::NoGradGuard no_grad;
    for (const Tensor& t : net_.trainable())
      if (t.grad().defined() && added_ > 1) t.grad().div_(static_cast<double>(added_));
    const double rate = learning_rate();
    for (auto& group : optimiser_->param_groups()) group.options().set_lr(rate);
    {
      const torch::AutoGradMode grad(true);  // the optimisers switch it off themselves
      in_words("training step", [&] { optimiser_->step(), optimiser_->zero_grad(); });
    }
    added_ = 0, ++steps_;
  }

  std::int64_t steps_done() const override { return steps_; }

  double learning_rate() const override {
    const auto steps = static_cast<double>(steps_);
    if (options_.schedule == "step")
      return options_.learning_rate *
             std::pow(options_.decay, std::floor(steps / static_cast<double>(std::max(1, options_.decay_every))));
    if (options_.schedule == "constant") return options_.learning_rate;
    const double part = std::min(1.0, steps / static_cast<double>(options_.total_steps));
    return options_.learning_rate * (1 + std::cos(std::numbers::pi * part)) / 2;
  }

  void save_checkpoint(const fs::path& file) const override {
    torch::serialize::OutputArchive archive, optimiser;
    for (const auto& [name, t] : net_.tensors()) archive.write(name, t.detach().cpu());
    optimiser_->save(optimiser);
    archive.write("optimiser", optimiser);
    archive.write("steps", torch::tensor(steps_, torch::kInt64));
    archive.write("draws", torch::tensor(draws_, torch::kInt64));
    in_words("checkpoint " + file.string(), [&] { archive.save_to(file.string()); });
  }

  void load_checkpoint(const fs::path& file) override {
    const torch::NoGradGuard no_grad;
    torch::serialize::InputArchive archive, optimiser;
    try {
      archive.load_from(file.string());
      for (auto& [name, t] : net_.tensors()) {
        Tensor stored;
        archive.read(name, stored);
        TORCH_CHECK(stored.sizes() == t.sizes(), "tensor ", name, " has another shape");
        t.copy_(stored);
      }
      archive.read("optimiser", optimiser);
      optimiser_->load(optimiser);
      optimiser_->zero_grad();
      Tensor steps, draws;
      archive.read("steps", steps), archive.read("draws", draws);
      steps_ = steps.item<std::int64_t>(), draws_ = draws.item<std::int64_t>(), added_ = 0;
    } catch (const c10::Error& e) {
      throw Error(Category::input, file.string() + ": no checkpoint of this network: " + e.what_without_backtrace());
    }
  }

  void export_model(const fs::path& file, const PointModelCard& card) const override {
    save_point_archive(net_, file, card);
  }

 private:
  Tensor trained_outputs(const PointBatch& batch) {
    return in_words("point network", [&] { return net_.forward(net_.tensors_of(batch), keep(batch.samples.size())); });
  }

  /// What dropout leaves of the features of each sample; undefined without dropout.
  Tensor keep(std::size_t samples) {
    const PointNetConfig& c = net_.config();
    ++draws_;
    if (c.head != "mean" || c.dropout == 0) return {};
    Rng rng(seed_, kDropout, static_cast<std::uint64_t>(draws_));
    Tensor t = torch::zeros({static_cast<std::int64_t>(samples), c.last_channels()}, torch::kFloat32);
    float* values = t.data_ptr<float>();
    for (std::int64_t i = 0; i < t.numel(); ++i)
      values[i] = rng.uniform() < c.dropout ? 0.0F : static_cast<float>(1 / (1 - c.dropout));
    return t.to(net_.device(), options_.double_precision ? torch::kFloat64 : torch::kFloat32);
  }

  double add(const Tensor& loss) {
    in_words("gradient of points", [&] { loss.backward(); });
    ++added_;
    return loss.item<double>();
  }

  PointModule net_;
  PointTrainOptions options_;
  int threads_;
  std::uint64_t seed_;
  std::unique_ptr<torch::optim::Optimizer> optimiser_;
  std::int64_t steps_ = 0, draws_ = 0, added_ = 0;
};

class Net final : public PointNet {
 public:
  Net(const fs::path& archive, const DeviceOptions& device)
      : card_(read_point_model_card(archive)), net_(card_.architecture, 0), threads_(device.threads) {
    const torch::Device where = device_of(device);
    load_point_archive(net_, archive);
    net_.to(where);
  }

  const PointModelCard& card() const override { return card_; }

  std::vector<float> predict(const PointBatch& batch) override {
    use_sample_threads(threads_), use_threads(1);
    const torch::NoGradGuard no_grad;
    return in_words("point network " + card_.name,
                    [&] { return values_of<float>(net_.forward(net_.tensors_of(batch)), torch::kFloat32); });
  }

 private:
  PointModelCard card_;
  PointModule net_;
  int threads_;
};

}  // namespace

std::unique_ptr<PointTrainer> make_point_trainer(const PointNetConfig& config, const PointTrainOptions& options,
                                                 const DeviceOptions& device, std::uint64_t seed) {
  return std::make_unique<Trainer>(config, options, device, seed);
}

std::unique_ptr<PointNet> make_point_net(const fs::path& archive, const DeviceOptions& device) {
  return std::make_unique<Net>(archive, device);
}

}  // namespace syconn
