// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and writing volumes, Mvx/s: `volume_bench [--benchmark_filter=…]`; real data through SYCONN_DATA_DIR.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>

#include "syconn/core/chunk_grid.h"
#include "syconn/core/files.h"
#include "syconn/core/parallel.h"
#include "syconn/io/volume_reader.h"
#include "syconn/io/volume_writer.h"

namespace {

using namespace syconn;

fs::path pinky40() {
  const char* set = std::getenv("SYCONN_DATA_DIR");
  return (set != nullptr ? fs::path(set) : fs::path("../shared/data")) / "pinky40/seg.h5";
}

void rate(benchmark::State& state, std::int64_t voxels) {
  state.counters["Mvx/s"] =
      benchmark::Counter(static_cast<double>(voxels) * 1e-6, benchmark::Counter::kIsIterationInvariantRate);
}

/// All of a volume in chunks of `edge`, on `threads` threads.
void read_all(const VolumeReader& volume, std::int64_t edge, int threads) {
  const ChunkGrid grid(volume.info().box(), Vec3i(edge));
  parallel_for(grid.count(), threads, [&](std::int64_t i) {
    thread_local Volume<Id> labels;
    labels.reshape(grid.chunk_box(i));
    volume.read_labels(labels.view());
    benchmark::DoNotOptimize(labels.data());
  });
}

void read_pinky40(benchmark::State& state) {
  if (!fs::exists(pinky40())) return state.SkipWithError("pinky40 is not there (SYCONN_DATA_DIR)");
  for (auto _ : state) read_all(*open_volume(pinky40(), ""), state.range(0), static_cast<int>(state.range(1)));
  rate(state, open_volume(pinky40(), "")->info().size.product());
}
BENCHMARK(read_pinky40)
    ->ArgNames({"edge", "threads"})
    ->ArgsProduct({{128, 256}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// pinky40's labels as a derived volume in 256³ chunks.
class Derived {
 public:
  Derived() : folder_(fs::temp_directory_path() / ("syconn_volume_bench." + std::to_string(::getpid()))) {
    const auto source = open_volume(pinky40(), "");
    grid_ = ChunkGrid(source->info().box(), Vec3i(256));
    for (std::int64_t i = 0; i < grid_.count(); ++i) chunks_.push_back(source->read_labels(grid_.chunk_box(i)));
    make_folder(folder_ / "seg");
  }
  ~Derived() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void write(int threads) const {
    std::vector<VolumePart> parts(chunks_.size());
    parallel_for(grid_.count(), threads, [&](std::int64_t i) {
      VolumePart& part = parts[static_cast<std::size_t>(i)];
      part = {grid_.chunk_box(i), volume_chunk_file("seg", grid_.chunk_box(i))};
      write_volume_chunk(folder_ / part.file, "seg", chunks_[static_cast<std::size_t>(i)].view(), {});
    });
    finish_volume(folder_, "seg", parts, {});
  }
  fs::path manifest() const { return folder_ / "seg.json"; }
  std::int64_t voxels() const { return grid_.box().voxels(); }

 private:
  fs::path folder_;
  ChunkGrid grid_;
  std::vector<Volume<Id>> chunks_;
};

const Derived& derived() {
  static const Derived volume;
  return volume;
}

void write_derived(benchmark::State& state) {
  if (!fs::exists(pinky40())) return state.SkipWithError("pinky40 is not there (SYCONN_DATA_DIR)");
  derived();
  for (auto _ : state) derived().write(static_cast<int>(state.range(0)));
  rate(state, derived().voxels());
}
BENCHMARK(write_derived)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void read_derived(benchmark::State& state) {
  if (!fs::exists(pinky40())) return state.SkipWithError("pinky40 is not there (SYCONN_DATA_DIR)");
  derived().write(2);
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const auto volume = open_volume(derived().manifest(), "");
    bytes = volume->info().stored_bytes;
    read_all(*volume, state.range(0), static_cast<int>(state.range(1)));
  }
  rate(state, derived().voxels());
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(read_derived)
    ->ArgNames({"edge", "threads"})
    ->ArgsProduct({{128, 256}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
