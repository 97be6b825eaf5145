// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_points.h"

#include <algorithm>
#include <cmath>

#include "point_predict.h"
#include "syconn/algo/label_votes.h"
#include "syconn/algo/prediction_metrics.h"
#include "syconn/core/run_stats.h"
#include "syconn/core/sha256.h"
#include "syconn/core/version.h"
#include "syconn/stages/label_score.h"
#include "train_folds.h"
#include "train_points_data.h"
#include "training_loop.h"

namespace syconn {
namespace {

PointModelCard card_of(const PointTraining& t) {
  PointModelCard card = t.card;
  card.name = t.name, card.description = t.description;
  static const std::vector<std::string> known{"surface", "mi", "vc", "syn_symmetric", "syn_asymmetric", "myelinated"};
  const int inputs = card.kinds();
  card.inputs.assign(known.begin(), known.begin() + inputs);
  if (inputs == 4) card.inputs.back() = "syn";
  if (card.place) card.inputs.insert(card.inputs.end(), {"x", "y", "z"});
  const PointTrainOptions& o = t.options;
  card.training = {{"tool", "syconn"},
                   {"version", version()},
                   {"seed", t.seed},
                   {"steps", t.steps},
                   {"batch", t.batch},
                   {"optimiser", o.optimiser},
                   {"learning_rate", o.learning_rate},
                   {"weight_decay", o.weight_decay},
                   {"schedule", o.schedule},
                   {"decay_every", o.decay_every},
                   {"decay", o.decay},
                   {"cross_entropy", o.loss.cross_entropy},
                   {"class_weights", o.loss.class_weights},
                   {"threads", t.device.threads}};
  return card;
}

std::vector<double> run_steps(const PointTraining& t, const PointModelCard& card, LabelledCells& data,
                              PointTrainer& net, const TrainingCheckpoint& checkpoint,
                              const std::function<void(std::int64_t, double)>& progress, const std::atomic<int>* stop) {
  PointSampler sampler(t, card, data);
  const auto one_step = [&](std::uint64_t step) {
    const LabelledBatch batch = sampler.draw(step, t.device.threads);
    const double loss = net.accumulate({batch.pyramids, batch.features}, batch.labels);
    net.update();
    return loss;
  };
  return run_training(net, checkpoint, t.steps, t.checkpoint_every, one_step, progress, stop);
}

// ---- the test ------------------------------------------------------------------------------------------------------

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(); }

/// Scores with the matrix they come from.
struct Tested {
  LabelScore score;
  Json report;
};

/// Means of values that points are given one after the other.
class MeanOfPoints {
 public:
  explicit MeanOfPoints(std::size_t n) : sum_(n), count_(n) {}
  void add(std::uint32_t point, double value) { sum_[point] += value, ++count_[point]; }
  /// Mean over the points with a value; NaN without one.
  double overall() const {
    double sum = 0;
    std::size_t n = 0;
    for (std::size_t i = 0; i < sum_.size(); ++i)
      if (count_[i] > 0) sum += sum_[i] / count_[i], ++n;
    return sum / static_cast<double>(n);
  }

