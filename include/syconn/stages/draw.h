// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/files.h"
#include "syconn/core/ids.h"
#include "syconn/core/vec3.h"

namespace syconn {

struct DrawnCell {
  Id id = 0;
  std::string colour;  ///< its name
  std::uint64_t n_synapses = 0;
};
struct CellDrawing {
  std::vector<DrawnCell> cells;
  double scale_bar_nm = 0;
  std::uint64_t n_excitatory = 0, n_inhibitory = 0, n_unknown = 0;  ///< synapses drawn
};

/// Draws the meshes of `cells` (none given: the `n` with most synapses, without synapses the largest) from
/// run/datasets/ssv.h5 as a PNG, their kept synapses (prob >= prob_min or NaN; run/datasets/syn_ssv.h5, optional) as
/// balls: red excitatory, blue inhibitory, grey unknown. Memory: the meshes drawn and one shard's columns. Throws
/// Error{input}: no such run, cell or mesh.
CellDrawing draw_cells(const fs::path& run, std::vector<Id> cells, std::size_t n, double prob_min,
                       const fs::path& picture);

/// A synapse in one section: of those that show both cells (if none does, of all) the one with most of its voxels.
struct DrawnSynapse {
  Id id = 0, cell_a = 0, cell_b = 0;
  Vec3i centre_vx;                                              ///< of its voxels in the section, z the section
  std::uint64_t size_vx = 0;                                    ///< of the whole synapse
  std::uint64_t in_section_vx = 0;                              ///< of these in the section
  std::uint64_t cell_a_vx = 0, cell_b_vx = 0, junction_vx = 0;  ///< in the picture: of the cells, of the junction map
  float prob = 0, area_um2 = 0;
};
struct SynapseDrawing {
  std::vector<DrawnSynapse> synapses;  ///< from left to right
  double scale_bar_nm = 0, nm_per_pixel = 0;
};
/// Draws synapses over the raw sections as a PNG: above each the section as it is, below the same with the outlines of
/// its two cells, the outline of the junction map and the synapse's voxels. `synapses`: ids; none given: the `n`
/// largest of prob >= prob_min or NaN. `window_nm`: edge of what is shown. Volumes are those of RUN/config.yml. Throws
/// Error{input}: no such run, synapse or volume. Memory: what is shown and one shard's columns.
SynapseDrawing draw_synapses(const fs::path& run, std::vector<Id> synapses, std::size_t n, double prob_min,
                             double window_nm, const fs::path& picture);

/// Cells of one label; the last entry may be those without one ("no label").
struct DrawnClass {
  std::string name, colour;
  std::uint64_t cells = 0;
};
struct EmbeddingDrawing {
  std::vector<DrawnClass> classes;  ///< those that occur
  std::uint64_t cells = 0, without_place = 0;
};
/// Draws the column `umap` of RUN/datasets/ssv.h5 as discs coloured by the column `label` of `truth` or of the run
/// itself (absent there: all without a label). Throws Error{input}: no such run, or no umap.
EmbeddingDrawing draw_embedding(const fs::path& run, const std::optional<fs::path>& truth, const std::string& label,
                                const fs::path& picture);

}  // namespace syconn
