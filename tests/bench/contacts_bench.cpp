// SPDX-License-Identifier: GPL-3.0-or-later
// The contact step: Mvx/s of the write box. Warm: with the buffers of a chunk before; cold: without.
#include "bench_input.h"
#include "syconn/algo/contacts.h"

namespace syconn::bench {
namespace {

template <bool kWarm>
void contacts(benchmark::State& state, Input input) {
  const Volume<Id>& labels = labels_of(input);
  if (is_missing(state, labels)) return;
  ContactExtractor extractor;
  ContactSet out;
  if (kWarm) extractor.extract(labels.view(), labels.box(), labels.box(), out);
  for (auto _ : state) {
    if (!kWarm) {
      state.PauseTiming();
      extractor = ContactExtractor();
      out = ContactSet();
      state.ResumeTiming();
    }
    extractor.extract(labels.view(), labels.box(), labels.box(), out);
  }
  rate(state, labels.box().voxels(), 8);
  state.counters["pairs"] = benchmark::Counter(static_cast<double>(out.n_pairs()), benchmark::Counter::kAvgThreads);
}

const int kRegistered = [] {
  on_inputs("contacts_warm", contacts<true>);
  on_inputs("contacts_cold", contacts<false>, false);
  return 0;
}();

}  // namespace
}  // namespace syconn::bench

BENCHMARK_MAIN();
