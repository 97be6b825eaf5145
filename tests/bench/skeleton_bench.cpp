// SPDX-License-Identifier: GPL-3.0-or-later
// Skeletons of all labels on the grid of stage sso, (2,2,1) voxels in pinky40, so 32 x 32 x 40 nm: Mvx/s of that grid.
#include <map>

#include "bench_input.h"
#include "syconn/algo/skeleton.h"

namespace syconn::bench {
namespace {

struct Sampling {
  Vec3i factor;
  Vec3d size_nm;
};
Sampling sampling(Input input) {
  const Vec3i factor = input == Input::pinky40      ? Vec3i{2, 2, 1}
                       : input == Input::up_sampled ? Vec3i{3, 3, 2}
                                                    : Vec3i{3, 3, 1};
  return {factor, voxel_size_nm(input) * Vec3d(factor)};
}

using CellRuns = std::map<Id, std::vector<syconn::Run>>;

CellRuns sampled_runs(const Volume<Id>& labels, const Vec3i& factor) {
  const Vec3i n = labels.box().size() / factor;
  CellRuns cells;
  for (std::int32_t z = 0; z < n.z; ++z)
    for (std::int32_t y = 0; y < n.y; ++y)
      for (std::int32_t x = 0; x < n.x; ++x) {
        const Id id = labels.view()(x * factor.x, y * factor.y, z * factor.z);
        if (id == kBackground) continue;
        std::vector<syconn::Run>& runs = cells[id];
        if (!runs.empty() && runs.back().z == z && runs.back().y == y && runs.back().end() == x)
          ++runs.back().len;
        else
          runs.push_back({x, y, z, 1});
      }
  return cells;
}

void skeletons(benchmark::State& state, Input input) {
  const Volume<Id>& labels = labels_of(input);
  if (is_missing(state, labels)) return;
  const Sampling grid = sampling(input);
  const CellRuns cells = sampled_runs(labels, grid.factor);
  std::uint64_t voxels = 0, nodes = 0;
  for (auto _ : state) {
    voxels = nodes = 0;
    for (const auto& [id, runs] : cells) {
      nodes += skeletonise(runs, grid.size_nm, voxel_size_nm(input) * 0.5).n_nodes();
      voxels += voxel_count(runs);
    }
  }
  rate(state, static_cast<std::int64_t>(voxels), 0);
  state.counters["cells"] = static_cast<double>(cells.size());
  state.counters["nodes"] = static_cast<double>(nodes);
}

const int kRegistered = [] {
  on_inputs("skeletons", skeletons, false);
  return 0;
}();

}  // namespace
}  // namespace syconn::bench

BENCHMARK_MAIN();
