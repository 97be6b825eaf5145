// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <memory>

#include "syconn/algo/phantom/params.h"
#include "syconn/core/ids.h"

namespace syconn {

/// Compartment codes (decisions.md), as everywhere in the project.
enum PhantomCompartment : std::uint8_t {
  kShaft = 0,
  kSpineHead = 1,
  kSpineNeck = 2,
  kAxon = 3,
  kBoutonEnPassant = 4,
  kBoutonTerminal = 5,
  kSoma = 6,
  kUnknown = 255
};
inline constexpr std::uint32_t kNone = 0xffffffffU;  ///< no parent, no node, partner outside the model

/// Tree node; its primitive is the tapered tube from its parent to itself, or a ball where it has none.
/// Nodes of a cell are contiguous and parents come before children.
struct PhantomNode {
  Vec3f position_nm;             ///< before the wall's displacement; see phantom_real_position()
  float radius_nm = 0;           ///< here, without myelin
  float start_radius_nm = 0;     ///< at the parent's end of the tube
  float myelin_nm = 0;           ///< sheath outside radius_nm, 0 = none
  std::uint32_t parent = kNone;  ///< index in PhantomModel::nodes
  std::uint32_t cell_idx = 0, sv_idx = 0;
  PhantomCompartment compartment = kUnknown;
};
struct PhantomCell {
  Id id = 0;  ///< smallest supervoxel id of the cell
  PhantomType type{};
  bool has_soma = false;
  Vec3d soma_nm;  ///< valid if has_soma
  double soma_radius_nm = 0;
  std::uint32_t first_node = 0, n_nodes = 0;
  double axon_um = 0, dendrite_um = 0;
};
struct PhantomSupervoxel {
  Id id = 0;     ///< id before wrong merges
  Id label = 0;  ///< id in the sv volume and graph: differs from id only where wrongly merged
  std::uint32_t cell_idx = 0;
};
struct PhantomBouton {
  std::uint32_t cell_idx, node;
  bool terminal;
};
struct PhantomSpine {
  std::uint32_t cell_idx, first_node, neck_node, head_node;  ///< first_node: first of the neck
  float neck_width_nm, head_volume_um3;
};
/// A synaptic junction, or a decoy contact.
struct PhantomSynapse {
  Id id = 0;  ///< 1..N, voxel value of the sj volume
  std::uint32_t pre_cell = kNone,
                post_cell = kNone;  ///< index in cells; kNone: partner outside the model (sparse only)
  std::uint32_t pre_node = kNone, post_node = kNone;
  Vec3d position_nm, normal;  ///< centre on the wall (real position); normal from pre to post
  float radius_nm = 0;        ///< of the disc
  float area_um2 = 0;         ///< closed mesh area of the junction: 2 pi r^2 + 2 pi r t
  std::int8_t sign = 0;       ///< +1 asymmetric, -1 symmetric
  PhantomCompartment pre_compartment = kUnknown, post_compartment = kUnknown;
  bool decoy = false;         ///< dark contact without vesicles
  bool dropped = false;       ///< missing in the sj probability map at this noise level
  float head_volume_um3 = 0;  ///< of the spine head it sits on, NaN elsewhere
};
/// Tapered tube of an organelle; balls have a == b.
struct PhantomTube {
  Vec3f a_nm, b_nm;
  float ra_nm, rb_nm;
  std::uint32_t object_idx;
};
struct PhantomOrganelle {
  Id id = 0;  ///< 1..N per kind, voxel value of the mi or vc volume
  std::uint32_t cell_idx = 0, first_tube = 0, n_tubes = 0;
  std::uint32_t node = kNone;  ///< a node it lies at
  bool decoy = false;          ///< vesicles without a contact
};
struct PhantomMyelin {
  std::uint32_t cell_idx, first_node, last_node;
  float length_um;
};
/// Output synapses on the axons of one type: distances of their positions to the nearest mitochondrion of their cell.
struct PhantomMitoShift {
  PhantomType type;
  std::uint32_t n_synapses;
  float area_median_um2;                 ///< synapses of a larger area are the larger ones
  double smaller_nm = 0, larger_nm = 0;  ///< median distance of either half
  double shift_nm() const { return smaller_nm - larger_nm; }
};
struct PhantomWrongMerge {
  Id label, id_a, id_b;  ///< supervoxels a and b (of different cells) carry `label`
};

class PhantomIndex;  // grid over the tubes; internal

/// The whole truth of a phantom, in vectors. Memory is linear in nodes.
struct PhantomModel {
  PhantomParams params;
  std::vector<PhantomNode> nodes;
  std::vector<PhantomCell> cells;              ///< ascending id
  std::vector<PhantomSupervoxel> supervoxels;  ///< ascending id
  std::vector<std::pair<Id, Id>> sv_edges;     ///< supervoxel graph by label, a < b, sorted, no loops
  std::vector<PhantomWrongMerge> wrong_merges;
  std::vector<PhantomBouton> boutons;
  std::vector<PhantomSpine> spines;
  std::vector<PhantomSynapse> synapses;  ///< true ones and decoys, ascending id
  std::vector<PhantomOrganelle> mitos, clouds;
  std::vector<PhantomTube> mito_tubes, cloud_tubes;
  std::vector<PhantomMyelin> myelin;
  std::vector<PhantomMitoShift> mito_shift;  ///< by type; empty unless params.mito_shift_nm
  std::shared_ptr<const PhantomIndex> index;
};

/// Grows the phantom: a function of params alone. Throws Error{config} for bad params.
PhantomModel make_phantom_model(const PhantomParams& params);

/// What a point of the box belongs to.
struct PhantomPoint {
  std::uint32_t node = kNone, other_node = kNone;  ///< nearest tube; nearest tube of another cell
  double depth_nm = 1e9, other_depth_nm = 1e9;     ///< signed distance to those tubes' surfaces
  double third_depth_nm = 1e9;                     ///< to the nearest tube of a third cell
  bool inside = false;                             ///< in the cell of `node` (not extracellular, gap or myelin)
};
PhantomPoint phantom_locate(const PhantomModel& model, const Vec3d& position_nm);
/// Where a point of the vector model lies after the displacement of walls.
Vec3d phantom_real_position(const PhantomModel& model, const Vec3d& model_nm);

}  // namespace syconn
