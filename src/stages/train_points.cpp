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
#include "train_folds.h"
#include "train_plot.h"
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

}  // namespace

Json report_of(const ConfusionMatrix& m, const std::vector<std::string>& classes) {
  Json out{{"accuracy", number(m.accuracy())},
           {"macro_f1", number(m.macro_f1())},
           {"weighted_f1", number(m.weighted_f1())},
           {"majority_baseline", number(m.majority_baseline())}};
  Json rows = Json::array();
  for (std::uint32_t c = 0; c < m.n_classes(); ++c) {
    const ClassScore s = m.score(c);
    out["classes"][classes[c]] = {
        {"support", s.support}, {"precision", number(s.precision)}, {"recall", number(s.recall)}, {"f1", number(s.f1)}};
    Json row = Json::array();
    for (std::uint32_t k = 0; k < m.n_classes(); ++k) row.push_back(m(c, k));
    rows.push_back(row);
  }
  out["confusion"] = rows;
  return out;
}

namespace {

/// Types of the test cells, each by the vote of its contexts.
Json test_types(const PointTraining& t, PointNet& net, LabelledCells& data) {
  const auto n = static_cast<std::uint32_t>(data.classes.size());
  ConfusionMatrix m(n);
  std::vector<double> certainties;
  std::vector<std::uint8_t> correct;
  for (const auto& cell : data.cells) {
    std::vector<double> logits;
    predict_contexts(net, *cell->samples,
                     cell->samples->draw_pivots(static_cast<std::uint32_t>(t.test_contexts), t.seed), t.seed,
                     t.device.threads, [&](std::size_t, const PointSample&, const std::vector<float>& out) {
                       logits.insert(logits.end(), out.begin(), out.end());
                     });
    if (logits.empty()) continue;
    const ClassVote vote = vote_of_logits(logits, n);
    m.add(cell->type, vote.best);
    certainties.push_back(vote.certainty), correct.push_back(vote.best == cell->type);
  }
  Json report = report_of(m, data.classes);
  report["calibration_error"] = number(expected_calibration_error(certainties, correct));
  report["area_under_risk_coverage"] = number(area_under_risk_coverage(risk_coverage(certainties, correct)));
  report["cells"] = correct.size();
  return report;
}

/// Labels of the test cells' surfaces, each vertex by the votes of the contexts it is in.
Json test_compartments(const PointTraining& t, PointNet& net, LabelledCells& data) {
  const auto n = static_cast<std::uint32_t>(data.classes.size());
  ConfusionMatrix m(n);
  for (const auto& cell : data.cells) {
    VertexVotes votes(cell->cloud.points_nm.size(), n);
    predict_contexts(net, *cell->samples, cell->samples->pivots(), t.seed, t.device.threads,
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
  return report_of(m, data.classes);
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
  if (!t.test.empty() || t.folds > 1) {
    if (t.folds <= 1) test = read_labelled_cells(t, card, t.test);
    if (test.classes != data.classes) throw Error(Category::input, "the test runs have other classes");
    const auto trained = PointNet::load(t.out / "model.pt", t.device);
    card.quality = t.task == PointTask::celltype ? test_types(t, *trained, test) : test_compartments(t, *trained, test);
    export_model_to(t.out, *net, card);
  }
  done.report = {{"classes", data.classes}, {"parameters", point_net_parameters(card.architecture)},
                 {"steps", t.steps},        {"cells", data.cells.size()},
                 {"quality", card.quality}, {"losses", done.losses},
                 {"training_s", train_s}};
  write_file_atomically(t.out / "report.json", done.report.dump(1) + "\n");
  draw_losses(t.out / "loss.png", done.losses);
  return done;
}

}  // namespace syconn
