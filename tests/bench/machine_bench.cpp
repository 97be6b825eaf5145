// SPDX-License-Identifier: GPL-3.0-or-later
// What one core of this machine can do at most: tests/bench/run sets the kernels beside it.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <vector>

namespace {

constexpr std::size_t kBytes = std::size_t{1} << 28;

std::vector<std::uint64_t>& buffer() {
  static std::vector<std::uint64_t> values(kBytes / 8, 1);
  return values;
}

void set_rate(benchmark::State& state, std::size_t bytes) {
  state.counters["GB/s"] =
      benchmark::Counter(static_cast<double>(bytes) * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void read_memory(benchmark::State& state) {
  for (auto _ : state) {
    std::uint64_t sums[8] = {};
    const std::vector<std::uint64_t>& values = buffer();
    for (std::size_t i = 0; i < values.size(); i += 8)
      for (std::size_t k = 0; k < 8; ++k) sums[k] += values[i + k];
    benchmark::DoNotOptimize(std::accumulate(sums, sums + 8, std::uint64_t{0}));
  }
  set_rate(state, kBytes);
}
BENCHMARK(read_memory)->Unit(benchmark::kMillisecond);

void copy_memory(benchmark::State& state) {
  char* const half = reinterpret_cast<char*>(buffer().data());
  for (auto _ : state) {
    std::memcpy(half, half + kBytes / 2, kBytes / 2);
    benchmark::ClobberMemory();
  }
  set_rate(state, kBytes / 2);
}
BENCHMARK(copy_memory)->Unit(benchmark::kMillisecond);

void touch_fresh_pages(benchmark::State& state) {
  for (auto _ : state) {
    const std::unique_ptr<char, decltype(&std::free)> fresh(static_cast<char*>(std::malloc(kBytes)), &std::free);
    for (std::size_t i = 0; i < kBytes; i += 4096) fresh.get()[i] = 1;
    benchmark::ClobberMemory();
  }
  set_rate(state, kBytes);
}
BENCHMARK(touch_fresh_pages)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
