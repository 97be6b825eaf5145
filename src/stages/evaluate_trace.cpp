// SPDX-License-Identifier: GPL-3.0-or-later
#include "evaluate_trace.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace syconn {
namespace {

constexpr std::uint64_t kRows = 1024;

/// Calls fn(first row, rows, RaggedBlock of runs) over a dataset.
template <class F>
void for_each_block(const SegmentationDataset& objects, F&& fn) {
  const auto runs = objects.ragged<std::int32_t>("voxels", "runs_vx");
  for (std::uint32_t shard = 0; shard < objects.n_shards(); ++shard)
    for (std::uint64_t first = 0, n = 0; first < objects.shard_size(shard); first += n) {
      n = std::min(kRows, objects.shard_size(shard) - first);
      fn(Row{shard, first}, n, runs.block({shard, first}, n));
    }
}

/// Contacts or fragments: objects of two supervoxels.
void add_pairs(const fs::path& file, std::vector<TracedObject> JunctionTrace::*list, const LabelledRuns& labels,
               const std::unordered_map<Id, Id>& cells, std::map<Id, JunctionTrace>& traces) {
  const auto objects = SegmentationDataset::open(file);
  const auto sv_a = objects.column<Id>("sv_a"), sv_b = objects.column<Id>("sv_b");
  const auto size = objects.column<std::uint64_t>("size_vx");
  for_each_block(objects, [&](Row first, std::uint64_t n, const RaggedBlock<std::int32_t>& runs) {
    const auto ids = objects.ids(first.shard, first.index, n);
    const auto a = sv_a.block(first, n), b = sv_b.block(first, n), sizes = size.block(first, n);
    for (std::uint64_t i = 0; i < n; ++i)
      for (const auto& [label, voxels] : labels.below(runs[i])) {
        const auto [cell_a, cell_b] = std::minmax({cell_of(cells, a[i]), cell_of(cells, b[i])});
        (traces[label].*list).push_back({ids[i], cell_a, cell_b, sizes[i], voxels});
      }
  });
}

void add_synapses(const fs::path& file, const LabelledRuns& labels, std::map<Id, JunctionTrace>& traces) {
  const auto objects = SegmentationDataset::open(file);
  const auto cell_a = objects.column<Id>("cell_a"), cell_b = objects.column<Id>("cell_b");
  const auto size = objects.column<std::uint64_t>("size_vx");
  const auto prob = objects.column<float>("prob"), area = objects.column<float>("area_um2");
  for_each_block(objects, [&](Row first, std::uint64_t n, const RaggedBlock<std::int32_t>& runs) {
    const auto ids = objects.ids(first.shard, first.index, n);
    const auto a = cell_a.block(first, n), b = cell_b.block(first, n), sizes = size.block(first, n);
    const auto probs = prob.block(first, n), areas = area.block(first, n);
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto below = labels.below(runs[i]);
      for (const auto& [label, voxels] : below) {
        TracedSynapse s;
        s.id = ids[i], s.cell_a = a[i], s.cell_b = b[i], s.size_vx = sizes[i], s.on_it_vx = voxels;
        s.prob = probs[i], s.area_um2 = areas[i];
        for (const auto& other : below)
          if (other.first != label) s.junctions.push_back(other.first);
        traces[label].synapses.push_back(std::move(s));
      }
    }
  });
}

template <class T>
void sort_by_overlap(std::vector<T>& list) {
  std::sort(list.begin(), list.end(),
            [](const T& x, const T& y) { return x.on_it_vx != y.on_it_vx ? x.on_it_vx > y.on_it_vx : x.id < y.id; });
}

std::string number(std::uint64_t n) { return std::to_string(n); }
std::string pair_text(const TracedObject& o) { return "cells " + number(o.cell_a) + " and " + number(o.cell_b); }
std::string limit_text(const char* key, std::uint64_t limit) {
  return limit > 0 ? " (" + std::string(key) + " " + number(limit) + ")" : " (" + std::string(key) + ")";
}

const TracedObject* largest_between_two(const std::vector<TracedObject>& list) {
  const auto found = std::find_if(list.begin(), list.end(), [](const TracedObject& o) { return o.two_cells(); });
  return found == list.end() ? nullptr : &*found;
}

FateReport of_synapses(const std::vector<TracedSynapse>& list, double prob_min) {
  if (std::any_of(list.begin(), list.end(), [&](const TracedSynapse& s) { return s.counts(prob_min); }))
    return {JunctionFate::synapse, ""};
  const auto best =
      std::max_element(list.begin(), list.end(), [](const auto& x, const auto& y) { return x.prob < y.prob; });
  char text[64];
  std::snprintf(text, sizeof text, "prob %.3f, below %g: synapse ", static_cast<double>(best->prob), prob_min);
  return {JunctionFate::low_prob, text + number(best->id) + ", " + pair_text(*best)};
}

