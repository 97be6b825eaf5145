// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/train_embed.h"

#include <algorithm>
#include <cmath>

#include "cell_vectors.h"
#include "node_compartments.h"
#include "syconn/core/run_stats.h"
#include "syconn/core/sha256.h"
#include "syconn/core/version.h"
#include "syconn/stages/evaluate_embedding.h"
#include "train_triplets.h"
#include "training_loop.h"

namespace syconn {
namespace {

PointModelCard card_of(const EmbeddingTraining& t) {
  PointModelCard card = t.card;
  card.name = t.name, card.description = t.description, card.classes.clear();
  static const std::vector<std::string> known{"surface", "mi", "vc", "syn_symmetric", "syn_asymmetric", "myelinated"};
  card.inputs.assign(known.begin(), known.begin() + card.architecture.inputs);
  const PointTrainOptions& o = t.options;
  card.training = {{"tool", "syconn"},
                   {"version", version()},
                   {"loss", "triplets"},
                   {"margin", o.margin},
                   {"embedding_l1", o.embedding_l1},
                   {"positive_nm", t.positive_nm},
                   {"seed", t.seed},
                   {"steps", t.steps},
                   {"batch", t.batch},
                   {"optimiser", o.optimiser},
                   {"learning_rate", o.learning_rate},
                   {"schedule", o.schedule},
                   {"decay_every", o.decay_every},
                   {"decay", o.decay},
                   {"threads", t.device.threads}};
  return card;
}

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(); }

/// Cell vectors of the test runs against the types, as stage embed and `evaluate embed` would find them.
Json test_of(const EmbeddingTraining& t, PointNet& net) {
  const auto dim = static_cast<std::size_t>(net.card().architecture.outputs);
  std::vector<double> rows;
  std::vector<std::int32_t> codes;
  std::map<std::int32_t, std::string> names;
  for (const fs::path& run : t.test) {
    const CellLabels labels = read_cell_labels(run, "cell_type");
    names.insert(labels.names.begin(), labels.names.end());
    const CellReader reader(run);
    const NodeCompartments compartments(reader.cells());
    for (std::uint32_t shard = 0; shard < reader.cells().n_shards(); ++shard)
      reader.cells().for_each(shard, [&](Id id, Row row) {
        const auto label = labels.of_cell.find(id);
        if (label == labels.of_cell.end()) return;
        const CellParts cell = reader.read(id, row);
        const CellCloud cloud = cell_cloud(cell, net.card());
        CellSamples samples(cell, cloud, net.card());
        const PivotVectors found = pivot_vectors(net, samples, t.seed, t.device.threads);
        if (found.pivots.empty()) return;
        const std::vector<float> vector = cell_vector_of(node_vectors(cell, found, dim), found, dim,
                                                         compartments.read(id, row, cell.nodes_nm.size()));
        rows.insert(rows.end(), vector.begin(), vector.end());
        codes.push_back(label->second);
      });
  }
  const EmbeddingScore score = score_embedding(rows, dim, codes, names);
  return {{"cells", score.cells},
          {"classes", score.classes},
          {"knn_accuracy", number(score.knn_accuracy)},
          {"majority_baseline", number(score.majority_baseline)},
          {"silhouette", number(score.silhouette)},
          {"ari", number(score.ari)},
          {"nmi", number(score.nmi)},
          {"seed_stability", number(score.seed_stability)}};
}

}  // namespace

EmbeddingTrained train_embedding(const EmbeddingTraining& t, const std::function<void(std::int64_t, double)>& progress,
                                 const std::atomic<int>* stop) {
  const Stopwatch watch;
  EmbeddingTrained done{card_of(t), {}, {}};
  PointModelCard& card = done.card;
  card.architecture.check();
  if (card.architecture.head != "mean")
    throw Error(Category::config, "an embedding network has one output a sample (head: mean)");
  for (const fs::path& run : t.test) read_cell_labels(run, "cell_type");  // fail before the work, not after it
  TripletCells data = read_triplet_cells(card, t.train, t.memory_gb);
  card.training_data_hash = data.hash;
  make_folder(t.out);
  Json settings = card.training;
  settings.erase("steps"), settings.erase("version");
  const TrainingCheckpoint checkpoint(t.out,
                                      sha256_hex(settings.dump() + card.architecture.to_json().dump() + data.hash));
  const auto net = nn_room().point_trainer(card.architecture, t.options, t.device, t.seed);
  const auto one_step = [&](std::uint64_t step) {
    const TripletBatch batch = draw_triplets(data, card, {t.seed, t.batch, t.positive_nm}, step, t.device.threads);
    const double loss = net->accumulate_triplets({batch.pyramids, batch.features});
    net->update();
    return loss;
  };
  done.losses = run_training(*net, checkpoint, t.steps, t.checkpoint_every, one_step, progress, stop);
  const double train_s = watch.seconds();
  export_model_to(t.out, *net, card);
  if (!t.test.empty()) {
    card.quality = test_of(t, *PointNet::load(t.out / "model.pt", t.device));
    export_model_to(t.out, *net, card);
  }
  done.report = {{"parameters", point_net_parameters(card.architecture)},
                 {"steps", t.steps},
                 {"cells", data.cells.size()},
                 {"quality", card.quality},
                 {"losses", done.losses},
                 {"training_s", train_s}};
  write_file_atomically(t.out / "report.json", done.report.dump(1) + "\n");
  return done;
}

}  // namespace syconn
