// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_input.h"

#include <thread>

#include "algo/h5_input.h"
#include "syconn/core/cpu.h"
#include "syconn/core/run_stats.h"

namespace syconn::bench {
namespace {

Volume<Id> read_pinky40() {
  const auto file = testing_input::data_folder() / "pinky40" / "seg.h5";
  return std::filesystem::exists(file) ? testing_input::read_zyx<Id>(file, "seg") : Volume<Id>();
}

/// SYCONN_CPU, as the program reads it.
const bool kLimited = [] {
  const char* set = std::getenv("SYCONN_CPU");
  if (set != nullptr) limit_cpu_level(set);
  return set != nullptr;
}();

PhantomVolumes make_phantom() {
  PhantomParams params = phantom_params();
  params.seed = 1;
  params.box_nm = {2560, 2560, 6400};
  const PhantomModel model = make_phantom_model(params);
  PhantomVolumes volumes;
  const Box3 box = phantom_box(params);
  PhantomRenderer(model).render(Box3::of_size(min(box.size(), Vec3i(256))),
                                kPhantomSv | kPhantomSj | kPhantomMi | kPhantomVc, volumes,
                                static_cast<int>(std::thread::hardware_concurrency()));
  return volumes;
}

}  // namespace

const PhantomVolumes& phantom() {
  static const PhantomVolumes volumes = make_phantom();
  return volumes;
}

const Volume<Id>& labels_of(Input input) {
  static const Volume<Id> real = read_pinky40();
  if (input == Input::pinky40) return real;
  if (input == Input::phantom) return phantom().sv;
  static const Volume<Id> up =
      real.count() == 0 ? Volume<Id>() : testing_input::up_sampled(real, {{510, 255, 384}, {766, 511, 640}});
  return up;
}

Vec3d voxel_size_nm(Input input) {
  if (input == Input::pinky40) return {16, 16, 40};
  return input == Input::up_sampled ? Vec3d{10.7, 10.7, 20} : Vec3d{10, 10, 25};
}

bool is_missing(benchmark::State& state, const Volume<Id>& labels) {
  if (labels.count() > 0) return false;
  state.SkipWithError("pinky40/seg.h5 is not there (SYCONN_DATA_DIR)");
  return true;
}

void rate(benchmark::State& state, std::int64_t voxels, double bytes_per_vx) {
  state.counters["Mvx/s"] = benchmark::Counter(static_cast<double>(voxels) * 1e-6 / state.threads(),
                                               benchmark::Counter::kIsIterationInvariantRate);
  state.counters["bytes_per_vx"] = benchmark::Counter(bytes_per_vx, benchmark::Counter::kAvgThreads);
  state.counters["peak_MB"] =
      benchmark::Counter(static_cast<double>(peak_rss_bytes()) * 1e-6, benchmark::Counter::kAvgThreads);
}

void on_inputs(const std::string& name, void (*kernel)(benchmark::State&, Input), bool threads) {
  constexpr std::pair<const char*, Input> kInputs[] = {
      {"pinky40", Input::pinky40}, {"up_sampled", Input::up_sampled}, {"phantom", Input::phantom}};
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  for (const auto& [word, input] : kInputs) {
    auto* const bench = benchmark::RegisterBenchmark((name + "/" + word).c_str(), kernel, input);
    bench->Unit(benchmark::kMillisecond)->UseRealTime();
    if (threads && cores > 1) bench->Threads(1)->Threads(cores);
  }
}

}  // namespace syconn::bench
