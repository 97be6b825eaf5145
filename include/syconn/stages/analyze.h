// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "syconn/core/chart.h"
#include "syconn/io/answer.h"

/// Analyses of a finished run: each gives tables and a figure, says what every filter removed and which results it is
/// of. Cells are read one at a time. Missing columns are Error{input} that names the stage which makes them.
namespace syconn {

/// One table of an analysis. Rows are made when they are written.
struct AnalysisTable {
  std::string name;  ///< of its files
  std::vector<QueryColumn> columns;
  AnswerAbout about;
  std::uint64_t n_rows = 0;
  std::function<std::vector<QueryValue>(std::uint64_t)> row;
};
void put_table(const AnalysisTable& table, AnswerSink& answer);

struct Analysis {
  std::vector<AnalysisTable> tables;  ///< the first is the answer, the others what it was made from
  Chart figure;
};
/// Writes <table>.csv and <table>.json for each table and <name>.svg, name being that of the first table, into
/// `folder`, which is made if absent. Returns the files.
std::vector<fs::path> write_analysis(const Analysis& analysis, const fs::path& folder);

/// How far synapses lie from the mitochondria of their axon, smaller and larger ones and random places of the axon.
struct MitoSynapseQuestion {
  std::vector<std::string> types = {};  ///< by name or code; empty: each with enough cells; "any": all cells together
  std::string where = {};               ///< conditions on the cells of connectome.sqlite
  double min_certainty = 0.75;
  double min_axon_um = 100, min_dendrite_um = 50, min_soma_um = 5;
  double min_prob = 0.8;
  std::string partner = "dendrite";  ///< compartment the partner must have there: a name, dendrite, spine or any
  std::uint32_t min_cells = 3;       ///< of a type
  std::uint32_t control_nodes = 1000;
  std::uint32_t bootstrap = 1000;
  std::uint64_t seed = 0;  ///< of control and bootstrap
  int threads = 1;         ///< of the bootstrap
};
/// Tables mito-synapse (a row a type and pair of groups), mito-synapse_types, mito-synapse_samples. Memory: the largest
/// cell's skeleton and surface, 64 MiB of mitochondria, about 100 bytes a sample.
Analysis analyze_mito_synapse(const fs::path& run, const MitoSynapseQuestion& question);

struct CellsQuestion {
  std::string where = {};  ///< conditions on the cells of connectome.sqlite
};
/// Path length by compartment. Tables path-length (a row a type and compartment), path-length_cells. Memory: the
/// largest skeleton, 100 bytes a cell.
Analysis analyze_path_length(const fs::path& run, const CellsQuestion& question);

struct MyelinQuestion : CellsQuestion {
  double max_node_um = 10;  ///< longer bare paths between two sheaths are no nodes of Ranvier
};
/// Tables myelin (a row a type), myelin_cells, myelin_nodes. Memory: the largest skeleton, 100 bytes a cell, 16 a
/// stretch and node of Ranvier.
Analysis analyze_myelin(const fs::path& run, const MyelinQuestion& question);

struct SynapsesQuestion {
  std::string where = {};  ///< conditions on the synapses
};
/// Synapses and their area from type to type. `run` may be a connectome.sqlite. Table types.
Analysis analyze_types(const fs::path& run, const SynapsesQuestion& question);

struct SizesQuestion : SynapsesQuestion {
  std::vector<std::string> by = {"pre_type", "post_type", "post_comp"};
  std::string column = "area_um2";
  std::uint64_t min_n = 20;  ///< smaller groups are neither fitted nor tested nor drawn
};
/// Sizes of synapses by group. Tables sizes, sizes_ks. Memory: about 24 bytes a synapse.
Analysis analyze_sizes(const fs::path& run, const SizesQuestion& question);

}  // namespace syconn
