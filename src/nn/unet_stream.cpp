// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/nn/unet_stream.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "stream_layers.h"

namespace syconn {
namespace {

using Kind = StreamLayer::Kind;

/// The last sections that a layer made.
struct Sections {
  Vec3i size;  ///< of the layer's maps
  std::int64_t stride = 0, plane = 0;
  std::int64_t capacity = 0;  ///< sections kept
  std::int64_t next = 0;      ///< to be made
  int channels = 0;
  std::vector<float> values;         ///< capacity x channels planes, and one of zeros
  std::vector<std::int32_t> inside;  ///< ConvSection::inside

  float* of(std::int64_t z, int channel) {
    return values.data() + (z % capacity * channels + channel) * plane + kSectionGuard + stride;
  }
  const float* zeros() const { return values.data() + capacity * channels * plane + kSectionGuard + stride; }
  std::int64_t positions() const { return size.y * stride; }

  void allocate() {
    // an odd number of cache lines: planes that are read together do not compete for the same places of the cache
    plane = ((positions() + 2 * (kSectionGuard + stride) + 15) / 16 | 1) * 16;
    values.assign(static_cast<std::size_t>((capacity * channels + 1) * plane), 0);
    inside.assign(static_cast<std::size_t>(positions() + kSectionGuard), 0);
    for (std::int64_t y = 0; y < size.y; ++y) std::fill_n(inside.begin() + y * stride, size.x, -1);
  }
};

}  // namespace

/// The sections of all layers for images of one size.
class UNetStream::Pass {
 public:
  Pass(const std::vector<StreamLayer>& layers, const SectionKernels& kernels, const Vec3i& size)
      : layers_(layers), kernels_(kernels), size_(size), maps_(layers.size()) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      maps_[i].size = size / layers[i].scale, maps_[i].stride = maps_[i].size.x + 1;
      maps_[i].channels = layers[i].out, maps_[i].capacity = 1;
    }
    make_all([](std::size_t, std::int64_t) {});  // tells how many sections each layer has to keep
    for (Sections& map : maps_) map.allocate();
  }

  const Vec3i& size() const { return size_; }

  void run(std::span<const float> in, bool softmax, std::span<float> out) {
    make_all([&](std::size_t layer, std::int64_t z) {
      if (layers_[layer].kind == Kind::image) read_image(in, z);
      if (layers_[layer].kind == Kind::conv) convolve(layers_[layer], maps_[layer], z);
      if (layers_[layer].kind == Kind::up_conv) enlarge(layers_[layer], maps_[layer], z);
      if (layers_[layer].kind == Kind::pool) pool(layers_[layer], maps_[layer], z);
      if (layer + 1 == layers_.size()) write_section(z, softmax, out);
    });
  }

 private:
  template <class Make>
  void make_all(const Make& make) {
    for (Sections& map : maps_) map.next = 0;
    make_until(layers_.size() - 1, size_.z - 1, make);
  }

  /// Sections up to z of a layer, and before them of other layers what they need.
  template <class Make>
  void make_until(std::size_t i, std::int64_t z, const Make& make) {
    for (; maps_[i].next <= z; ++maps_[i].next) {
      const std::int64_t here = maps_[i].next;
      for (const int input : layers_[i].inputs) {
        Sections& map = maps_[static_cast<std::size_t>(input)];
        make_until(static_cast<std::size_t>(input), std::min(layers_[i].last_seen(here), map.size.z - 1), make);
        map.capacity = std::max(map.capacity, map.next - std::max<std::int64_t>(0, layers_[i].first_seen(here)));
      }
      make(i, here);
    }
  }

  void read_image(std::span<const float> in, std::int64_t z) {
    Sections& map = maps_[0];
    for (int c = 0; c < map.channels; ++c)
      for (std::int64_t y = 0; y < size_.y; ++y)
        std::memcpy(map.of(z, c) + y * map.stride, in.data() + ((c * size_.z + z) * size_.y + y) * size_.x,
                    static_cast<std::size_t>(size_.x) * sizeof(float));
  }

  /// Planes of the sections that section z of a layer sees: those of a channel one after the other.
  void collect_seen(const StreamLayer& layer, std::int64_t z) {
    seen_.clear();
    for (const int input : layer.inputs) {
      Sections& map = maps_[static_cast<std::size_t>(input)];
      for (int c = 0; c < map.channels; ++c)
        for (std::int64_t from = layer.first_seen(z); from <= layer.last_seen(z); ++from)
          seen_.push_back(from < 0 || from >= map.size.z ? map.zeros() : map.of(from, c));
    }
  }
  void collect_made(Sections& map, std::int64_t z) {
    made_.clear();
    for (int c = 0; c < map.channels; ++c) made_.push_back(map.of(z, c));
  }

  void convolve(const StreamLayer& layer, Sections& map, std::int64_t z) {
    collect_seen(layer, z), collect_made(map, z);
    kernels_.conv({seen_.data(), static_cast<int>(seen_.size()), static_cast<int>(layer.size.x), layer.weight.data(),
                   layer.bias.data(), layer.slope, made_.data(), layer.out, map.positions(), map.stride,
                   map.inside.data()});
  }

  void enlarge(const StreamLayer& layer, Sections& map, std::int64_t z) {
    collect_seen(layer, z), collect_made(map, z);
    const Sections& from = maps_[static_cast<std::size_t>(layer.inputs[0])];
    const auto section = static_cast<std::int64_t>(layer.weight.size()) / layer.size.z;
    kernels_.up({seen_.data(), layer.in, layer.weight.data() + z % layer.size.z * section, layer.bias.data(),
                 layer.slope, made_.data(), layer.out, from.size.x, from.size.y, from.stride, map.stride});
  }

  void pool(const StreamLayer& layer, Sections& map, std::int64_t z) {
    collect_seen(layer, z);
    const Sections& from = maps_[static_cast<std::size_t>(layer.inputs[0])];
    const auto sections = static_cast<int>(layer.size.z);
    for (int c = 0; c < map.channels; ++c)
      kernels_.pool(seen_.data() + c * sections, sections, from.size.x, from.size.y, from.stride, map.stride,
                    map.of(z, c));
  }

  void write_section(std::int64_t z, bool softmax, std::span<float> out) {
    Sections& map = maps_.back();
    collect_made(map, z);
    if (softmax) kernels_.softmax(made_.data(), map.channels, map.positions());
    for (int c = 0; c < map.channels; ++c)
      for (std::int64_t y = 0; y < size_.y; ++y)
        std::memcpy(out.data() + ((c * size_.z + z) * size_.y + y) * size_.x, map.of(z, c) + y * map.stride,
                    static_cast<std::size_t>(size_.x) * sizeof(float));
  }

  const std::vector<StreamLayer>& layers_;
  const SectionKernels& kernels_;
  Vec3i size_;
  std::vector<Sections> maps_;
  std::vector<const float*> seen_;
  std::vector<float*> made_;
};

