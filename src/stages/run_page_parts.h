// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/chart.h"
#include "syconn/core/files.h"
#include "syconn/core/html.h"
#include "syconn/exec/run_plan.h"
#include "syconn/io/connectome.h"

/// Parts of the page of a run. Each gives the markup of one section; memory is bounded as said there.
namespace syconn::page {

/// What the parts are made from.
struct Source {
  const PipelineRun* run = nullptr;
  std::optional<Connectome> tables;  ///< absent: the stage tables has not written them
  double prob_min = 0;
  double volume_um3 = 0;  ///< of the run's box

  bool has(const std::string& table, const std::string& column) const {
    return tables && tables->has_table(table) && tables->has_column(table, column);
  }
  fs::path dataset(const std::string& type) const { return run->folder() / "datasets" / (type + ".h5"); }
};

/// An aggregate of a table; absent where a column that it needs is, or where it is unknown.
struct Asked {
  std::string sql;
  std::vector<std::string> columns = {};
};
/// All of them in one scan of the table.
std::vector<std::optional<double>> ask(const Source& source, const std::string& table, const std::vector<Asked>& asked);

/// Numbers and sentences; connectome.sqlite, or without it the counts of datasets/.
std::string found_html(const Source& source);
/// Histograms. Each holds at most 2^20 values, evenly drawn from more (which it says): 8 MB.
std::string distributions_html(const Source& source);
/// Types by types, without types the cells with most synapses; the strongest connections.
std::string matrix_html(const Source& source);
/// The three cells with most synapses as pictures. Memory: one of their meshes, 24 MB of pixels.
std::string cells_html(const Source& source);
/// The plane of all cells; empty where there is none. Memory: 24 bytes a cell.
std::string embedding_html(const Source& source);
/// From contact site to connection: what each filter left.
std::string filters_html(const Source& source);
/// What to type to look further.
std::string next_html(const Source& source);

/// "spiny_exc", "unknown" for a code without a name.
std::string type_name(const Source& source, std::int64_t code);
std::string compartment_name(std::int64_t code);
/// Objects in datasets/TYPE.h5; absent: no such file, or it does not open.
std::optional<std::uint64_t> n_objects(const Source& source, const std::string& type);

}  // namespace syconn::page
