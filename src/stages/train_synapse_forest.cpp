// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_synapse_forest.h"

#include <algorithm>
#include <limits>

#include "syconn/algo/forest.h"
#include "syconn/algo/poisson_mesh.h"
#include "syconn/core/error.h"
#include "syconn/core/json.h"
#include "syconn/core/rng.h"
#include "syconn/core/version.h"
#include "syconn/io/forest_file.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/stages/evaluate_synapses.h"

namespace syconn {
namespace {

constexpr std::uint32_t kFeatures = 10;
constexpr std::size_t kFolds = 10, kFewest = 20;

struct Rows {
  std::vector<float> features;
  std::vector<std::uint8_t> label;

  void add(const std::vector<float>& row, std::uint8_t of_class) {
    features.insert(features.end(), row.begin(), row.end());
    label.push_back(of_class);
  }
  LabelledRows view() const { return {features, label, kFeatures, 2}; }
  std::vector<float> row(std::size_t i) const {
    return {features.begin() + static_cast<std::ptrdiff_t>(i * kFeatures),
            features.begin() + static_cast<std::ptrdiff_t>((i + 1) * kFeatures)};
  }
};

void add_annotated(const ForestSource& source, Rows& rows, ForestTraining& report) {
  const SynapseAnnotations& matched =
      report.annotations.emplace_back(match_annotations(source.run, source.annotations));
  const auto dataset = SegmentationDataset::open(source.run / "datasets/syn_ssv.h5");
  const auto features = dataset.column<float>("features");
  for (const auto& [object, synaptic] : matched.objects) rows.add(features.values(dataset.at(object)), synaptic);
}

/// For errors: how many coordinates name no object, and the first of them.
std::string unmatched(const ForestTraining& report) {
  std::string text;
  for (const SynapseAnnotations& a : report.annotations)
    if (!a.unmatched.empty())
      text += "; " + std::to_string(a.unmatched.size()) + " of " + std::to_string(a.n_coordinates) +
              " coordinates name no object, the first at " + a.file + ":" + std::to_string(a.unmatched.front().line);
  return text;
}

Rows read_rows(const std::vector<ForestSource>& sources, ForestTraining& report) {
  if (sources.empty()) throw Error(Category::input, "no run to learn from");
  Rows rows;
  for (const ForestSource& source : sources) {
    if (source.phantom.empty() == source.annotations.empty())
      throw Error(Category::input, "give a truth or annotations for run '" + source.run.string() + "'");
    if (!source.annotations.empty())
      add_annotated(source, rows, report);
    else
      for (const JudgedSynapse& s : judge_synapses(source.run, source.phantom, -1).objects)
        rows.add(s.features, s.finding == SynapseFinding::hit && s.pair_right);
  }
  const auto ones = std::count(rows.label.begin(), rows.label.end(), 1);
  if (rows.label.size() < kFewest || ones == 0 || static_cast<std::size_t>(ones) == rows.label.size())
    throw Error(Category::input, std::to_string(rows.label.size()) + " objects, " + std::to_string(ones) +
                                     " of them synapses: too few to learn from (20 objects of both kinds)" +
                                     unmatched(report));
  return rows;
}

/// Fold of every row: both classes are dealt out evenly, in a seeded order.
std::vector<std::size_t> folds(const Rows& rows, std::uint64_t seed) {
  std::vector<std::size_t> fold(rows.label.size());
  for (std::uint8_t of_class = 0; of_class < 2; ++of_class) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < rows.label.size(); ++i)
      if (rows.label[i] == of_class) members.push_back(i);
    Rng rng(seed, of_class, 1);
    for (std::size_t i = members.size(); i > 1; --i) std::swap(members[i - 1], members[rng.below(i)]);
    for (std::size_t i = 0; i < members.size(); ++i) fold[members[i]] = i % kFolds;
  }
  return fold;
}

std::vector<double> cross_validate(const Rows& rows, const ForestParams& params) {
  const std::vector<std::size_t> fold = folds(rows, params.seed);
  std::vector<double> prob(rows.label.size());
  for (std::size_t f = 0; f < kFolds; ++f) {
    Rows train;
    for (std::size_t i = 0; i < fold.size(); ++i)
      if (fold[i] != f) train.add(rows.row(i), rows.label[i]);
    const Forest forest = train_forest(train.view(), params).forest;
    for (std::size_t i = 0; i < fold.size(); ++i)
      if (fold[i] == f) prob[i] = predict_probability(forest, rows.row(i)).at(1);
  }
  return prob;
}

