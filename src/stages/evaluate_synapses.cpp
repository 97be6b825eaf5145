// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_synapses.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "evaluate_trace.h"
#include "syconn/algo/poisson_mesh.h"
#include "syconn/io/table_csv.h"

namespace syconn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct TrueSynapse {
  std::pair<Id, Id> cells;  ///< ascending
  Id pre = 0, post = 0;
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
    synapses[csv.id(id)] = {std::minmax(csv.id(pre), csv.id(post)), csv.id(pre),        csv.id(post),
                            static_cast<int>(csv.integer(sign)),    csv.id(decoy) != 0, csv.id(dropped) != 0};
  return synapses;
}

/// Voxels that object `object` shares with the true synapse `truth`.
struct Overlap {
  std::uint64_t voxels;
  Id truth;
  std::size_t object;
};

/// All objects of a run and what of the truth lies below them.
struct FoundSynapses {
  std::vector<JudgedSynapse> objects;
  std::vector<Overlap> overlaps;
};

double half_surface_um2(std::span<const std::int32_t> runs_vx, const Vec3d& voxel_nm) {
  std::vector<Run> runs;
  for (std::size_t r = 0; r + 3 < runs_vx.size(); r += 4)
    runs.push_back({runs_vx[r], runs_vx[r + 1], runs_vx[r + 2], runs_vx[r + 3]});
  return mesh_area_um2(voxel_surface(runs, voxel_nm)) / 2;
}

