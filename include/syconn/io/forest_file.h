// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/forest_model.h"

namespace syconn {

/// A trained forest as it is shipped: models/<name>/<name>.h5.
struct ForestFile {
  Forest forest;
  std::vector<std::string> feature_names, class_names;
  std::string provenance_json = "{}";  ///< how it was trained; no time, host, user
  std::string synapse_mesh;  ///< `synapses.mesh` that the features were measured with; empty: the file does not say
};

/// Writes `path` (the caller renames it): attributes format "syconn.forest", version, n_features, n_classes,
/// feature_names, class_names (JSON), provenance, checksums, and synapse_mesh unless empty; datasets tree_offset u64,
/// feature i32, threshold f64, left, right u32 and fraction f32 [leaves, classes] of the leaves in node order; all zstd
/// after shuffle. Probabilities read back differ by less than 1e-7. Throws Error{runtime}.
void write_forest(const fs::path& path, const ForestFile& file);

/// Trusts nothing: throws Error{input} naming the file and tree and node, or what does not fit.
ForestFile read_forest(const fs::path& path);

}  // namespace syconn
