// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "syconn/core/box3.h"

namespace syconn {

/// Cell types of the phantom; the value is the code in tables.
enum class PhantomType : std::uint8_t {
  spiny_exc = 0,     ///< spiny projection neuron, excitatory, local axon with small en-passant boutons
  aspiny_inh = 1,    ///< interneuron, smooth thin dendrites, dense axon, inhibitory
  gpe_inh = 2,       ///< pallidum-like: thick smooth dendrites, myelinated axon, big inhibitory boutons
  afferent_exc = 3,  ///< axon only, excitatory, thin, many boutons
  afferent_big = 4,  ///< axon only, excitatory, thicker, sparse big boutons, partly myelinated
  astrocyte = 5,     ///< fills gaps, makes no synapses
};
inline constexpr int kPhantomTypes = 6;
std::string phantom_type_name(PhantomType type);

enum class PhantomPreset : std::uint8_t { standard, shifted };

/// Morphology of one cell type. Lengths are means, radii medians, before the drawn spread of each cell.
struct PhantomTypeParams {
  double soma_radius_nm = 0;          ///< 0: no soma (axon-only afferent)
  int n_dendrites = 0;                ///< stems leaving the soma
  double dendrite_radius_nm = 0;      ///< at the soma; daughters take 0.8 of it
  double dendrite_tip_radius_nm = 0;  ///< at the tips
  double dendrite_length_um = 0;      ///< path from soma to tip
  double dendrite_branch_um = 0;      ///< mean path between branchings
  double spines_per_um = 0;  ///< whole cells of sparse boxes; in dense tissue boutons in reach decide. 0: smooth
  double neck_width_nm = 0, neck_length_nm = 0, head_width_nm = 0;
  double axon_radius_nm = 0;  ///< between boutons
  double axon_length_um = 0;  ///< total of a whole cell
  double axon_branch_um = 0;  ///< mean path between branchings
  double bouton_spacing_um = 0;
  double bouton_radius_nm = 0;
  double terminal_share = 0;                 ///< of the axon's tips that end in a bouton
  int sign = 0;                              ///< +1 asymmetric, -1 symmetric, 0 makes no synapses
  double spine_target = 0, soma_target = 0;  ///< share of output synapses on spine heads, on somata; the rest on shafts
  double synapse_area_um2 = 0;               ///< median closed mesh area, log-normal
  double mito_dendrite = 0, mito_axon = 0;   ///< share of path that holds a mitochondrion; axon: share of boutons
  double mito_radius = 0;                    ///< over the neurite's radius
  double vesicle_fill = 0;                   ///< cloud radius over the bouton's radius
  double myelin_share = 0;                   ///< of axons that are myelinated
  double myelin_nm = 0;                      ///< sheath thickness
  double wobble = 0;                         ///< direction noise a step, radians
  double dense_dendrite_share = 0, dense_axon_share = 0;  ///< of the path laid into a dense box
  double cell_share = 0;                                  ///< of the whole cells of a sparse box
};

/// Everything that determines a phantom. Same struct, same bytes.
struct PhantomParams {
  std::uint64_t seed = 1;
  Vec3d box_nm{6000, 6000, 6000};  ///< the dataset, corner at 0
  Vec3d voxel_size_nm{10, 10, 25};
  int noise_level = 0;  ///< 0..3, see phantom_noise()
  PhantomPreset preset = PhantomPreset::standard;
  std::array<PhantomTypeParams, kPhantomTypes> types;  ///< filled by phantom_params(preset)
  bool dense = true;  ///< true: tissue that fills the box; false: n_cells whole cells (vector form)
  int n_cells = 40;   ///< sparse only: cells, by types[].cell_share
  int n_somata =
      -1;  ///< dense only: cells with their soma in the box; -1: soma_per_1000um3, at least 1 if edges >= 9 um
  double soma_per_1000um3 = 0.12;
  double dendrite_um_per_um3 = 0.58;  ///< dense only: path of dendrites that pass through
  double axon_um_per_um3 = 1.56;      ///< dense only: path of axons
  double astrocyte_um_per_um3 = 0.7;  ///< dense only: upper limit of astrocyte path
  double reach_nm = 113;              ///< a voxel farther than this from every tube's nominal surface is extracellular
  double gap_nm =
      3;  ///< mean width of the cleft between touching cells; varies over the wall from none to 4 times this
  double corner_nm = 54;  ///< extracellular where three cells meet: depth differences to the winner sum up below this
  double warp_nm = 40, warp_length_nm = 420;   ///< smooth displacement of walls and its scale
  double rough_nm = 9, rough_length_nm = 110;  ///< finer displacement
  double decoys_per_synapse = 0.3;  ///< half dark contacts without vesicles, half vesicle clouds without a contact
  double myelin_scale = 1;          ///< multiplies types[].myelin_share
  double mito_scale = 1;            ///< multiplies the mitochondria shares
  /// Sparse only: how much nearer to a mitochondrion of their axon the larger half of a type's output synapses lies
  /// than the smaller half (difference of the medians). 0: sizes are dealt by chance; unset: they stay as they grew,
  /// with the boutons.
  std::optional<double> mito_shift_nm;
};

/// Defaults of a preset: `shifted` changes every morphology parameter.
PhantomParams phantom_params(PhantomPreset preset = PhantomPreset::standard);
/// Throws Error{config} that names the first bad member.
void check_phantom_params(const PhantomParams& params);
/// Whole voxels in the box.
Box3 phantom_box(const PhantomParams& params);

/// One column of the table of noise levels (phantom.md).
struct PhantomNoise {
  double blur_sigma_nm, additive_sigma, blobs_per_um3;
  int erosion_vx;
  double drop_share;
  double split_neck_nm, split_plane_nm;  ///< 0: no cuts
  double merge_share;
};
/// Throws Error{config} unless 0 <= level <= 3.
PhantomNoise phantom_noise(int level);

}  // namespace syconn