FateReport small_synapse(const JunctionTrace& trace, const TracedObject& largest, const SizeLimits& limits) {
  std::uint64_t pairs = 0, voxels = 0;
  for (const TracedObject& f : trace.fragments) {
    pairs += f.two_cells();
    if (f.cell_a == largest.cell_a && f.cell_b == largest.cell_b) voxels += f.on_it_vx;
  }
  return {JunctionFate::small_synapse, "below the size limit of synapses" +
                                           limit_text("synapses.min_syn_ssv_vx", limits.synapse_vx) + ": " +
                                           number(pairs) + " fragments, the largest pair " + pair_text(largest) +
                                           " with " + number(voxels) + " voxels on it"};
}

/// A kept contact between two cells lies on the junction, but no fragment of two cells.
FateReport no_fragment(const TracedObject& contact, const JunctionGround* ground, const SizeLimits& limits) {
  const std::string between = "contact between " + pair_text(contact) + " with " + number(contact.on_it_vx) + " voxels";
  if (ground != nullptr && ground->mapped_contact_vx == 0)
    return {JunctionFate::not_in_map, between + ", none of them in the junction map (of the junction's " +
                                          number(ground->size_vx) + " voxels " + number(ground->in_map_vx) + " are)"};
  return {JunctionFate::small_fragment,
          between +
              (ground != nullptr ? ", " + number(ground->mapped_contact_vx) + " of them in the junction map" : "") +
              ": below the size limit of fragments" + limit_text("contacts.min_syn_vx", limits.fragment_vx)};
}

std::string cells_text(const JunctionGround& ground) {
  std::string text;
  for (std::size_t i = 0; i < ground.cells.size() && i < 3; ++i)
    text += (i > 0 ? ", " : "") + number(ground.cells[i].second) + " voxels in cell " + number(ground.cells[i].first);
  if (ground.background_vx > 0)
    text += (text.empty() ? "" : ", ") + number(ground.background_vx) + " voxels in no supervoxel";
  return text;
}

FateReport no_contact(const JunctionGround* ground, const SizeLimits& limits) {
  if (ground == nullptr) return {JunctionFate::no_contact, "no contact has voxels on it"};
  if (ground->contact_vx > 0)
    return {JunctionFate::small_contact, "contact between two cells with " + number(ground->contact_vx) +
                                             " voxels on it: below the size limit of contacts" +
                                             limit_text("contacts.min_cs_vx", limits.contact_vx)};
  if (ground->background_vx == ground->size_vx)
    return {JunctionFate::background, "all of it lies in no supervoxel (background)"};
  return {JunctionFate::no_contact, "no contact has voxels on it: " + cells_text(*ground)};
}

}  // namespace

const char* fate_name(JunctionFate fate) {
  constexpr const char* kNames[] = {"synapse",        "taken",      "low_prob",      "small_synapse",
                                    "small_fragment", "not_in_map", "small_contact", "one_cell",
                                    "no_cell",        "background", "no_contact"};
  return kNames[static_cast<int>(fate)];
}

std::map<Id, JunctionTrace> trace_junctions(const fs::path& run, const LabelledRuns& labels) {
  const auto cells = cells_of_supervoxels(run);
  std::map<Id, JunctionTrace> traces;
  add_pairs(run / "datasets/cs.h5", &JunctionTrace::contacts, labels, cells, traces);
  add_pairs(run / "datasets/syn.h5", &JunctionTrace::fragments, labels, cells, traces);
  add_synapses(run / "datasets/syn_ssv.h5", labels, traces);
  for (auto& [label, trace] : traces)
    sort_by_overlap(trace.contacts), sort_by_overlap(trace.fragments), sort_by_overlap(trace.synapses);
  return traces;
}

FateReport judge_fate(const JunctionTrace* trace, double prob_min, std::span<const Run> runs, const RunGround* ground) {
  const SizeLimits limits = ground != nullptr ? ground->limits() : SizeLimits{};
  std::optional<JunctionGround> below;
  if (trace != nullptr && !trace->synapses.empty()) return of_synapses(trace->synapses, prob_min);
  if (trace != nullptr)
    if (const TracedObject* fragment = largest_between_two(trace->fragments))
      return small_synapse(*trace, *fragment, limits);
  if (ground != nullptr) below = ground->look(runs);
  const JunctionGround* seen = below ? &*below : nullptr;
  if (trace == nullptr || trace->contacts.empty()) return no_contact(seen, limits);
  if (const TracedObject* contact = largest_between_two(trace->contacts)) return no_fragment(*contact, seen, limits);
  // Contacts that two cells have here may have been too small to be kept.
  if (seen != nullptr && seen->contact_vx > 0) return no_contact(seen, limits);
  const TracedObject& contact = trace->contacts.front();
  const std::string tail = seen != nullptr ? ": " + cells_text(*seen) : std::string();
  if (contact.cell_a == kBackground)
    return {JunctionFate::no_cell, "only contacts with a supervoxel that has no cell" + tail};
  return {JunctionFate::one_cell, "only contacts between supervoxels of one cell, " + number(contact.cell_a) + tail};
}

}  // namespace syconn
