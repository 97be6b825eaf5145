// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"

/// Results of a run as files for other tools: one a cell, or tables of them.
namespace syconn {

struct FileExport {
  fs::path run, out;
  std::vector<Id> cells;   ///< empty: all
  double nm_per_unit = 1;  ///< of the lengths in SWC files: 1 or 1,000
};

/// Each writes complete files or none, and returns how many. Throws Error{input}: no such run or cell, cells without
/// what is asked for. Memory: the largest cell; of the graph and the tables a row.
std::size_t export_swc(const FileExport& o);  ///< out/<id>.swc; cells without a skeleton are left out
std::size_t export_ply(const FileExport& o);  ///< out/<id>.ply, binary, nm; cells without a mesh are left out
std::size_t export_obj(const FileExport& o);  ///< out/<id>.obj, nm
/// out is a file: the cells, and the connections between them, from RUN/connectome.sqlite.
std::size_t export_graphml(const FileExport& o);
/// out/{cells,synapses,edges}.csv from RUN/connectome.sqlite: the cells, and what both partners of are among them.
std::size_t export_csv(const FileExport& o);

}  // namespace syconn
