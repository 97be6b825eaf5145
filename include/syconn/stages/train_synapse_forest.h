// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/core/vec3.h"

/// The forest that tells synapses from other contacts, from a phantom's truth or from an expert's coordinates.
namespace syconn {

/// What became of an expert's coordinates: which object (synapse between cells) each one names.
struct SynapseAnnotations {
  struct Coordinate {
    std::uint64_t line = 0;  ///< in the file
    Vec3i voxel;
  };
  /// An object that several coordinates name.
  struct Repeated {
    Id object = 0;
    std::vector<std::uint64_t> lines;  ///< ascending
    bool contradicting = false;        ///< both labels were given: the object is not used
  };
  struct Labelled {
    Id object = 0;
    bool synaptic = false;
  };
  std::string file;
  std::uint64_t n_coordinates = 0;
  std::uint64_t n_exact = 0;          ///< at an object's representative voxel
  std::uint64_t n_near = 0;           ///< close to a voxel of it
  std::vector<Labelled> objects;      ///< to learn from, ascending by id, each once
  std::vector<Coordinate> unmatched;  ///< in the order of the file
  std::vector<Repeated> repeated;     ///< ascending by object
};
/// Reads a table with columns x, y, z (voxels) or x_nm, y_nm, z_nm, from the dataset's corner, and label (synaptic or
/// 1, not or 0). A coordinate names the object whose `rep_vx` it is, else of the 20 objects whose representative voxels
/// are nearest (nm; tie: smaller id) the first with a voxel at an L1 distance below 20 voxels (SyConn2, training of its
/// synapse classifier). Throws Error{input} as "file:line: …". O(objects · coordinates), memory O(coordinates).
SynapseAnnotations match_annotations(const fs::path& run, const fs::path& annotations);

/// A run and what says which of its objects are synapses: one of the two paths is empty.
struct ForestSource {
  fs::path run;
  fs::path phantom;      ///< of the same place; a synapse is a hit between the right two cells
  fs::path annotations;  ///< CSV of match_annotations()
};

struct ForestTraining {
  std::uint64_t n_rows = 0, n_synapses = 0;
  std::vector<double> importance;
  std::vector<std::string> feature_names;
  std::string synapse_mesh;  ///< `synapses.mesh` of the runs; written into the file; empty where they do not tell
  double oob_accuracy = 0;
  double precision = 0, recall = 0, f1 = 0, auc = 0;  ///< 10-fold cross-validation, stratified, threshold 0.5
  std::vector<SynapseAnnotations> annotations;        ///< of the sources that have them, in order
};
/// Trains the synapse forest on the stored column `features` of the sources' objects (prob ignored). Writes `forest`.
/// Same input and seed, same bytes, in whatever order a table's rows are. Throws Error{input}: no source, fewer than 20
/// objects, one class only, runs of different `synapses.mesh`.
ForestTraining train_synapse_forest(const std::vector<ForestSource>& sources, std::uint32_t n_trees, std::uint64_t seed,
                                    int threads, const fs::path& forest);

}  // namespace syconn
