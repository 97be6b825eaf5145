// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of whole-cell skeletons, one core: grid Mvx/s over all labels of pinky40 at (2,2,1), 32x32x40 nm.
#include <benchmark/benchmark.h>

#include <map>

#include "algo/h5_input.h"
#include "syconn/algo/skeleton.h"
#include "syconn/core/run_stats.h"

namespace syconn {
namespace {

using CellRuns = std::map<std::uint64_t, std::vector<syconn::Run>>;

CellRuns load() {
  const auto path = testing_input::data_folder() / "pinky40" / "seg.h5";
  if (!std::filesystem::exists(path)) return {};
  const Volume<std::uint64_t> labels = testing_input::read_zyx<std::uint64_t>(path, "seg");
  const Vec3i size = labels.box().size();
  CellRuns cells;
  for (std::int32_t z = 0; z < size.z; ++z)
    for (std::int32_t y = 0; y < size.y / 2; ++y)
      for (std::int32_t x = 0; x < size.x / 2; ++x) {
        const std::uint64_t id = labels.at({2 * x, 2 * y, z});
        if (id == 0) continue;
        std::vector<syconn::Run>& runs = cells[id];
        if (!runs.empty() && runs.back().z == z && runs.back().y == y && runs.back().end() == x)
          ++runs.back().len;
        else
          runs.push_back({x, y, z, 1});
      }
  return cells;
}

void pinky40(benchmark::State& state) {
  const CellRuns cells = load();
  if (cells.empty()) return state.SkipWithError("pinky40/seg.h5 not found; set SYCONN_DATA_DIR");
  double voxels = 0, nodes = 0;
  for (auto _ : state) {
    voxels = nodes = 0;
    for (const auto& [id, runs] : cells) {
      const Skeleton s = skeletonise(runs, {32, 32, 40}, {8, 8, 20});
      voxels += static_cast<double>(voxel_count(runs)), nodes += static_cast<double>(s.n_nodes());
    }
  }
  state.counters["Mvx/s"] = benchmark::Counter(voxels * 1e-6, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["Mvx"] = voxels * 1e-6;
  state.counters["cells"] = static_cast<double>(cells.size());
  state.counters["nodes"] = nodes;
  state.counters["peak_MB"] = static_cast<double>(peak_rss_bytes()) * 1e-6;
}
BENCHMARK(pinky40)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace syconn

BENCHMARK_MAIN();
