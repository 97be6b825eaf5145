// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of meshing on one core: full-resolution Mvx/s of marching cubes, Mtri/s of simplification.
#include <benchmark/benchmark.h>

#include "algo/h5_input.h"
#include "syconn/algo/marching.h"
#include "syconn/algo/simplify.h"

namespace syconn {
namespace {

const Volume<Id>& pinky40() {
  static const Volume<Id> labels = [] {
    const auto path = testing_input::data_folder() / "pinky40" / "seg.h5";
    return std::filesystem::exists(path) ? testing_input::read_zyx<Id>(path, "seg") : Volume<Id>();
  }();
  return labels;
}

MeshLattice lattice() { return {pinky40().box(), {16, 16, 40}, {4, 4, 2}}; }

void march(benchmark::State& state) {
  if (pinky40().count() == 0) return state.SkipWithError("pinky40/seg.h5 not found; set SYCONN_DATA_DIR");
  LabelMarcher marcher;
  LabelSurfaces out;
  for (auto _ : state) marcher.run(pinky40().view(), pinky40().box(), lattice(), out);
  state.counters["Mvx/s"] =
      benchmark::Counter(static_cast<double>(pinky40().count()) * 1e-6, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["Mcells"] = static_cast<double>(out.cells.size()) * 1e-6;
}

void simplify_all(benchmark::State& state) {
  if (pinky40().count() == 0) return state.SkipWithError("pinky40/seg.h5 not found; set SYCONN_DATA_DIR");
  LabelSurfaces surfaces;
  LabelMarcher().run(pinky40().view(), pinky40().box(), lattice(), surfaces);
  MeshSimplifier simplifier;
  std::vector<VertexKey> keys;
  std::size_t before = 0, after = 0;
  for (auto _ : state) {
    before = after = 0;
    for (std::size_t k = 0; k < surfaces.ids.size(); ++k) {
      SimplifyMesh mesh;
      weld_cells(surfaces.of(k), keys, mesh.faces);
      const Vec3f origin = lattice().position_nm(keys[0]);
      for (const VertexKey key : keys) mesh.vertices_nm.push_back(lattice().position_nm(key) - origin);
      before += mesh.faces.size() / 3;
      simplifier.run(mesh, {static_cast<double>(state.range(0)), 50, false});
      after += mesh.faces.size() / 3;
    }
  }
  state.counters["Mtri/s"] =
      benchmark::Counter(static_cast<double>(before) * 1e-6, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["Mtri"] = static_cast<double>(before) * 1e-6;
  state.counters["reduction"] = static_cast<double>(before) / static_cast<double>(after);
}

BENCHMARK(march)->Unit(benchmark::kMillisecond);
BENCHMARK(simplify_all)->Arg(40)->Arg(80)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace syconn

BENCHMARK_MAIN();
