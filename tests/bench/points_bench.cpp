// SPDX-License-Identifier: GPL-3.0-or-later
// Support points of the networks on one core: a 50,000-point tube of branches, 20 µm wide.
#include <benchmark/benchmark.h>

#include <cmath>

#include "syconn/algo/point_sampling.h"

namespace syconn {
namespace {

std::vector<Vec3f> tubes(int n) {
  Rng rng(1);
  std::vector<Vec3f> points;
  for (int i = 0; i < n; ++i) {
    Rng tube(2, rng.below(12));
    const Vec3d axis = tube.direction(), side = cross(axis, tube.direction()), third = cross(axis, side);
    const double length = std::sqrt(side.dot(side)), along = rng.uniform(0, 20000), turn = rng.uniform(0, 6.283);
    points.emplace_back(axis * along + (side * std::cos(turn) + third * std::sin(turn)) * (300 / length));
  }
  return points;
}

void heuristic(benchmark::State& state) {
  const std::vector<Vec3f> points = tubes(50000);
  for (auto _ : state) {
    Rng rng(7);
    benchmark::DoNotOptimize(pick_least_used(PointGrid(points, 32), 4096, 32, rng));
  }
}
void quantised(benchmark::State& state) {
  const std::vector<Vec3f> points = tubes(50000);
  for (auto _ : state) {
    Rng rng(7);
    benchmark::DoNotOptimize(pick_quantised(PointGrid(points, 32), 4096, 32, rng));
  }
}
void grid_only(benchmark::State& state) {
  const std::vector<Vec3f> points = tubes(50000);
  for (auto _ : state) benchmark::DoNotOptimize(PointGrid(points, 32));
}
BENCHMARK(heuristic)->Unit(benchmark::kMillisecond);
BENCHMARK(quantised)->Unit(benchmark::kMillisecond);
BENCHMARK(grid_only)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace syconn

BENCHMARK_MAIN();
