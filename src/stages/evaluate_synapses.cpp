// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_synapses.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "evaluate_support.h"
#include "syconn/algo/poisson_mesh.h"
#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct TrueSynapse {
  std::pair<Id, Id> cells;
  int sign = 0;
  bool decoy = false, dropped = false;
  bool counts() const { return !decoy && !dropped; }
};

std::map<Id, TrueSynapse> read_truth(const fs::path& file) {
  CsvReader csv(file, {"id", "pre_id", "post_id", "sign", "decoy", "dropped"});
  const auto id = csv.column("id"), pre = csv.column("pre_id"), post = csv.column("post_id"), sign = csv.column("sign"),
             decoy = csv.column("decoy"), dropped = csv.column("dropped");
  std::map<Id, TrueSynapse> synapses;
  while (csv.next())
    synapses[csv.id(id)] = {std::minmax(csv.id(pre), csv.id(post)), static_cast<int>(csv.integer(sign)),
                            csv.id(decoy) != 0, csv.id(dropped) != 0};
  return synapses;
}

/// Voxels that object `object` shares with the true synapse `truth`.
struct Overlap {
  std::uint64_t voxels;
  Id truth;
  std::size_t object;
};

void read_shard(const SegmentationDataset& dataset, std::uint32_t shard, double prob_min, const LabelledRuns& junctions,
                SynapseJudgement& out, std::vector<Overlap>& overlaps) {
  const auto cell_a = dataset.column<Id>("cell_a"), cell_b = dataset.column<Id>("cell_b");
  const auto prob = dataset.column<float>("prob"), area = dataset.column<float>("area_um2"),
             features = dataset.column<float>("features");
  const auto sign = dataset.column<std::int8_t>("sign");
  const auto runs = dataset.ragged<std::int32_t>("voxels", "runs_vx");
  dataset.for_each(shard, [&](Id id, Row row) {
    JudgedSynapse s;
    s.id = id, s.prob = prob(row);
    if (static_cast<double>(s.prob) < prob_min) return;  // not for NaN
    s.cell_a = cell_a(row), s.cell_b = cell_b(row), s.sign = sign(row), s.area_um2 = area(row);
    s.features = features.values(row);
    for (const auto& [truth, voxels] : junctions.below(runs(row)))
      overlaps.push_back({voxels, truth, out.objects.size()});
    out.objects.push_back(std::move(s));
  });
}

/// Largest overlap first, each object and each truth once.
void match(std::vector<Overlap>& overlaps, const std::map<Id, TrueSynapse>& truth, SynapseJudgement& out) {
  std::sort(overlaps.begin(), overlaps.end(), [&](const Overlap& x, const Overlap& y) {
    return std::tuple(y.voxels, x.truth, out.objects[x.object].id) <
           std::tuple(x.voxels, y.truth, out.objects[y.object].id);
  });
  std::set<Id> taken;
  for (const Overlap& o : overlaps) {
    JudgedSynapse& s = out.objects[o.object];
    const auto found = truth.find(o.truth);
    if (s.truth != 0 || found == truth.end() || !taken.insert(o.truth).second) continue;
    s.truth = o.truth;
    s.finding = found->second.decoy     ? SynapseFinding::decoy
                : found->second.dropped ? SynapseFinding::dropped
                                        : SynapseFinding::hit;
    s.pair_right = found->second.cells == std::pair<Id, Id>(std::minmax(s.cell_a, s.cell_b));
    s.sign_right = found->second.sign == s.sign;
  }
}

SynapseJudgement judge(const fs::path& run, const fs::path& phantom, double prob_min, const LabelledRuns& junctions) {
  const std::map<Id, TrueSynapse> truth = read_truth(phantom / "truth/synapses.csv");
  const SegmentationDataset dataset = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
  SynapseJudgement out;
  std::vector<Overlap> overlaps;
  for (std::uint32_t shard = 0; shard < dataset.n_shards(); ++shard)
    read_shard(dataset, shard, prob_min, junctions, out, overlaps);
  match(overlaps, truth, out);
  std::sort(out.objects.begin(), out.objects.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::set<Id> found;
  for (const JudgedSynapse& s : out.objects) found.insert(s.truth);
  for (const auto& [label, runs] : junctions.by_label()) {
    const auto known = truth.find(label);
    if (known == truth.end() || !known->second.counts()) continue;
    ++out.n_truth;
    if (!found.contains(label)) out.missed.push_back(label);
  }
  return out;
}

LabelledRuns true_junctions(const fs::path& phantom) {
  return read_labelled_runs(*open_volume(phantom / "volumes/truth_sj.json", ""));
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : kNone;
}

double median(std::vector<double> values) {
  if (values.empty()) return kNone;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace

SynapseJudgement judge_synapses(const fs::path& run, const fs::path& phantom, double prob_min) {
  return judge(run, phantom, prob_min, true_junctions(phantom));
}

SynapseScore evaluate_synapses(const fs::path& run, const fs::path& phantom, double prob_min) {
  const LabelledRuns junctions = true_junctions(phantom);
  const SynapseJudgement judged = judge(run, phantom, prob_min, junctions);
  const auto runs_of = junctions.by_label();
  const Vec3d voxel_nm = SegmentationDataset::open(run / "datasets/syn_ssv.h5").voxel_size_nm();
  SynapseScore score;
  score.n_truth = judged.n_truth, score.n_objects = judged.objects.size();
  std::uint64_t pairs = 0, signs = 0;
  std::vector<double> area_errors;
  for (const JudgedSynapse& s : judged.objects) {
    score.decoys += s.finding == SynapseFinding::decoy, score.dropped += s.finding == SynapseFinding::dropped;
    score.nothing += s.finding == SynapseFinding::nothing;
    if (s.finding != SynapseFinding::hit) continue;
    ++score.hits, pairs += s.pair_right, signs += s.sign_right;
    const double want = mesh_area_um2(voxel_surface(runs_of.at(s.truth), voxel_nm)) / 2;
    area_errors.push_back(std::abs(static_cast<double>(s.area_um2) - want) / want);
  }
  score.precision = share(score.hits, score.n_objects), score.recall = share(score.hits, score.n_truth);
  score.f1 = share(2 * score.hits, score.n_objects + score.n_truth);
  score.pair_right = share(pairs, score.hits), score.sign_right = share(signs, score.hits);
  score.area_error = median(std::move(area_errors));
  return score;
}

}  // namespace syconn
