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
double sgemm_gflops() {
  using Sgemm = void(const char*, const char*, const int*, const int*, const int*, const float*, const float*,
                     const int*, const float*, const int*, const float*, float*, const int*);
  nn_room();
  void* library = dlopen(blas_library().c_str(), RTLD_NOW);
  if (library == nullptr) return 0;
  const auto sgemm = reinterpret_cast<Sgemm*>(dlsym(library, "sgemm_"));
  const auto set_threads = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"));
  if (sgemm == nullptr) return 0;
  if (set_threads != nullptr) set_threads(1);
  const int n = 1024;
  const float one = 1, zero = 0;
  const std::vector<float> a = random_values(n * n), b = random_values(n * n);
  std::vector<float> c(n * n);
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    const double start = cpu_s();
    sgemm("N", "N", &n, &n, &n, &one, a.data(), &n, b.data(), &n, &zero, c.data(), &n);
    best = std::min(best, cpu_s() - start);
  }
  return 2e-9 * n * n * n / best;
}

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

void tile(benchmark::State& state, const UNetConfig& config, const Vec3i& size) {
  if (!nn_room_is_built()) return state.SkipWithError("built without LibTorch");
  const test::TempFolder folder;
  ModelCard card;
  card.unet = config, card.tile_vx = size, card.halo_vx = Vec3i(0), card.stride_vx = unet_stride(config);
  for (int c = 0; c < config.classes; ++c) card.classes.push_back("class" + std::to_string(c));
  nn_room().unet_trainer(config, {}, {.device = "cpu"}, 1)->export_model(folder / "m.pt", card);
  const auto network = nn_room().load(folder / "m.pt", card, {.device = "cpu"});
  const std::vector<float> in = random_values(static_cast<std::size_t>(size.product()));
  std::vector<float> out(in.size() * card.classes.size());
  network->run(in, size, out);
  const double seconds = best_of(state, [&] { network->run(in, size, out); }), peak = sgemm_gflops();
  state.counters["GFLOP/s"] = flop(config, size) / seconds / 1e9;
  state.counters["sgemm_GFLOP/s"] = peak;
  state.counters["share"] = peak > 0 ? flop(config, size) / seconds / 1e9 / peak : 0;
  state.counters["Mvx/s"] = static_cast<double>(size.product()) / seconds / 1e6;
  state.SetLabel(nn_room().description() + ", 1 thread");
}

void tile_8_filters(benchmark::State& s) { tile(s, net_of(8), {176, 176, 84}); }
void tile_16_filters(benchmark::State& s) { tile(s, net_of(16), {176, 176, 84}); }
void tile_32_filters(benchmark::State& s) { tile(s, net_of(32), {128, 128, 48}); }
void tile_myelin_of_the_paper(benchmark::State& s) { tile(s, myelin_unet(), {128, 128, 48}); }
BENCHMARK(tile_8_filters)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(tile_16_filters)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(tile_32_filters)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(tile_myelin_of_the_paper)->Unit(benchmark::kMillisecond)->Iterations(4);

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
