// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes of all labels: marching cubes, and simplification to an error of 40 and 80 nm. Voxels are those of full
// resolution.
#include "bench_input.h"
#include "syconn/algo/marching.h"
#include "syconn/algo/simplify.h"

namespace syconn::bench {
namespace {

MeshLattice lattice(Input input) { return {labels_of(input).box(), voxel_size_nm(input), {4, 4, 2}}; }

void march(benchmark::State& state, Input input) {
  const Volume<Id>& labels = labels_of(input);
  if (is_missing(state, labels)) return;
  LabelMarcher marcher;
  LabelSurfaces out;
  for (auto _ : state) marcher.run(labels.view(), labels.box(), lattice(input), out);
  rate(state, labels.box().voxels(), 8.0 / 32);
}

/// Triangles before and after.
std::pair<std::size_t, std::size_t> simplify_all(const LabelSurfaces& surfaces, const MeshLattice& on, double error_nm,
                                                 MeshSimplifier& simplifier) {
  std::size_t before = 0, after = 0;
  std::vector<VertexKey> keys;
  for (std::size_t k = 0; k < surfaces.ids.size(); ++k) {
    SimplifyMesh mesh;
    weld_cells(surfaces.of(k), keys, mesh.faces);
    const Vec3f origin = on.position_nm(keys[0]);
    for (const VertexKey key : keys) mesh.vertices_nm.push_back(on.position_nm(key) - origin);
    before += mesh.faces.size() / 3;
    simplifier.run(mesh, {error_nm, 50, false});
    after += mesh.faces.size() / 3;
  }
  return {before, after};
}

template <int kError>
void march_and_simplify(benchmark::State& state, Input input) {
  const Volume<Id>& labels = labels_of(input);
  if (is_missing(state, labels)) return;
  LabelMarcher marcher;
  LabelSurfaces surfaces;
  MeshSimplifier simplifier;
  std::pair<std::size_t, std::size_t> faces;
  for (auto _ : state) {
    marcher.run(labels.view(), labels.box(), lattice(input), surfaces);
    faces = simplify_all(surfaces, lattice(input), kError, simplifier);
  }
  rate(state, labels.box().voxels(), 8.0 / 32);
  state.counters["Mtri/s"] =
      benchmark::Counter(static_cast<double>(faces.first) * 1e-6, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["reduction"] = static_cast<double>(faces.first) / static_cast<double>(faces.second);
}

const int kRegistered = [] {
  on_inputs("march", march);
  on_inputs("march_simplify_40nm", march_and_simplify<40>, false);
  on_inputs("march_simplify_80nm", march_and_simplify<80>, false);
  return 0;
}();

}  // namespace
}  // namespace syconn::bench

BENCHMARK_MAIN();
