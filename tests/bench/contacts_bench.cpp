// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the contact step, one core: Mvx/s of the write box and the peak memory of the process.
#include <benchmark/benchmark.h>

#include "algo/h5_input.h"
#include "syconn/algo/contacts.h"
#include "syconn/core/run_stats.h"

namespace syconn {
namespace {

Volume<Id> load(bool up) {
  const auto path = testing_input::data_folder() / "pinky40" / "seg.h5";
  if (!std::filesystem::exists(path)) return {};
  Volume<Id> labels = testing_input::read_zyx<Id>(path, "seg");
  return up ? testing_input::up_sampled(labels, {{510, 255, 384}, {766, 511, 640}}) : std::move(labels);
}

void contacts(benchmark::State& state, bool up, bool warm) {
  const Volume<Id> labels = load(up);
  if (labels.count() == 0) return state.SkipWithError("pinky40/seg.h5 not found; set SYCONN_DATA_DIR");
  ContactExtractor extractor;
  ContactSet out;
  if (warm) extractor.extract(labels.view(), labels.box(), labels.box(), out);
  for (auto _ : state) {
    if (!warm) {
      state.PauseTiming();
      extractor = ContactExtractor();
      out = ContactSet();
      state.ResumeTiming();
    }
    extractor.extract(labels.view(), labels.box(), labels.box(), out);
  }
  state.counters["Mvx/s"] =
      benchmark::Counter(static_cast<double>(labels.count()) * 1e-6, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["peak_MB"] = static_cast<double>(peak_rss_bytes()) * 1e-6;
  state.counters["pairs"] = static_cast<double>(out.n_pairs());
  state.counters["runs_per_vx"] = static_cast<double>(out.runs.size()) / static_cast<double>(labels.count());
}

BENCHMARK_CAPTURE(contacts, up_sampled_warm, true, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(contacts, up_sampled_cold, true, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(contacts, pinky40_warm, false, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(contacts, pinky40_cold, false, false)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace syconn

BENCHMARK_MAIN();
