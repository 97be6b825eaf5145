// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/stages/label_score.h"

/// What networks said of the cells of a run against the truth in another run's tables, as `syconn phantom --vector`
/// writes them. Cells and synapses are matched by id.
namespace syconn {

/// Objects of both tables, and those of only one.
struct MatchedObjects {
  std::uint64_t matched = 0, only_run = 0, only_truth = 0;
};

/// What the two runs do not both have is missing.
struct CompartmentScore {
  MatchedObjects cells, synapses;
  std::optional<LabelScore> nodes;  ///< dendrite, axon, soma: node_comp against the skeleton's compartment
  /// Accuracy of the nodes weighted by length: a node stands for half of each edge it has. NaN without length.
  std::optional<double> nodes_by_length;
  std::optional<LabelScore> vertices;  ///< all compartments: vertex_comp of both
  std::optional<LabelScore> sides;     ///< all compartments: comp_a and comp_b of synapses, both sides together
  std::optional<LabelScore> spines;    ///< shaft, spine head, spine neck: of the sides that truly are on a dendrite
};
/// Where the truth is unknown nothing counts; where the prediction is unknown it is wrong. Memory: one cell's labels.
/// Throws Error{input}: nothing to compare, a cell with another number of nodes or vertices than in the truth;
/// Error{usage}: both are one folder.
CompartmentScore evaluate_compartments(const fs::path& run, const fs::path& truth);

struct CelltypeScore {
  MatchedObjects cells;
  std::uint64_t unknown = 0;  ///< cells of the truth without a type there; they do not count
  LabelScore types{{}};
  double calibration_error = 0;          ///< of the certainties, 15 bins
  double area_under_risk_coverage = 0;   ///< of the curve below
  std::vector<RiskPoint> risk_coverage;  ///< a point a distinct certainty, from the highest on
  bool has_certainty = false;
};
/// Types are matched by name. A cell without a predicted type is wrong, with certainty 0. Throws as above.
CelltypeScore evaluate_celltype(const fs::path& run, const fs::path& truth);

}  // namespace syconn
