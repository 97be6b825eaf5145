// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/ids.h"
#include "syconn/stages/import_swc.h"

namespace syconn {

/// A file that becomes a cell.
struct SwcFile {
  fs::path path;
  std::string relative, name;  ///< below the folder; without ".swc" and ".CNG"
  Id id = kBackground;
  std::string type;  ///< empty: not known
  std::uint8_t code = 255;
};

/// What is imported, by ascending id.
struct SwcFiles {
  std::vector<SwcFile> files;
  std::vector<std::string> types;  ///< by code
};

/// Finds the files, gives ids and types, leaves out what the options say; counts all of it in `counts`.
SwcFiles list_swc_files(const SwcImport& options, SwcImported& counts);

}  // namespace syconn
