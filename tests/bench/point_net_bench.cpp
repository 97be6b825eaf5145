// SPDX-License-Identifier: GPL-3.0-or-later
// Networks of points on one core, with given neighbours: CPU seconds a sample, and which linear algebra ran.
#include <benchmark/benchmark.h>

#include <ctime>

#include "nn/point_samples.h"

namespace syconn {
namespace {

double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void measure(benchmark::State& state, const PointNetConfig& config, int points, bool training) {
  if (!nn_room_is_built()) return state.SkipWithError("built without LibTorch");
  const auto net = nn_room().point_trainer(config, {}, {.device = "cpu", .threads = 1}, 1);
  const PointPyramid sample = test::random_pyramid(config, points, 1, false);
  const auto features = test::random_values(static_cast<std::size_t>(points * config.inputs), 2);
  const PointBatch batch{{&sample, 1}, features};
  const std::vector<std::uint8_t> labels(config.head == "points" ? static_cast<std::size_t>(points) : 1U, 1);
  double best = 1e9;
  for (auto _ : state) {
    const double start = cpu_s();
    if (training) {
      net->accumulate(batch, labels);
      net->update();
    } else {
      benchmark::DoNotOptimize(net->outputs(batch));
    }
    best = std::min(best, cpu_s() - start);
  }
  state.counters["cpu_s_per_sample"] = best;
  state.SetLabel(nn_room().description() + ", 1 thread");
}

void segmentation(benchmark::State& s) {
  measure(s, segmentation_net(4, 3, 15'000), static_cast<int>(s.range(0)), false);
}
void segmentation_step(benchmark::State& s) {
  measure(s, segmentation_net(4, 3, 15'000), static_cast<int>(s.range(0)), true);
}
void cell_type(benchmark::State& s) { measure(s, cell_type_net(6, 11), 50'000, false); }
void cell_type_step(benchmark::State& s) { measure(s, cell_type_net(6, 11), 50'000, true); }
BENCHMARK(segmentation)->Arg(4096)->Arg(15'000)->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK(segmentation_step)->Arg(4096)->Arg(15'000)->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK(cell_type)->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK(cell_type_step)->Unit(benchmark::kMillisecond)->MinTime(2);

}  // namespace
}  // namespace syconn

BENCHMARK_MAIN();
