// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"

namespace syconn {

/// How well vectors of cells tell their labels. Shares and indices as in prediction_metrics.h; NaN where undefined.
struct EmbeddingScore {
  std::uint64_t cells = 0;  ///< with a vector and a label
  std::uint64_t without_vector = 0, without_label = 0;
  std::vector<std::string> classes;    ///< labels that occur, by code
  std::vector<std::uint64_t> support;  ///< cells of each
  std::uint32_t neighbours = 5;
  double knn_accuracy = 0;       ///< leave-one-out, by so many neighbours
  double majority_baseline = 0;  ///< accuracy of always saying the most frequent class
  double silhouette = 0;
  double ari = 0, nmi = 0;    ///< of k-means with as many clusters as classes
  double seed_stability = 0;  ///< mean adjusted Rand index of k-means by different seeds, pair by pair
  std::vector<std::vector<std::uint64_t>> clusters;  ///< cells of each class (columns) in each cluster (rows)
};

/// `rows`: `dim` values a cell; `labels`: code of each. Throws Error{input} for no cell.
EmbeddingScore score_embedding(std::span<const double> rows, std::size_t dim, std::span<const std::int32_t> labels,
                               const std::map<std::int32_t, std::string>& names, std::uint32_t neighbours = 5);

/// One label a cell, from a column of datasets/ssv.h5; the code of `unknown` and 255 are left out.
struct CellLabels {
  std::map<Id, std::int32_t> of_cell;
  std::map<std::int32_t, std::string> names;
};
/// Throws Error{input}: no such column of one u8 a cell.
CellLabels read_cell_labels(const fs::path& run, const std::string& column);

/// The column cell_embedding of a run against labels: of `truth`, matched by id, or the run's own.
EmbeddingScore evaluate_embedding(const fs::path& run, const std::optional<fs::path>& truth, const std::string& label,
                                  std::uint32_t neighbours = 5);

}  // namespace syconn
