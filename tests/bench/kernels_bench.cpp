// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels of labels and masks, whole volumes at a time: Mvx/s on one core and on all, each core with its own object.
#include <thread>

#include "bench_input.h"
#include "syconn/algo/edt.h"
#include "syconn/algo/object_properties.h"
#include "syconn/algo/overlap.h"
#include "syconn/algo/pyramid.h"
#include "syconn/algo/watershed.h"

namespace syconn::bench {
namespace {

void properties(benchmark::State& state, Input input) {
  const Volume<Id>& labels = labels_of(input);
  if (is_missing(state, labels)) return;
  VolumeProperties kernel(distance_units(voxel_size_nm(input)));
  for (auto _ : state) benchmark::DoNotOptimize(kernel.run(labels.view()));
  rate(state, labels.box().voxels(), 8);
}

/// Cells with mitochondria, vesicle clouds and junctions: the four volumes' properties and the three overlaps.
void cells_and_organelles(benchmark::State& state) {
  const PhantomVolumes& p = phantom();
  VolumeProperties kernel(distance_units(voxel_size_nm(Input::phantom)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernel.run(p.sv.view()));
    for (const Volume<Id>* organelle : {&p.mi, &p.vc, &p.sj}) {
      benchmark::DoNotOptimize(kernel.run(organelle->view()));
      benchmark::DoNotOptimize(count_overlaps(p.sv.view(), organelle->view()));
    }
  }
  rate(state, p.sv.box().voxels(), 4 * 8);
}

void components(benchmark::State& state, Input input) {
  const Volume<Id>& labels = labels_of(input);
  if (is_missing(state, labels)) return;
  Volume<std::uint32_t> out(labels.box());
  for (auto _ : state) benchmark::DoNotOptimize(label_components(labels.view(), out.view(), Connectivity::corner26));
  rate(state, labels.box().voxels(), 8 + 4);
}

void distances(benchmark::State& state, Input input) {
  const Volume<Id>& labels = labels_of(input);
  if (is_missing(state, labels)) return;
  Volume<std::uint32_t> dense(labels.box()), out(labels.box());
  label_components(labels.view(), dense.view());
  const Volume<std::uint32_t>& in = dense;
  const EdtScale scale = EdtScale::of(voxel_size_nm(input), 1000);
  for (auto _ : state) squared_edt(in.view(), in.box(), scale, out.view());
  rate(state, labels.box().voxels(), 4 + 4);
}

void pyramid(benchmark::State& state, Input input) {
  const Volume<Id>& labels = labels_of(input);
  if (is_missing(state, labels)) return;
  Volume<Id> half(Box3::of_size(labels.box().size() / 2));
  for (auto _ : state) halve_labels(labels.view(), Vec3i(2), half.view());
  rate(state, labels.box().voxels(), 8 + 1);
}

const int kRegistered = [] {
  on_inputs("properties", properties);
  on_inputs("components26", components);
  on_inputs("edt_labels", distances);
  on_inputs("pyramid_labels", pyramid);
  benchmark::RegisterBenchmark("cells_and_organelles/phantom", cells_and_organelles)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime()
      ->Threads(1)
      ->Threads(static_cast<int>(std::thread::hardware_concurrency()));
  return 0;
}();

}  // namespace
}  // namespace syconn::bench

BENCHMARK_MAIN();
