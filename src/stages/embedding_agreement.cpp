// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors of cells from a run or a table, and how far several embeddings of the same cells agree.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "syconn/algo/k_means.h"
#include "syconn/algo/prediction_metrics.h"
#include "syconn/core/error.h"
#include "syconn/io/segmentation_dataset.h"
#include "syconn/io/table_csv.h"
#include "syconn/stages/evaluate_embedding.h"

namespace syconn {
namespace {

using VectorOf = std::map<Id, std::vector<double>>;

VectorOf vectors_of_run(const fs::path& run) {
  const fs::path file = run / "datasets" / "ssv.h5";
  const auto cells = SegmentationDataset::open(file);
  if (!cells.has_column("cell_embedding"))
    throw Error(Category::input, file.string() + " has no cell_embedding; run stage embed first");
  const auto column = cells.column<float>("cell_embedding");
  VectorOf found;
  for (std::uint32_t shard = 0; shard < cells.n_shards(); ++shard) {
    const std::vector<Id> ids = cells.ids(shard);
    const std::vector<float> values = column.shard(shard);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::size_t dim = values.size() / ids.size();
      const auto row = values.begin() + static_cast<std::ptrdiff_t>(i * dim);
      found[ids[i]].assign(row, row + static_cast<std::ptrdiff_t>(dim));
    }
  }
  return found;
}

VectorOf vectors_of_table(const fs::path& file) {
  CsvReader csv(file, {"id"});
  const std::size_t id_column = csv.column("id"), n = csv.columns().size();
  if (n < 2) throw Error(Category::input, file.string() + " has no column beside 'id'; one a dimension is needed");
  VectorOf found;
  while (csv.next()) {
    const Id id = csv.id(id_column);
    std::vector<double> values;
    for (std::size_t c = 0; c < n; ++c)
      if (c != id_column) values.push_back(csv.number(c));
    if (std::any_of(values.begin(), values.end(), [](double v) { return std::isinf(v); }))
      csv.fail("a value of cell " + std::to_string(id) + " is not finite");
    if (!found.emplace(id, std::move(values)).second) csv.fail("cell " + std::to_string(id) + " is there twice");
  }
  return found;
}

std::vector<Id> cells_of_all(const std::vector<CellVectors>& embeddings) {
  std::vector<Id> common = embeddings.front().ids;
  for (const CellVectors& e : embeddings) {
    std::vector<Id> both;
    std::set_intersection(common.begin(), common.end(), e.ids.begin(), e.ids.end(), std::back_inserter(both));
    common = std::move(both);
  }
  return common;
}

/// The rows of `cells`, which are among those of `from`.
std::vector<double> rows_of(const CellVectors& from, const std::vector<Id>& cells) {
  std::vector<double> rows;
  std::size_t at = 0;
  for (const Id cell : cells) {
    while (from.ids[at] != cell) ++at;
    const auto row = from.rows.begin() + static_cast<std::ptrdiff_t>(at * from.dim);
    rows.insert(rows.end(), row, row + static_cast<std::ptrdiff_t>(from.dim));
  }
  return rows;
}

}  // namespace

CellVectors read_cell_vectors(const fs::path& run_or_csv) {
  if (!fs::exists(run_or_csv))
    throw Error(Category::input, "'" + run_or_csv.string() + "' is neither a run folder nor a CSV file");
  CellVectors vectors;
  vectors.name = run_or_csv.string();
  for (const auto& [id, values] :
       fs::is_directory(run_or_csv) ? vectors_of_run(run_or_csv) : vectors_of_table(run_or_csv)) {
    vectors.dim = values.size();
    if (std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) {
      vectors.without.push_back(id);
      continue;
    }
    vectors.ids.push_back(id);
    vectors.rows.insert(vectors.rows.end(), values.begin(), values.end());
  }
  return vectors;
}

EmbeddingAgreement agreement_of_embeddings(const std::vector<CellVectors>& embeddings, std::uint32_t neighbours,
                                           std::uint32_t clusters) {
  if (embeddings.size() < 2) throw Error(Category::input, "the agreement of embeddings needs two of them");
  const std::vector<Id> cells = cells_of_all(embeddings);
  if (cells.size() <= neighbours || cells.size() < clusters || neighbours == 0 || clusters == 0)
    throw Error(Category::input, "the embeddings have " + std::to_string(cells.size()) +
                                     " cells in common, too few for " + std::to_string(neighbours) +
                                     " neighbours and " + std::to_string(clusters) + " clusters");
  EmbeddingAgreement found;
  found.cells = cells.size(), found.neighbours = neighbours, found.clusters = clusters;
  found.overlap_by_chance = neighbours / static_cast<double>(cells.size() - 1);
  std::vector<std::vector<double>> rows;
  std::vector<KMeans> groups;
  for (const CellVectors& e : embeddings) {
    found.names.push_back(e.name);
    found.left_out.push_back(e.ids.size() - cells.size());
    rows.push_back(rows_of(e, cells));
    groups.push_back(k_means(rows.back(), e.dim, clusters));
  }
  for (std::size_t a = 0; a < embeddings.size(); ++a)
    for (std::size_t b = a + 1; b < embeddings.size(); ++b) {
      const double overlap = neighbour_overlap(rows[a], embeddings[a].dim, rows[b], embeddings[b].dim, neighbours);
      found.pairs.push_back({a, b, overlap, adjusted_rand_index(groups[a].label, groups[b].label),
                             normalised_mutual_information(groups[a].label, groups[b].label)});
    }
  const auto n = static_cast<double>(found.pairs.size());
  for (const EmbeddingAgreement::Pair& p : found.pairs)
    found.mean_overlap += p.neighbour_overlap / n, found.mean_ari += p.ari / n, found.mean_nmi += p.nmi / n;
  return found;
}

EmbeddingAgreement compare_embeddings(const std::vector<fs::path>& embeddings, const std::optional<fs::path>& truth,
                                      const std::string& label, std::uint32_t neighbours,
                                      std::optional<std::uint32_t> clusters) {
  std::vector<CellVectors> vectors;
  for (const fs::path& e : embeddings) vectors.push_back(read_cell_vectors(e));
  if (clusters) return agreement_of_embeddings(vectors, neighbours, *clusters);
  if (!truth && !fs::is_directory(embeddings.front()))
    throw Error(Category::input, "'" + embeddings.front().string() +
                                     "' is a table, without labels to count; give the number of clusters or a truth");
  std::set<std::int32_t> labels;
  for (const auto& [cell, code] : read_cell_labels(truth.value_or(embeddings.front()), label).of_cell)
    labels.insert(code);
  return agreement_of_embeddings(vectors, neighbours, static_cast<std::uint32_t>(labels.size()));
}

}  // namespace syconn