struct UNetStream::State {
  const SectionKernels& kernels;
  std::vector<StreamLayer> layers;
  Vec3i stride;
  std::mutex mutex;
  std::vector<std::unique_ptr<Pass>> idle;  ///< that ended; the next ones take their memory
};

bool UNetStream::can_run(const UNetConfig& config) {
  return (config.normalisation == "batch" || config.normalisation == "none") && config.up == "transpose";
}

UNetStream::UNetStream(const UNetConfig& config, const UNetTensors& tensors, const SectionKernels* given) {
  const SectionKernels& kernels = given == nullptr ? section_kernels() : *given;
  state_.reset(new State{kernels, stream_layers(config, tensors, kernels), unet_stride(config), {}, {}});
}
UNetStream::~UNetStream() = default;

std::unique_ptr<UNetStream::Pass> UNetStream::pass_of(const Vec3i& size) const {
  const std::lock_guard lock(state_->mutex);
  while (!state_->idle.empty()) {
    std::unique_ptr<Pass> pass = std::move(state_->idle.back());
    state_->idle.pop_back();
    if (pass->size() == size) return pass;
  }
  return std::make_unique<Pass>(state_->layers, state_->kernels, size);
}

void UNetStream::run(std::span<const float> in, const Vec3i& size, bool softmax, std::span<float> out) const {
  const Vec3i& stride = state_->stride;
  for (int k = 0; k < 3; ++k)
    if (size[k] < 1 || size[k] % stride[k] != 0)
      throw Error(Category::runtime, "the U-Net takes sizes that are multiples of " + std::to_string(stride.x) + "," +
                                         std::to_string(stride.y) + "," + std::to_string(stride.z));
  if (static_cast<std::int64_t>(in.size()) != state_->layers.front().out * size.product() ||
      static_cast<std::int64_t>(out.size()) != state_->layers.back().out * size.product())
    throw Error(Category::runtime, "U-Net: input, output and size disagree");
  std::unique_ptr<Pass> pass = pass_of(size);
  pass->run(in, softmax, out);
  const std::lock_guard lock(state_->mutex);
  state_->idle.push_back(std::move(pass));
}

}  // namespace syconn