 private:
  std::vector<double> sum_;
  std::vector<std::uint32_t> count_;
};

/// Contexts a test cell is judged by.
std::vector<std::uint32_t> test_pivots(const PointTraining& t, const CellSamples& samples) {
  const auto n = static_cast<std::uint32_t>(t.test_contexts);
  if (n == 0 || (t.task != PointTask::celltype && n >= samples.pivots().size())) return samples.pivots();
  return samples.draw_pivots(n, t.seed);
}

/// Types of the test cells, each by the vote of its contexts.
Tested test_types(const PointTraining& t, PointNet& net, LabelledCells& data) {
  const auto n = static_cast<std::uint32_t>(data.classes.size());
  LabelScore m(data.classes);
  std::vector<double> certainties;
  std::vector<std::uint8_t> correct;
  for (const auto& cell : data.cells) {
    std::vector<double> logits;
    predict_contexts(net, *cell->samples, test_pivots(t, *cell->samples), t.seed, t.device.threads,
                     [&](std::size_t, const PointSample&, const std::vector<float>& out) {
                       logits.insert(logits.end(), out.begin(), out.end());
                     });
    if (logits.empty()) continue;
    const ClassVote vote = vote_of_logits(logits, n);
    m.add(cell->type, vote.best);
    certainties.push_back(vote.certainty), correct.push_back(vote.best == cell->type);
  }
  Json report = as_json(m);
  report["calibration_error"] = number(expected_calibration_error(certainties, correct));
  report["area_under_risk_coverage"] = number(area_under_risk_coverage(risk_coverage(certainties, correct)));
  report["cells"] = correct.size();
  return {m, report};
}

/// Labels of the test cells' surfaces, each vertex by the votes of the contexts it is in; vertices in none do not
/// count.
Tested test_compartments(const PointTraining& t, PointNet& net, LabelledCells& data) {
  const auto n = static_cast<std::uint32_t>(data.classes.size());
  LabelScore m(data.classes);
  for (const auto& cell : data.cells) {
    VertexVotes votes(cell->cloud.points_nm.size(), n);
    predict_contexts(net, *cell->samples, test_pivots(t, *cell->samples), t.seed, t.device.threads,
                     [&](std::size_t, const PointSample& s, const std::vector<float>& out) {
                       for (std::size_t i = 0; i < s.points.size(); ++i) {
                         const auto row = out.begin() + static_cast<std::ptrdiff_t>(i * n);
                         votes.add(s.points[i], static_cast<std::uint32_t>(std::max_element(row, row + n) - row));
                       }
                     });
    const std::vector<std::int32_t> said = votes.majority();
    for (std::size_t i = 0; i < said.size(); ++i)
      if (cell->label[i] < n && said[i] >= 0) m.add(cell->label[i], static_cast<std::uint32_t>(said[i]));
  }
  return {m, as_json(m)};
}

/// Astrocytes among the test cells: the score of a cell is the mean over its vertices of P(astrocyte), that of a vertex
/// the mean over the contexts it is in.
Tested test_astrocytes(const PointTraining& t, PointNet& net, LabelledCells& data) {
  LabelScore m(data.classes);
  std::vector<double> scores;
  std::vector<std::uint8_t> truth;
  for (const auto& cell : data.cells) {
    MeanOfPoints mean(cell->cloud.points_nm.size());
    predict_contexts(net, *cell->samples, test_pivots(t, *cell->samples), t.seed, t.device.threads,
                     [&](std::size_t, const PointSample& s, const std::vector<float>& out) {
                       for (std::size_t i = 0; i < s.points.size(); ++i)
                         mean.add(s.points[i], 1 / (1 + std::exp(static_cast<double>(out[2 * i] - out[2 * i + 1]))));
                     });
    if (!std::isfinite(mean.overall())) continue;
    scores.push_back(mean.overall()), truth.push_back(cell->type);
    m.add(cell->type, scores.back() >= 0.5 ? 1 : 0);
  }
  Json report = as_json(m);
  report["auc"] = number(roc_auc(scores, truth));
  report["cells"] = scores.size();
  return {m, report};
}

Tested test_of(const PointTraining& t, PointNet& net, LabelledCells& data) {
  if (t.task == PointTask::celltype) return test_types(t, net, data);
  return t.task == PointTask::compartment ? test_compartments(t, net, data) : test_astrocytes(t, net, data);
}

}  // namespace

PointTrained train_points(const PointTraining& t, const std::function<void(std::int64_t, double)>& progress,
                          const std::atomic<int>* stop) {
  const Stopwatch watch;
  NnRoom& room = nn_room();
  PointTrained done{card_of(t), {}, {}};
  PointModelCard& card = done.card;
  LabelledCells data = read_labelled_cells(t, card, t.train);
  LabelledCells test;
  if (t.folds > 1) test = take_fold(data, t);
  card.classes = data.classes, card.training_data_hash = data.hash;
  card.architecture.outputs = static_cast<int>(data.classes.size());
  card.architecture.check();
  make_folder(t.out);
  Json settings = card.training;
  settings.erase("steps"), settings.erase("version");
  const TrainingCheckpoint checkpoint(t.out,
                                      sha256_hex(settings.dump() + card.architecture.to_json().dump() + data.hash));
  const auto net = room.point_trainer(card.architecture, t.options, t.device, t.seed);
  done.losses = run_steps(t, card, data, *net, checkpoint, progress, stop);
  const double train_s = watch.seconds();
  export_model_to(t.out, *net, card);
  const std::size_t n_cells = data.cells.size();
  data.cells.clear(), data.cells.shrink_to_fit();  // make room for those of the test
  if (!t.test.empty() || t.folds > 1) {
    if (t.folds <= 1) test = read_labelled_cells(t, card, t.test);
    if (test.classes != data.classes) throw Error(Category::input, "the test runs have other classes");
    const auto trained = PointNet::load(t.out / "model.pt", t.device);
    const Tested tested = test_of(t, *trained, test);
    card.quality = tested.report;
    write_file_atomically(t.out / "confusion.svg", confusion_svg({{t.name + " on unseen cells", tested.score}}));
    export_model_to(t.out, *net, card);
  }
  done.report = {{"classes", data.classes}, {"parameters", point_net_parameters(card.architecture)},
                 {"steps", t.steps},        {"cells", n_cells},
                 {"quality", card.quality}, {"losses", done.losses},
                 {"training_s", train_s}};
  write_file_atomically(t.out / "report.json", done.report.dump(1) + "\n");
  return done;
}

}  // namespace syconn
