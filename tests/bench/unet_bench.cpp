// SPDX-License-Identifier: GPL-3.0-or-later
// Tiles of U-Nets on one core: GFLOP/s of their convolutions per CPU second beside what the machine's linear algebra
// reaches on large square matrices, and voxels a second; steps of their training with and without the faster layers.
#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <ctime>

#include "support/temp_folder.h"
#include "syconn/core/rng.h"
#include "syconn/nn/room.h"

namespace syconn {
namespace {

double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::vector<float> random_values(std::size_t n) {
  std::vector<float> values(n);
  Rng rng(1);
  for (float& v : values) v = static_cast<float>(rng.uniform());
  return values;
}

/// Multiplications and additions of the convolutions, for one input of `size`.
double flop(const UNetConfig& config, Vec3i size) {
  double sum = 0;
  for (const UNetOp& op : unet_ops(config)) {
    const double maps = 2.0 * op.in * op.out;
    if (op.kind == UNetOp::Kind::conv) sum += maps * static_cast<double>(op.size.product() * size.product());
    if (op.kind == UNetOp::Kind::pool) size = size / op.size;
    if (op.kind == UNetOp::Kind::up_conv || op.kind == UNetOp::Kind::resize) size = size * op.size;
    if (op.kind == UNetOp::Kind::up_conv) sum += maps * static_cast<double>(size.product());
  }
  return sum;
}

/// GFLOP/s of the BLAS that LibTorch uses, single precision, on one core; 0 if it cannot be called.
class Sgemm {
 public:
  Sgemm() : a_(random_values(kN * kN)), b_(random_values(kN * kN)), c_(kN * kN) {
    nn_room();
    void* library = dlopen(blas_library().c_str(), RTLD_NOW);
    if (library == nullptr) return;
    call_ = reinterpret_cast<Call*>(dlsym(library, "sgemm_"));
    const auto set_threads = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"));
    if (set_threads != nullptr) set_threads(1);
  }

  double gflops() {
    if (call_ == nullptr) return 0;
    const int n = kN;
    const float one = 1, zero = 0;
    const double start = cpu_s();
    for (int i = 0; i < 4; ++i) call_("N", "N", &n, &n, &n, &one, a_.data(), &n, b_.data(), &n, &zero, c_.data(), &n);
    return 8e-9 * n * n * n / (cpu_s() - start);
  }

 private:
  using Call = void(const char*, const char*, const int*, const int*, const int*, const float*, const float*,
                    const int*, const float*, const int*, const float*, float*, const int*);
  static constexpr int kN = 1024;
  Call* call_ = nullptr;
  std::vector<float> a_, b_, c_;
};

UNetConfig net_of(int filters) {
  UNetConfig c;
  c.classes = 4, c.blocks = 3, c.start_filters = filters, c.planar = {0};
  return c;
}

template <class Fn>
double best_of(benchmark::State& state, const Fn& fn) {
  double best = 1e9;
  for (auto _ : state) {
    const double start = cpu_s();
    fn();
    best = std::min(best, cpu_s() - start);
  }
  return best;
}

/// The network, LibTorch's layers for it and matrix products in turns: they share the machine with the same others.
void compare(benchmark::State& state, const fs::path& archive, const ModelCard& card, const Vec3i& size) {
  const auto network = nn_room().load(archive, card, {.device = "cpu"});
  const auto library = nn_room().load(archive, card, {.device = "cpu", .library_layers = true});
  const std::vector<float> in = random_values(static_cast<std::size_t>(size.product()));
  std::vector<float> out(in.size() * card.classes.size());
  double ours = 1e9, theirs = 1e9, peak = 0;
  Sgemm sgemm;
  for (auto _ : state) {
    for (int i = 0; i < 3; ++i) {
      peak = std::max(peak, sgemm.gflops());
      double start = cpu_s();
      network->run(in, size, out);
      ours = std::min(ours, cpu_s() - start);
    }
    const double start = cpu_s();
    library->run(in, size, out);
    theirs = std::min(theirs, cpu_s() - start);
  }
  const double gflop = flop(*card.unet, size) / 1e9;
  state.counters["GFLOP/s"] = gflop / ours;
  state.counters["library_GFLOP/s"] = gflop / theirs;
  state.counters["sgemm_GFLOP/s"] = peak;
  state.counters["share"] = peak > 0 ? gflop / ours / peak : 0;
  state.counters["Mvx/s"] = static_cast<double>(size.product()) / ours / 1e6;
  state.SetLabel(nn_room().description() + ", 1 thread");
}

void tile(benchmark::State& state, const UNetConfig& config, const Vec3i& size) {
  if (!nn_room_is_built()) return state.SkipWithError("built without LibTorch");
  const test::TempFolder folder;
  ModelCard card;
  card.unet = config, card.tile_vx = size, card.halo_vx = Vec3i(0), card.stride_vx = unet_stride(config);
  for (int c = 0; c < config.classes; ++c) card.classes.push_back("class" + std::to_string(c));
  nn_room().unet_trainer(config, {}, {.device = "cpu"}, 1)->export_model(folder / "m.pt", card);
  compare(state, folder / "m.pt", card, size);
}

void shipped(benchmark::State& state, const std::string& name) {
  if (!nn_room_is_built()) return state.SkipWithError("built without LibTorch");
  const fs::path archive = fs::path(SYCONN_SOURCE_DIR) / "models" / name / "model.pt";
  const ModelCard card = read_model_card(archive);
  compare(state, archive, card, card.input_vx());
}

void tile_8_filters(benchmark::State& s) { tile(s, net_of(8), {176, 176, 84}); }
void tile_16_filters(benchmark::State& s) { tile(s, net_of(16), {176, 176, 84}); }
void tile_32_filters(benchmark::State& s) { tile(s, net_of(32), {128, 128, 48}); }
void tile_myelin_of_the_paper(benchmark::State& s) { tile(s, myelin_unet(), {128, 128, 48}); }
void tile_of_mitochondria(benchmark::State& s) { shipped(s, "mitochondria"); }
void tile_of_myelin(benchmark::State& s) { shipped(s, "myelin"); }
BENCHMARK(tile_8_filters)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(tile_16_filters)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(tile_32_filters)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(tile_myelin_of_the_paper)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(tile_of_mitochondria)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(tile_of_myelin)->Unit(benchmark::kMillisecond)->Iterations(4);

void step(benchmark::State& state) {
  if (!nn_room_is_built()) return state.SkipWithError("built without LibTorch");
  TrainOptions options;
  options.library_layers = state.range(1) == 1;
  const Vec3i size{64, 64, 24};
  const auto net = nn_room().unet_trainer(net_of(static_cast<int>(state.range(0))), options, {.device = "cpu"}, 1);
  const std::vector<float> images = random_values(static_cast<std::size_t>(2 * size.product()));
  std::vector<std::uint8_t> labels(images.size());
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::uint8_t>(images[i] * 3.99F);
  net->step(2, images, labels, size);
  const double seconds = best_of(state, [&] { net->step(2, images, labels, size); });
  state.counters["cpu_s_per_step"] = seconds;
  state.counters["kvx/s"] = static_cast<double>(images.size()) / seconds / 1e3;
  state.SetLabel(options.library_layers ? "LibTorch's layers" : "faster layers");
}
BENCHMARK(step)->ArgsProduct({{8, 16}, {0, 1}})->Unit(benchmark::kMillisecond)->Iterations(6);

}  // namespace
}  // namespace syconn

BENCHMARK_MAIN();
