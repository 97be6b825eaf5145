// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/io/segmentation_dataset.h"

namespace syconn {

/// What point networks see of one cell: skeleton, surface, organelles and synapses; positions in nm from the dataset's
/// corner.
struct CellParts {
  Id id = kBackground;
  std::vector<Vec3f> nodes_nm;
  std::vector<std::array<std::uint32_t, 2>> edges;
  std::vector<float> node_radius_nm;      ///< from each node to the surface; empty: not known
  std::vector<std::uint8_t> node_myelin;  ///< 1: under a sheath; empty: no myelin map
  std::vector<Vec3f> surface_nm;          ///< vertices of the cell's mesh, as stored
  std::vector<Vec3f> mi_nm, vc_nm;        ///< vertices of its organelles
  std::vector<Vec3f> syn_nm;              ///< vertices of its synapses (those kept by synapses.prob_min)
  std::vector<std::int8_t> syn_sign;      ///< sign of the synapse, one a vertex of syn_nm
};

/// Reads cells out of a run's tables, one at a time: memory is that of the largest cell's vertices. Organelle and
/// synapse tables that a run does not have count as empty.
class CellReader {
 public:
  /// `run` holds datasets/ssv.h5; what the stages `without` gave to it and the other tables is left out. Throws
  /// Error{input}: no cells, or cells without meshes and skeletons.
  explicit CellReader(const fs::path& run, const std::vector<std::string>& without = {});

  const SegmentationDataset& cells() const { return cells_; }
  CellParts read(Id cell, Row row) const;
  /// Nodes, edges and myelin alone.
  CellParts read_skeleton(Id cell, Row row) const;
  /// Tables of mi, vc and syn_ssv that the run lacks.
  std::vector<std::string> missing() const;

 private:
  /// A table of objects that cells list by id.
  struct Objects {
    SegmentationDataset table;
    Ragged<Id> ids;  ///< of a cell
    Ragged<float> vertices;
  };
  std::optional<Objects> open(const fs::path& file, const std::string& ids,
                              const std::vector<std::string>& without) const;
  void append(const std::optional<Objects>& objects, Row cell, std::vector<Vec3f>& out,
              std::vector<std::int8_t>* sign) const;

  SegmentationDataset cells_;
  std::optional<Objects> mi_, vc_, syn_;
};

/// The reader of these tables for all jobs of this process: a cell's organelles and synapses lie in any of the shards,
/// and opening those for each cell took up to 40 % of the time. The one asked for last is kept; tables whose top
/// files changed are opened anew. Throws as CellReader does.
std::shared_ptr<const CellReader> shared_cell_reader(const fs::path& run, const std::vector<std::string>& without);

}  // namespace syconn
