// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>

#include "prediction_tables.h"
#include "syconn/algo/label_votes.h"
#include "syconn/core/compartments.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

const std::vector<std::string> kNames(kCompartmentNames.begin(), kCompartmentNames.end());
constexpr std::uint32_t kNone = UINT32_MAX;

std::uint32_t coarse_class(std::uint8_t code) {
  switch (coarse_compartment(code)) {
    case kShaft:
      return 0;
    case kAxon:
      return 1;
    case kSoma:
      return 2;
    default:
      return kNone;
  }
}
std::uint32_t fine_class(std::uint8_t code) { return code < kNames.size() ? code : kNone; }
std::uint32_t spine_class(std::uint8_t code) { return code <= kSpineNeck ? code : kNone; }

using ClassOf = std::uint32_t (*)(std::uint8_t);

void add(std::uint8_t truth, std::uint8_t said, ClassOf class_of, LabelScore& score) {
  if (class_of(truth) != kNone) score.add(class_of(truth), class_of(said));
}

/// Half of the length of all edges at each node, um.
std::vector<double> node_lengths(const std::vector<float>& nodes_nm, const std::vector<std::uint32_t>& edges, Id cell) {
  std::vector<double> um(nodes_nm.size() / 3, 0);
  for (std::size_t e = 0; e + 1 < edges.size(); e += 2) {
    const std::size_t a = edges[e], b = edges[e + 1];
    if (a >= um.size() || b >= um.size())
      throw Error(Category::input, "cell " + std::to_string(cell) + ": a skeleton edge to a node that does not exist");
    double square = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double step = static_cast<double>(nodes_nm[3 * a + k]) - static_cast<double>(nodes_nm[3 * b + k]);
      square += step * step;
    }
    um[a] += std::sqrt(square) / 2000, um[b] += std::sqrt(square) / 2000;
  }
  return um;
}

/// Accuracy of nodes by the true skeletons' lengths.
struct LengthScore {
  Ragged<std::uint8_t> said, truth;
  Ragged<float> nodes_nm;
  Ragged<std::uint32_t> edges;
  double right_um = 0, all_um = 0;

  void add_cell(Id id, Row run, Row other) {
    const std::vector<std::uint8_t> a = said(run), b = truth(other);
    const std::vector<double> um = node_lengths(nodes_nm(other), edges(other), id);
    for (std::size_t i = 0; i < std::min({a.size(), b.size(), um.size()}); ++i) {
      if (coarse_class(b[i]) == kNone) continue;
      all_um += um[i];
      if (coarse_class(a[i]) == coarse_class(b[i])) right_um += um[i];
    }
  }
};

/// A part of the cells' labels that both runs have.
struct Labels {
  Ragged<std::uint8_t> said, truth;
  const char* what;
  ClassOf class_of;
  LabelScore& score;

  void add_cell(Id id, Row run, Row other) const {
    const std::vector<std::uint8_t> a = said(run), b = truth(other);
    if (a.size() != b.size())
      throw Error(Category::input, "cell " + std::to_string(id) + ": the run has " + std::to_string(a.size()) + " " +
                                       what + ", the truth " + std::to_string(b.size()) +
                                       "; only runs on the same cells can be compared");
    for (std::size_t i = 0; i < a.size(); ++i) add(b[i], a[i], class_of, score);
  }
};

void compare_cells(const fs::path& run, const fs::path& truth, CompartmentScore& out) {
  const TablePair cells = TablePair::open(run, truth, "ssv");
  std::vector<Labels> parts;
  const auto compare = [&](const char* field, const char* true_field, const char* true_part, const char* what,
                           const std::vector<std::string>& names, ClassOf class_of, std::optional<LabelScore>& score) {
    if (!cells.run.has_part(field, "values") || !cells.truth.has_part(true_field, true_part)) return;
    score.emplace(names, true);
    parts.push_back({cells.run.ragged<std::uint8_t>(field, "values"),
                     cells.truth.ragged<std::uint8_t>(true_field, true_part), what, class_of, *score});
  };
  compare("node_comp", "skeleton", "compartment", "skeleton nodes", {"dendrite", "axon", "soma"}, coarse_class,
          out.nodes);
  compare("vertex_comp", "vertex_comp", "values", "vertices", kNames, fine_class, out.vertices);
  if (parts.empty()) return;
  std::optional<LengthScore> length;
  if (out.nodes && cells.truth.has_part("skeleton", "nodes_nm") && cells.truth.has_part("skeleton", "edges"))
    length.emplace(LengthScore{cells.run.ragged<std::uint8_t>("node_comp", "values"),
                               cells.truth.ragged<std::uint8_t>("skeleton", "compartment"),
                               cells.truth.ragged<float>("skeleton", "nodes_nm"),
                               cells.truth.ragged<std::uint32_t>("skeleton", "edges")});
  out.cells = for_each_match(cells, [&](Id id, Row row, Row other) {
    for (const Labels& part : parts) part.add_cell(id, row, other);
    if (length) length->add_cell(id, row, other);
  });
  if (length)
    out.nodes_by_length =
        length->all_um > 0 ? length->right_um / length->all_um : std::numeric_limits<double>::quiet_NaN();
}

void compare_synapses(const fs::path& run, const fs::path& truth, CompartmentScore& out) {
  for (const fs::path& folder : {run, truth})
    if (!fs::exists(folder / "datasets" / "syn_ssv.h5")) return;
  const TablePair synapses = TablePair::open(run, truth, "syn_ssv");
  for (const char* column : {"comp_a", "comp_b"})
    if (!synapses.run.has_column(column) || !synapses.truth.has_column(column)) return;
  out.sides.emplace(kNames, true);
  out.spines.emplace(std::vector<std::string>(kNames.begin(), kNames.begin() + 3), true);
  struct Side {
    Column<std::uint8_t> said, truth;
  };
  std::vector<Side> sides;
  for (const char* column : {"comp_a", "comp_b"})
    sides.push_back({synapses.run.column<std::uint8_t>(column), synapses.truth.column<std::uint8_t>(column)});
  out.synapses = for_each_match(synapses, [&](Id, Row row, Row other) {
    for (const Side& side : sides) {
      add(side.truth(other), side.said(row), fine_class, *out.sides);
      add(side.truth(other), side.said(row), spine_class, *out.spines);
    }
  });
}

}  // namespace

CompartmentScore evaluate_compartments(const fs::path& run, const fs::path& truth) {
  CompartmentScore out;
  compare_cells(run, truth, out);
  compare_synapses(run, truth, out);
  if (!out.nodes && !out.vertices && !out.sides)
    throw Error(Category::input,
                "nothing to compare: '" + run.string() + "' needs node_comp or vertex_comp in datasets/ssv.h5, or " +
                    "comp_a and comp_b in syn_ssv.h5 (stage pointcloud), and '" + truth.string() + "' their truth");
  return out;
}

}  // namespace syconn
