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

/// One vector a cell, by ascending id.
struct CellVectors {
  std::string name;  ///< where it is from
  std::vector<Id> ids;
  std::vector<Id> without;  ///< cells that have none
  std::size_t dim = 0;
  std::vector<double> rows;  ///< `dim` values a cell of `ids`
};
/// cell_embedding of a run folder, or a CSV file with the column `id` and one column a dimension (a row with an empty
/// field has no vector). All are held: 8 bytes a value. Throws Error{input}: no such column or file, an id twice.
CellVectors read_cell_vectors(const fs::path& run_or_csv);

/// The column cell_embedding of a run against labels: of `truth`, matched by id, or the run's own.
EmbeddingScore evaluate_embedding(const fs::path& run, const std::optional<fs::path>& truth, const std::string& label,
                                  std::uint32_t neighbours = 5);

/// How far embeddings of the same cells agree, as those of networks trained with different seeds: on what they all
/// have.
struct EmbeddingAgreement {
  struct Pair {
    std::size_t a = 0, b = 0;      ///< places in what was given, a < b
    double neighbour_overlap = 0;  ///< mean share of the nearest cells in common
    double ari = 0, nmi = 0;       ///< of k-means here and there
  };
  std::vector<std::string> names;       ///< of the embeddings
  std::vector<std::uint64_t> left_out;  ///< of each: cells with a vector that another lacks
  std::uint64_t cells = 0;              ///< with a vector in all
  std::uint32_t neighbours = 0, clusters = 0;
  double overlap_by_chance = 0;  ///< neighbours / (cells - 1)
  std::vector<Pair> pairs;
  double mean_overlap = 0, mean_ari = 0, mean_nmi = 0;  ///< over the pairs
};
/// O(cells² · dim) a pair. Throws Error{input}: fewer than two embeddings, or too few cells in common for so many
/// neighbours or clusters.
EmbeddingAgreement agreement_of_embeddings(const std::vector<CellVectors>& embeddings, std::uint32_t neighbours,
                                           std::uint32_t clusters);
/// The same of run folders and tables as read_cell_vectors() reads them. Without `clusters` there are as many as labels
/// of `truth`, or of the first run (Error{input}: it is a table).
EmbeddingAgreement compare_embeddings(const std::vector<fs::path>& embeddings, const std::optional<fs::path>& truth,
                                      const std::string& label, std::uint32_t neighbours,
                                      std::optional<std::uint32_t> clusters);

}  // namespace syconn
