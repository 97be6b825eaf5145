// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_junctions.h"

#include <algorithm>
#include <map>
#include <set>

#include "evaluate_trace.h"

namespace syconn {
namespace {

/// What of the map lies in the run's box; counts the parts that do not.
LabelledRuns inside(const LabelledRuns& parts, const Box3& box, std::uint64_t& outside) {
  std::vector<LabelledRuns::Item> items;
  for (const auto& [label, runs] : parts.by_label()) {
    std::vector<Run> kept;
    clip_runs(runs, box, kept);
    outside += kept.empty();
    for (const Run& r : kept) items.push_back({r, label});
  }
  return LabelledRuns(std::move(items));
}

Vec3i mean_vx(std::span<const Run> runs) {
  Vec3d sum;
  double n = 0;
  for (const Run& r : runs) {
    const double len = r.len;
    sum += Vec3d(r.x + (len - 1) / 2, r.y, r.z) * len, n += len;
  }
  return {static_cast<std::int64_t>(sum.x / n), static_cast<std::int64_t>(sum.y / n),
          static_cast<std::int64_t>(sum.z / n)};
}

ExpertJunction describe(Id id, std::span<const Run> runs, const Box3& box) {
  ExpertJunction j;
  j.id = id, j.size_vx = voxel_count(runs), j.bbox = bounding_box(runs), j.centre_vx = mean_vx(runs);
  for (int k = 0; k < 3; ++k) j.at_border |= j.bbox.min[k] == box.min[k] || j.bbox.max[k] == box.max[k];
  return j;
}

Id main_cell(const std::vector<TracedSynapse>& synapses, double prob_min) {
  std::map<Id, std::uint64_t> voxels;
  for (const TracedSynapse& s : synapses)
    if (s.counts(prob_min)) voxels[s.cell_a] += s.on_it_vx, voxels[s.cell_b] += s.on_it_vx;
  const auto most =
      std::max_element(voxels.begin(), voxels.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
  return most == voxels.end() ? kBackground : most->first;
}

void count(const ExpertJunction& j, double prob_min, JunctionScore& score) {
  if (j.fate != JunctionFate::synapse) return;
  bool merged = false;
  std::set<std::pair<Id, Id>> pairs;
  for (const TracedSynapse& s : j.synapses)
    if (s.counts(prob_min)) {
      merged |= !s.junctions.empty(), pairs.insert({s.cell_a, s.cell_b});
      ++score.on_junctions, score.with_main += s.cell_a == j.main_cell || s.cell_b == j.main_cell;
    }
  ++score.found, score.merged += merged, score.several += pairs.size() > 1;
}

void count_synapses(const fs::path& run, double prob_min, JunctionScore& score) {
  std::set<Id> on_junctions;
  for (const ExpertJunction& j : score.junctions)
    for (const TracedSynapse& s : j.synapses) on_junctions.insert(s.id);
  const auto synapses = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
  const auto prob = synapses.column<float>("prob");
  for (std::uint32_t shard = 0; shard < synapses.n_shards(); ++shard)
    synapses.for_each(shard, [&](Id id, Row row) {
      if (static_cast<double>(prob(row)) < prob_min) return;  // not for NaN
      ++score.n_synapses, score.elsewhere += !on_junctions.contains(id);
    });
}

}  // namespace

JunctionScore evaluate_junctions(const fs::path& run, const VolumeSource& junctions, double prob_min) {
  const RunGround ground(run);
  JunctionScore score;
  const LabelledRuns labels =
      inside(read_connected_parts(*open_volume(junctions.file, junctions.dataset)), ground.box(), score.outside);
  const auto traces = trace_junctions(run, labels);
  for (const auto& [id, runs] : labels.by_label()) {
    ExpertJunction j = describe(id, runs, ground.box());
    const auto found = traces.find(id);
    const JunctionTrace* trace = found == traces.end() ? nullptr : &found->second;
    const FateReport report = judge_fate(trace, prob_min, runs, &ground);
    j.fate = report.fate, j.why = report.why;
    if (trace != nullptr) j.synapses = trace->synapses, j.contacts = trace->contacts.size();
    j.main_cell = main_cell(j.synapses, prob_min);
    count(j, prob_min, score);
    score.junctions.push_back(std::move(j));
  }
  count_synapses(run, prob_min, score);
  return score;
}

}  // namespace syconn
