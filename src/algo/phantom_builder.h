// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "phantom_index.h"
#include "syconn/core/rng.h"

namespace syconn::phantom {

/// Axes of two tubes of radii r and s must stay |r - s| + this apart: then each keeps a core around its axis wide
/// enough for a 6-connected path of 10×10×25 nm voxels, whatever the warp and the cleft do.
inline constexpr double kMarginNm = 75;

/// A model in the making: nodes, and the grid that answers who is near. Cells' nodes are not contiguous yet.
struct Builder {
  explicit Builder(const PhantomParams& params);

  PhantomParams p;
  PhantomModel m;
  std::vector<Tube> tubes;
  TubeGrid grid;
  std::vector<Tube> reserves;  ///< room kept around synaptic contacts
  TubeGrid reserve_grid;

  const PhantomTypeParams& type_of(std::uint32_t cell) const {
    return p.types[static_cast<std::size_t>(m.cells[cell].type)];
  }
  std::uint32_t add_cell(PhantomType type);
  std::uint32_t add_node(std::uint32_t cell, std::uint32_t parent, const Vec3d& pos, double radius, double start_radius,
                         PhantomCompartment c);
  void set_radius(std::uint32_t node, double radius, double start_radius, double myelin = 0);
  void reserve(const Vec3d& centre, double radius);
  bool in_box(const Vec3d& q, double margin = 0) const;
  double outside_nm(const Vec3d& q) const;  ///< largest distance beyond a face, negative inside

  /// Room for a tube of radius r at q. `gap`: least distance to a foreign surface minus r (capped at `cap`);
  /// `max_radius`: the largest radius the margin allows. Same-cell tubes within `ignore_nm` of q are not seen.
  struct Room {
    bool feasible = true;
    double gap = 0, max_radius = 1e9;
  };
  Room room(const Vec3d& q, double r, std::uint32_t cell, double ignore_nm, double cap = 250) const;
  /// Least depth over all tubes near q (capped), i.e. how empty it is there.
  double emptiness(const Vec3d& q, double cap) const;
};

struct GrowSpec {
  std::uint32_t cell = 0, from = kNone;
  Vec3d direction{1, 0, 0};
  double length_nm = 0, step_nm = 200;
  double radius_nm = 100, end_radius_nm = 100;
  PhantomCompartment compartment = kAxon;
  double wobble = 0.25;
  Vec3d target;  ///< preferred direction, zero: none
  double target_weight = 0;
};
/// Grows a path from node `from`: persistent, noisy, towards free space, never nearer to others than the margin.
/// Outside the box it runs straight out and ends. Returns the nodes added, in order; fewer than asked where it got
/// stuck.
std::vector<std::uint32_t> grow_path(Builder& b, const GrowSpec& spec, Rng& rng);

// The steps of make_phantom_model, in order.
void place_whole_cells(Builder& b);
void place_passing_dendrites(Builder& b);
void place_passing_axons(Builder& b);
/// Boutons on the chain of axon nodes `path`; radii swell as room allows.
void place_boutons(Builder& b, std::uint32_t cell, const std::vector<std::uint32_t>& path, bool terminal, Rng& rng);
void myelinate(Builder& b, std::uint32_t cell, const std::vector<std::uint32_t>& path, Rng& rng);
void place_spines(Builder& b);
void fill_with_astrocytes(Builder& b);
void sort_nodes_by_cell(PhantomModel& m);
void cut_supervoxels(PhantomModel& m);  ///< ids, cuts, graph, wrong merges, cell ids and order
void place_mitochondria(PhantomModel& m);
void place_synapses(PhantomModel& m);  ///< needs m.index
/// Deals the junctions' sizes anew among the output synapses of each type, as mito_shift_nm asks.
/// Throws Error{config} for a shift that a type's mitochondria do not allow.
void shift_large_synapses(PhantomModel& m);
void place_clouds(PhantomModel& m);

/// No vesicles of either cell reach to this distance of the centre of a decoy contact: the radius of 1 um within which
/// the method counts vesicle clouds, from the rim of the decoy's disc. A dark contact nearer to a real cloud is no
/// decoy, for by the method's features it is a synapse.
inline constexpr double kVesicleFreeNm = 1200;

/// Volume and disc radius from a junction's closed mesh area and back; `kJunctionNm` is its thickness, both sides.
inline constexpr double kJunctionNm = 54;
double disc_radius_nm(double area_um2);
double disc_area_um2(double radius_nm);

}  // namespace syconn::phantom
