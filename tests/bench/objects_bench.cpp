// SPDX-License-Identifier: GPL-3.0-or-later
// What is done with masks and runs of objects: the organelle sequence of stage watershed, agglomeration and meshes of
// synapses. One core.
#include <algorithm>
#include <chrono>
#include <map>

#include "bench_input.h"
#include "syconn/algo/agglomeration.h"
#include "syconn/algo/edt.h"
#include "syconn/algo/morphology.h"
#include "syconn/algo/poisson_mesh.h"
#include "syconn/algo/run_components.h"
#include "syconn/algo/watershed.h"

namespace syconn::bench {
namespace {

/// A map of organelles as a mask, 10 % of the voxels or what comes nearest: mitochondria and vesicle clouds.
Volume<std::uint8_t> organelle_mask() {
  const PhantomVolumes& p = phantom();
  Volume<std::uint8_t> mask(p.mi.box());
  for (std::size_t i = 0; i < mask.count(); ++i) mask.data()[i] = p.mi.data()[i] != 0 || p.vc.data()[i] != 0;
  return mask;
}

/// Opening, closing, seeds by three erosions, components, distances inside, flood from the seeds: as the paper's
/// mitochondria.
void organelle_sequence(benchmark::State& state) {
  using enum MorphologyOp;
  const std::vector<MorphologyOp> clean{opening, closing}, seeding{erosion, erosion, erosion};
  const Vec3d size = voxel_size_nm(Input::phantom);
  const int element = morphology_element(size);
  const EdtScale scale = EdtScale::of(size, 1000);
  const Volume<std::uint8_t> given = organelle_mask();
  const Box3 box = given.box();
  Volume<std::uint8_t> mask, seeds;
  Volume<std::uint32_t> squared(box), level(box), labels(box);
  Morphology morphology;
  Watershed watershed;
  std::uint32_t n = 0;
  for (auto _ : state) {
    mask = given;
    morphology.apply(clean, element, mask.view());
    seeds = mask;
    morphology.apply(seeding, element, seeds.view());
    n = label_components(std::as_const(seeds).view(), labels.view());
    const auto inside = std::as_const(mask).view();
    squared_edt(inside, box, scale, squared.view());
    levels_of_distances(std::as_const(squared).view(), inside, level.view());
    watershed.run(std::as_const(level).view(), inside, labels.view());
  }
  rate(state, box.voxels(), 1);
  state.counters["objects"] = n;
  state.counters["foreground"] = static_cast<double>(std::count(given.data(), given.data() + given.count(), 1)) /
                                 static_cast<double>(given.count());
}
BENCHMARK(organelle_sequence)->Name("organelle_sequence/phantom")->Unit(benchmark::kMillisecond)->UseRealTime();

/// Junctions of the phantom as runs, those of at least 100 voxels.
const std::vector<std::vector<Run>>& junctions() {
  static const std::vector<std::vector<Run>> list = [] {
    const Volume<Id>& sj = phantom().sj;
    std::map<Id, std::vector<Run>> runs;
    const Vec3i size = sj.box().size();
    for (std::int32_t z = 0; z < size.z; ++z)
      for (std::int32_t y = 0; y < size.y; ++y) {
        const Id* row = sj.view().row(y, z);
        for (std::int32_t x = 0, end; x < size.x; x = end) {
          for (end = x + 1; end < size.x && row[end] == row[x];) ++end;
          if (row[x] != kBackground) runs[row[x]].push_back({x, y, z, end - x});
        }
      }
    std::vector<std::vector<Run>> found;
    for (auto& [id, r] : runs)
      if (voxel_count(r) >= 100) found.push_back(std::move(r));
    return found;
  }();
  return list;
}

void synapse_meshes(benchmark::State& state) {
  const auto& list = junctions();
  std::size_t poisson = 0;
  std::vector<double> ms;
  for (auto _ : state)
    for (const std::vector<Run>& runs : list) {
      const auto start = std::chrono::steady_clock::now();
      poisson += synapse_mesh(runs, voxel_size_nm(Input::phantom)).method == MeshMethod::poisson;
      ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
  std::nth_element(ms.begin(), ms.begin() + static_cast<std::ptrdiff_t>(ms.size() / 2), ms.end());
  state.counters["ms_median"] = ms[ms.size() / 2];
  state.counters["synapses"] = static_cast<double>(list.size());
  state.counters["poisson"] = static_cast<double>(poisson) / static_cast<double>(ms.size());
}
BENCHMARK(synapse_meshes)->Name("synapse_meshes/phantom")->Unit(benchmark::kMillisecond)->UseRealTime();

/// All junctions as fragments of one pair of cells, the dearest case: many fragments within reach of each other.
void agglomeration(benchmark::State& state) {
  std::vector<std::span<const Run>> fragments;
  std::uint64_t voxels = 0;
  for (const std::vector<Run>& runs : junctions()) fragments.emplace_back(runs), voxels += voxel_count(runs);
  std::size_t n = 0;
  for (auto _ : state) n = agglomerate(fragments, voxel_size_nm(Input::phantom)).size();
  rate(state, static_cast<std::int64_t>(voxels), 0);
  state.counters["fragments"] = static_cast<double>(fragments.size());
  state.counters["synapses"] = static_cast<double>(n);
}
BENCHMARK(agglomeration)->Name("agglomeration/phantom")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace syconn::bench

BENCHMARK_MAIN();
