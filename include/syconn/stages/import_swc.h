// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "syconn/algo/tree_cloud.h"
#include "syconn/core/files.h"

/// Reconstructed neurons (SWC files) as the cells of a run: docs/stages/import-swc.md.
namespace syconn {

struct SwcImport {
  fs::path folder;                       ///< read with all folders below it
  fs::path out;                          ///< run folder
  fs::path types;                        ///< CSV with a column cell (or id, name) and a column type; empty: none
  bool folder_types = false;             ///< the type is the name of the folder a file is in; not together with `types`
  double nm_per_unit = 1000;             ///< 1,000: the files are in um
  std::uint64_t min_cells_per_type = 0;  ///< cells of rarer types, and those without a type, are left out; 0: none are
  std::vector<std::string> exclude_types;  ///< left out; one that ends with * stands for all that begin so
  bool center = false;                     ///< subtract the mean of each cell's nodes
  bool compartments = true;                ///< SWC types mean compartments; false: all unknown
  TreeCloudParams surface = {};
  std::uint64_t max_nodes = 5'000'000;  ///< of a file
  int threads = 1;
};

struct SwcImported {
  std::uint64_t files = 0, cells = 0, nodes = 0, points = 0;
  std::uint64_t left_out = 0, without_type = 0;  ///< of the files; of the cells
  std::uint64_t unused_types = 0;                ///< rows of the CSV that name no file
  bool numbers_are_names = false;                ///< ids are the files' names; else running numbers
  bool was_there = false;                        ///< the folder held the very same import
  std::map<std::string, std::uint64_t> cells_of_type;
};

/// Writes out/datasets/ssv.h5, out/cells.csv (id, name, file, type, nodes, points) and out/config.yml. A thread holds
/// one cell and the rows of one shard (at most 256 MB, the rest is spilled). The same bytes for any number of threads.
/// Throws Error{input}: no file, a broken file ("file:line: …"), a type table that names a cell twice, more than 255
/// types, no cell left, a folder with other cells; Error{config}: options out of range.
SwcImported import_swc(const SwcImport& options);

}  // namespace syconn