void read_shard(const SegmentationDataset& dataset, std::uint32_t shard, const LabelledRuns& junctions,
                FoundSynapses& out) {
  const auto cell_a = dataset.column<Id>("cell_a"), cell_b = dataset.column<Id>("cell_b");
  const auto prob = dataset.column<float>("prob"), area = dataset.column<float>("area_um2"),
             features = dataset.column<float>("features");
  const auto sign = dataset.column<std::int8_t>("sign");
  const auto runs = dataset.ragged<std::int32_t>("voxels", "runs_vx");
  dataset.for_each(shard, [&](Id id, Row row) {
    JudgedSynapse s;
    s.id = id, s.prob = prob(row);
    s.cell_a = cell_a(row), s.cell_b = cell_b(row), s.sign = sign(row), s.area_um2 = area(row);
    s.features = features.values(row);
    const auto runs_vx = runs(row);
    s.voxel_area_um2 = half_surface_um2(runs_vx, dataset.voxel_size_nm());
    for (const auto& [truth, voxels] : junctions.below(runs_vx))
      out.overlaps.push_back({voxels, truth, out.objects.size()});
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

FoundSynapses read_found(const fs::path& run, const LabelledRuns& junctions) {
  const SegmentationDataset dataset = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
  FoundSynapses found;
  for (std::uint32_t shard = 0; shard < dataset.n_shards(); ++shard) read_shard(dataset, shard, junctions, found);
  return found;
}

SynapseJudgement judge(const FoundSynapses& all, const std::map<Id, TrueSynapse>& truth, const LabelledRuns& junctions,
                       double prob_min) {
  SynapseJudgement out;
  std::vector<Overlap> overlaps;
  std::vector<std::size_t> place(all.objects.size(), SIZE_MAX);
  for (std::size_t i = 0; i < all.objects.size(); ++i) {
    if (static_cast<double>(all.objects[i].prob) < prob_min) continue;  // not for NaN
    place[i] = out.objects.size();
    out.objects.push_back(all.objects[i]);
  }
  for (const Overlap& o : all.overlaps)
    if (place[o.object] != SIZE_MAX) overlaps.push_back({o.voxels, o.truth, place[o.object]});
  match(overlaps, truth, out);
  std::sort(out.objects.begin(), out.objects.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::set<Id> found;
  for (const JudgedSynapse& s : out.objects) found.insert(s.truth);
  Id last = kBackground;
  std::set<Id> labels;
  for (const LabelledRuns::Item& item : junctions.items())
    if (item.label != last) labels.insert(last = item.label);
  for (const Id label : labels) {
    const auto known = truth.find(label);
    if (known == truth.end() || !known->second.counts()) continue;
    ++out.n_truth;
    if (!found.contains(label)) out.missed.push_back(label);
  }
  return out;
}

std::map<Id, TrueSynapse> read_truth_of(const fs::path& phantom) { return read_truth(phantom / "truth/synapses.csv"); }

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

// ---- kinds of synapses ---------------------------------------------------------------------------------------------

/// Bounds of the classes of area, um2.
constexpr double kAreaBounds[] = {0.05, 0.1, 0.2, 0.4};
const char* const kAreaNames[] = {"below 0.05 um2", "0.05 to 0.1 um2", "0.1 to 0.2 um2", "0.2 to 0.4 um2",
                                  "0.4 um2 and above"};
const char* const kSignNames[] = {"excitatory", "inhibitory", "unknown sign"};

std::size_t area_class(double area_um2) {
  return static_cast<std::size_t>(std::upper_bound(std::begin(kAreaBounds), std::end(kAreaBounds), area_um2) -
                                  std::begin(kAreaBounds));
}
std::size_t sign_class(int sign) { return sign > 0 ? 0 : sign < 0 ? 1 : 2; }

std::vector<SynapseClass> classes(std::span<const char* const> names) {
  std::vector<SynapseClass> list(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) list[i].name = names[i];
  return list;
}

/// `of_truth` tells the class of a true synapse that counts, `of_object` that of an object.
template <class OfTruth, class OfObject>
std::vector<SynapseClass> count_classes(const SynapseJudgement& judged, const std::map<Id, double>& area_um2,
                                        std::span<const char* const> names, OfTruth&& of_truth, OfObject&& of_object) {
  std::vector<SynapseClass> list = classes(names);
  const std::set<Id> missed(judged.missed.begin(), judged.missed.end());
  for (const auto& [id, area] : area_um2) {
    SynapseClass& c = list[of_truth(id, area)];
    ++c.n_truth, c.found += !missed.contains(id);
  }
  for (const JudgedSynapse& s : judged.objects) {
    SynapseClass& c = list[of_object(s)];
    ++c.n_objects, c.hits += s.finding == SynapseFinding::hit;
  }
  for (SynapseClass& c : list) c.recall = share(c.found, c.n_truth), c.precision = share(c.hits, c.n_objects);
  return list;
}

std::vector<SynapseClass> count_areas(const SynapseJudgement& judged, const std::map<Id, double>& area_um2) {
  return count_classes(
      judged, area_um2, kAreaNames, [](Id, double area) { return area_class(area); },
      [](const JudgedSynapse& s) { return area_class(static_cast<double>(s.area_um2)); });
}

std::vector<SynapseClass> count_signs(const SynapseJudgement& judged, const std::map<Id, TrueSynapse>& truth,
                                      const std::map<Id, double>& area_um2) {
  return count_classes(
      judged, area_um2, kSignNames, [&](Id id, double) { return sign_class(truth.at(id).sign); },
      [](const JudgedSynapse& s) { return sign_class(s.sign); });
}

// ---- what was missed -----------------------------------------------------------------------------------------------

/// An object that has voxels on a missed synapse belongs to another one.
FateReport taken_by(const JunctionTrace& trace, const SynapseJudgement& judged, double prob_min) {
  for (const TracedSynapse& s : trace.synapses) {
    if (!s.counts(prob_min)) continue;
    const auto object = std::find_if(judged.objects.begin(), judged.objects.end(),
                                     [&](const JudgedSynapse& j) { return j.id == s.id; });
    const Id other = object == judged.objects.end() ? 0 : object->truth;
    return {JunctionFate::taken, "object " + std::to_string(s.id) + " has " + std::to_string(s.on_it_vx) + " of its " +
                                     std::to_string(s.size_vx) + " voxels on it, but counts for synapse " +
                                     std::to_string(other)};
  }
  return {JunctionFate::taken, ""};
}

void explain_misses(const fs::path& run, const SynapseJudgement& judged, const std::map<Id, TrueSynapse>& truth,
                    const LabelledRuns& junctions, const std::map<Id, double>& area_um2, double prob_min,
                    SynapseScore& score) {
  if (judged.missed.empty()) return;
  const std::set<Id> missed(judged.missed.begin(), judged.missed.end());
  std::vector<LabelledRuns::Item> items;
  for (const LabelledRuns::Item& item : junctions.items())
    if (missed.contains(item.label)) items.push_back(item);
  const LabelledRuns labels(std::move(items));
  const auto traces = trace_junctions(run, labels);
  const std::optional<RunGround> ground = RunGround::where_possible(run);
  for (const auto& [id, runs] : labels.by_label()) {
    const auto found = traces.find(id);
    const JunctionTrace* trace = found == traces.end() ? nullptr : &found->second;
    FateReport report = judge_fate(trace, prob_min, runs, ground ? &*ground : nullptr);
    if (report.fate == JunctionFate::synapse) report = taken_by(*trace, judged, prob_min);
    const TrueSynapse& t = truth.at(id);
    score.missed.push_back({id, t.pre, t.post, t.sign, area_um2.at(id), report.fate, report.why});
  }
}

ThresholdScore at_threshold(const SynapseJudgement& judged, double prob_min) {
  ThresholdScore s;
  s.prob_min = prob_min, s.n_objects = judged.objects.size();
  for (const JudgedSynapse& object : judged.objects) s.hits += object.finding == SynapseFinding::hit;
  s.precision = share(s.hits, s.n_objects), s.recall = share(s.hits, judged.n_truth);
  s.f1 = share(2 * s.hits, s.n_objects + judged.n_truth);
  return s;
}

/// Half the surface of each true synapse that counts.
std::map<Id, double> true_areas(const fs::path& run, const LabelledRuns& junctions,
                                const std::map<Id, TrueSynapse>& truth) {
  const Vec3d voxel_nm = SegmentationDataset::open(run / "datasets/syn_ssv.h5").voxel_size_nm();
  std::map<Id, double> area_um2;
  for (const auto& [id, runs] : junctions.by_label())
    if (const auto t = truth.find(id); t != truth.end() && t->second.counts())
      area_um2[id] = mesh_area_um2(voxel_surface(runs, voxel_nm)) / 2;
  return area_um2;
}

void count_hits(const SynapseJudgement& judged, const std::map<Id, TrueSynapse>& truth,
                const std::map<Id, double>& area_um2, SynapseScore& score) {
  score.n_truth = judged.n_truth, score.n_objects = judged.objects.size();
  std::uint64_t pairs = 0, signs = 0;
  std::vector<double> area_errors, voxel_area_errors;
  for (const JudgedSynapse& s : judged.objects) {
    score.decoys += s.finding == SynapseFinding::decoy, score.dropped += s.finding == SynapseFinding::dropped;
    score.nothing += s.finding == SynapseFinding::nothing;
    if (s.finding != SynapseFinding::hit) continue;
    ++score.hits, pairs += s.pair_right, signs += s.sign_right;
    const TrueSynapse& t = truth.at(s.truth);
    if (!s.pair_right) score.wrong_pairs.push_back({s.truth, t.pre, t.post, s.id, s.cell_a, s.cell_b});
    const double want = area_um2.at(s.truth);
    area_errors.push_back(std::abs(static_cast<double>(s.area_um2) - want) / want);
    voxel_area_errors.push_back(std::abs(s.voxel_area_um2 - want) / want);
  }
  score.precision = share(score.hits, score.n_objects), score.recall = share(score.hits, score.n_truth);
  score.f1 = share(2 * score.hits, score.n_objects + score.n_truth);
  score.pair_right = share(pairs, score.hits), score.sign_right = share(signs, score.hits);
  score.area_error = median(std::move(area_errors)), score.voxel_area_error = median(std::move(voxel_area_errors));
}

}  // namespace

SynapseJudgement judge_synapses(const fs::path& run, const fs::path& phantom, double prob_min) {
  const LabelledRuns junctions = true_junctions(phantom);
  return judge(read_found(run, junctions), read_truth_of(phantom), junctions, prob_min);
}

SynapseScore evaluate_synapses(const fs::path& run, const fs::path& phantom, double prob_min,
                               const std::vector<double>& thresholds) {
  const LabelledRuns junctions = true_junctions(phantom);
  const std::map<Id, TrueSynapse> truth = read_truth_of(phantom);
  const FoundSynapses all = read_found(run, junctions);
  const SynapseJudgement judged = judge(all, truth, junctions, prob_min);
  const std::map<Id, double> area_um2 = true_areas(run, junctions, truth);
  SynapseScore score;
  count_hits(judged, truth, area_um2, score);
  score.by_area = count_areas(judged, area_um2), score.by_sign = count_signs(judged, truth, area_um2);
  for (const double t : thresholds) {
    const SynapseJudgement there = judge(all, truth, junctions, t);
    score.by_prob.push_back(at_threshold(there, t));
    score.by_prob.back().by_sign = count_signs(there, truth, area_um2);
  }
  explain_misses(run, judged, truth, junctions, area_um2, prob_min, score);
  return score;
}

}  // namespace syconn
