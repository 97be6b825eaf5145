// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/stages/evaluate_embedding.h"

#include <algorithm>
#include <cmath>

#include "code_names.h"
#include "syconn/algo/k_means.h"
#include "syconn/algo/prediction_metrics.h"
#include "syconn/core/error.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {
namespace {

constexpr std::uint64_t kSeeds = 5;  // k-means is repeated by, to tell how much the start matters
constexpr std::uint8_t kNoLabel = 255;

/// `ari`, `nmi`, `seed_stability` and the clusters.
void score_clusters(std::span<const double> rows, std::size_t dim, std::span<const std::int32_t> labels,
                    EmbeddingScore& score) {
  const auto k = static_cast<std::uint32_t>(score.classes.size());
  std::vector<KMeans> found;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) found.push_back(k_means(rows, dim, k, {.seed = seed}));
  double sum = 0;
  for (std::size_t a = 0; a < found.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) sum += adjusted_rand_index(found[a].label, found[b].label);
  score.seed_stability = sum / static_cast<double>(kSeeds * (kSeeds - 1) / 2);
  score.ari = adjusted_rand_index(found[0].label, labels);
  score.nmi = normalised_mutual_information(found[0].label, labels);
  score.clusters.assign(k, std::vector<std::uint64_t>(k, 0));
  for (std::size_t i = 0; i < labels.size(); ++i)
    ++score.clusters[static_cast<std::size_t>(found[0].label[i])][static_cast<std::size_t>(labels[i])];
}

}  // namespace

EmbeddingScore score_embedding(std::span<const double> rows, std::size_t dim, std::span<const std::int32_t> labels,
                               const std::map<std::int32_t, std::string>& names, std::uint32_t neighbours) {
  if (labels.empty()) throw Error(Category::input, "there is no cell with both a vector and a label");
  EmbeddingScore score;
  score.cells = labels.size(), score.neighbours = neighbours;
  std::map<std::int32_t, std::int32_t> dense;
  for (const std::int32_t l : labels) dense.emplace(l, 0);
  for (auto& [code, index] : dense) {
    index = static_cast<std::int32_t>(score.classes.size());
    const auto name = names.find(code);
    score.classes.push_back(name == names.end() ? std::to_string(code) : name->second);
  }
  score.support.assign(dense.size(), 0);
  std::vector<std::int32_t> of_row;
  for (const std::int32_t l : labels) of_row.push_back(dense[l]), ++score.support[static_cast<std::size_t>(dense[l])];
  score.majority_baseline = static_cast<double>(*std::max_element(score.support.begin(), score.support.end())) /
                            static_cast<double>(labels.size());
  score.knn_accuracy = knn_accuracy(rows, dim, of_row, neighbours);
  score.silhouette = silhouette(rows, dim, of_row);
  score_clusters(rows, dim, of_row, score);
  return score;
}

CellLabels read_cell_labels(const fs::path& run, const std::string& column) {
  const fs::path file = run / "datasets" / "ssv.h5";
  const auto cells = SegmentationDataset::open(file);
  CellLabels found;
  const ColumnSpec* spec = nullptr;
  for (const ColumnSpec& c : cells.columns())
    if (c.name == column) spec = &c;
  if (spec == nullptr || spec->dtype != DType::u8 || spec->width != 1)
    throw Error(Category::input,
                file.string() + " has no column '" + column + "' of labels (u8, one a cell); give --label or --truth");
  for (const auto& [code, name] : code_names(cells, column)) found.names[static_cast<std::int32_t>(code)] = name;
  const auto labels = cells.column<std::uint8_t>(column);
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard)
    cells.for_each(shard, [&](Id id, Row row) {
      if (const std::uint8_t label = labels(row); label != kNoLabel) found.of_cell[id] = label;
    });
  return found;
}

EmbeddingScore evaluate_embedding(const fs::path& run, const std::optional<fs::path>& truth, const std::string& label,
                                  std::uint32_t neighbours) {
  const CellVectors vectors = read_cell_vectors(run);
  const CellLabels labels = read_cell_labels(truth.value_or(run), label);
  std::uint64_t without_label = 0;
  for (const Id id : vectors.without) without_label += labels.of_cell.count(id) == 0;
  std::vector<double> rows;
  std::vector<std::int32_t> codes;
  for (std::size_t i = 0; i < vectors.ids.size(); ++i) {
    const auto of_cell = labels.of_cell.find(vectors.ids[i]);
    if (of_cell == labels.of_cell.end()) {
      ++without_label;
      continue;
    }
    codes.push_back(of_cell->second);
    const auto row = vectors.rows.begin() + static_cast<std::ptrdiff_t>(i * vectors.dim);
    rows.insert(rows.end(), row, row + static_cast<std::ptrdiff_t>(vectors.dim));
  }
  EmbeddingScore score = score_embedding(rows, vectors.dim, codes, labels.names, neighbours);
  score.without_vector = vectors.without.size(), score.without_label = without_label;
  return score;
}

}  // namespace syconn