/// Area under the ROC curve: the chance that a synapse is above another object; ties count half.
double area_under_curve(const std::vector<double>& prob, const std::vector<std::uint8_t>& label) {
  double above = 0, pairs = 0;
  for (std::size_t i = 0; i < prob.size(); ++i)
    for (std::size_t j = 0; j < prob.size(); ++j)
      if (label[i] == 1 && label[j] == 0) above += prob[i] > prob[j] ? 1 : prob[i] == prob[j] ? 0.5 : 0, pairs += 1;
  return pairs > 0 ? above / pairs : std::numeric_limits<double>::quiet_NaN();
}

/// `synapses.mesh` of the run: the method falls back to marching cubes object by object, never the other way. Empty
/// where the run does not tell.
std::string mesh_of(const fs::path& run) {
  const auto dataset = SegmentationDataset::open(run / "datasets/syn_ssv.h5");
  if (!dataset.has_column("mesh_method") || dataset.size() == 0) return "";
  const std::vector<std::uint8_t> methods = dataset.column<std::uint8_t>("mesh_method").all();
  const bool poisson = std::any_of(methods.begin(), methods.end(),
                                   [](std::uint8_t m) { return m == static_cast<std::uint8_t>(MeshMethod::poisson); });
  return poisson ? "poisson" : "marching_cubes";
}

/// Of all sources. The area is a feature, so all must be of one method.
std::string common_mesh(const std::vector<ForestSource>& sources) {
  const std::string mesh = mesh_of(sources.front().run);
  for (const ForestSource& source : sources)
    if (const std::string other = mesh_of(source.run); other != mesh)
      throw Error(Category::input, "synapse meshes of run '" + sources.front().run.string() + "' are " +
                                       (mesh.empty() ? "unknown" : mesh) + ", those of '" + source.run.string() +
                                       "' are " + (other.empty() ? "unknown" : other) +
                                       "; a forest learns from meshes of one synapses.mesh");
  return mesh;
}

std::vector<std::string> feature_names() {
  std::vector<std::string> names{"size_vx", "mesh_area_um2"};
  for (const char* partner : {"first", "second"})
    for (const char* what : {"n_mi", "mi_vx", "n_vc", "vc_vx"}) names.push_back(std::string(what) + "_" + partner);
  return names;
}

}  // namespace

ForestTraining train_synapse_forest(const std::vector<ForestSource>& sources, std::uint32_t n_trees, std::uint64_t seed,
                                    int threads, const fs::path& forest) {
  ForestTraining report;
  const Rows rows = read_rows(sources, report);
  report.synapse_mesh = common_mesh(sources);
  const ForestParams params{.n_trees = n_trees, .seed = seed, .threads = threads};
  const TrainedForest trained = train_forest(rows.view(), params);
  report.n_rows = rows.label.size();
  report.n_synapses = static_cast<std::uint64_t>(std::count(rows.label.begin(), rows.label.end(), 1));
  report.importance = trained.importance, report.feature_names = feature_names();
  report.oob_accuracy = trained.oob_accuracy;
  const std::vector<double> prob = cross_validate(rows, params);
  double hits = 0, said = 0;
  for (std::size_t i = 0; i < prob.size(); ++i) said += prob[i] >= 0.5, hits += prob[i] >= 0.5 && rows.label[i] == 1;
  report.precision = hits / said, report.recall = hits / static_cast<double>(report.n_synapses);
  report.f1 = 2 * hits / (said + static_cast<double>(report.n_synapses));
  report.auc = area_under_curve(prob, rows.label);
  ForestFile file{trained.forest, feature_names(), {"other", "synapse"}, "", ""};
  file.provenance_json =
      Json{{"tool", "syconn"}, {"version", version()}, {"objects", report.n_rows}, {"synapses", report.n_synapses},
           {"trees", n_trees}, {"seed", seed}}
          .dump();
  file.synapse_mesh = report.synapse_mesh;
  const fs::path temporary = temporary_name(forest);
  write_forest(temporary, file);
  commit_file(temporary, forest);
  return report;
}

}  // namespace syconn
