// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "syconn/algo/phantom/params.h"
#include "syconn/core/error.h"

namespace syconn {
namespace {

PhantomTypeParams spiny_exc() {
  PhantomTypeParams t;
  t.soma_radius_nm = 5200, t.n_dendrites = 6;
  t.dendrite_radius_nm = 850, t.dendrite_tip_radius_nm = 260, t.dendrite_length_um = 70, t.dendrite_branch_um = 28;
  t.spines_per_um = 1.1, t.neck_width_nm = 125, t.neck_length_nm = 550, t.head_width_nm = 660;
  t.axon_radius_nm = 105, t.axon_length_um = 900, t.axon_branch_um = 45;
  t.bouton_spacing_um = 2.95, t.bouton_radius_nm = 340, t.terminal_share = 0.4;
  t.sign = 1, t.spine_target = 0.82, t.soma_target = 0.0, t.synapse_area_um2 = 1.1;
  t.mito_dendrite = 0.5, t.mito_axon = 0.5, t.mito_radius = 0.40, t.vesicle_fill = 0.62;
  t.myelin_share = 0.04, t.myelin_nm = 90, t.wobble = 0.28;
  t.dense_dendrite_share = 0.72, t.dense_axon_share = 0.30, t.cell_share = 0.34;
  return t;
}

PhantomTypeParams aspiny_inh() {
  PhantomTypeParams t;
  t.soma_radius_nm = 4300, t.n_dendrites = 5;
  t.dendrite_radius_nm = 560, t.dendrite_tip_radius_nm = 200, t.dendrite_length_um = 55, t.dendrite_branch_um = 40;
  t.axon_radius_nm = 120, t.axon_length_um = 1300, t.axon_branch_um = 25;
  t.bouton_spacing_um = 2.75, t.bouton_radius_nm = 370, t.terminal_share = 0.55;
  t.sign = -1, t.spine_target = 0.08, t.soma_target = 0.3, t.synapse_area_um2 = 1.1;
  t.mito_dendrite = 0.55, t.mito_axon = 0.6, t.mito_radius = 0.43, t.vesicle_fill = 0.68;
  t.myelin_share = 0.0, t.myelin_nm = 0, t.wobble = 0.42;
  t.dense_dendrite_share = 0.18, t.dense_axon_share = 0.12, t.cell_share = 0.2;
  return t;
}

PhantomTypeParams gpe_inh() {
  PhantomTypeParams t;
  t.soma_radius_nm = 7000, t.n_dendrites = 4;
  t.dendrite_radius_nm = 1100, t.dendrite_tip_radius_nm = 350, t.dendrite_length_um = 95, t.dendrite_branch_um = 55;
  t.axon_radius_nm = 190, t.axon_length_um = 700, t.axon_branch_um = 40;
  t.bouton_spacing_um = 4.4, t.bouton_radius_nm = 560, t.terminal_share = 0.6;
  t.sign = -1, t.spine_target = 0.02, t.soma_target = 0.4, t.synapse_area_um2 = 1.15;
  t.mito_dendrite = 0.6, t.mito_axon = 0.9, t.mito_radius = 0.5, t.vesicle_fill = 0.72;
  t.myelin_share = 0.35, t.myelin_nm = 150, t.wobble = 0.22;
  t.dense_dendrite_share = 0.1, t.dense_axon_share = 0.05, t.cell_share = 0.18;
  return t;
}

PhantomTypeParams afferent_exc() {
  PhantomTypeParams t;
  t.axon_radius_nm = 95, t.axon_length_um = 1000, t.axon_branch_um = 70;
  t.bouton_spacing_um = 2.75, t.bouton_radius_nm = 330, t.terminal_share = 0.3;
  t.sign = 1, t.spine_target = 0.84, t.synapse_area_um2 = 1.05;
  t.mito_axon = 0.45, t.mito_radius = 0.40, t.vesicle_fill = 0.6;
  t.myelin_share = 0.01, t.myelin_nm = 80, t.wobble = 0.2;
  t.dense_axon_share = 0.42, t.cell_share = 0.12;
  return t;
}

PhantomTypeParams afferent_big() {
  PhantomTypeParams t;
  t.axon_radius_nm = 170, t.axon_length_um = 800, t.axon_branch_um = 60;
  t.bouton_spacing_um = 4.4, t.bouton_radius_nm = 450, t.terminal_share = 0.5;
  t.sign = 1, t.spine_target = 0.75, t.synapse_area_um2 = 1.0;
  t.mito_axon = 0.8, t.mito_radius = 0.48, t.vesicle_fill = 0.66;
  t.myelin_share = 0.15, t.myelin_nm = 130, t.wobble = 0.16;
  t.dense_axon_share = 0.11, t.cell_share = 0.1;
  return t;
}

PhantomTypeParams astrocyte() {
  PhantomTypeParams t;
  t.soma_radius_nm = 4000, t.n_dendrites = 9;
  t.dendrite_radius_nm = 800, t.dendrite_tip_radius_nm = 110, t.dendrite_length_um = 26, t.dendrite_branch_um = 4;
  t.mito_dendrite = 0.35, t.mito_radius = 0.40, t.wobble = 0.45, t.cell_share = 0.06;
  return t;
}

// Every morphology parameter of a type, moved by a factor of its own: direction and size differ, signs of synapses
// stay.
void shift(PhantomTypeParams& t, int k) {
  const double up = 1.18 + 0.02 * k, down = 0.84 - 0.01 * k;
  t.soma_radius_nm *= k % 2 ? up : down;
  t.n_dendrites += t.n_dendrites > 0 ? (k % 2 ? -1 : 1) : 0;
  t.dendrite_radius_nm *= k % 2 ? up : down, t.dendrite_tip_radius_nm *= k % 2 ? 1.1 : 0.88;
  t.dendrite_length_um *= k % 2 ? down : up, t.dendrite_branch_um *= k % 2 ? up : down;
  t.spines_per_um *= 0.75, t.neck_width_nm *= 1.12, t.neck_length_nm *= 1.3, t.head_width_nm *= 1.1;
  t.axon_radius_nm *= 1.15, t.axon_length_um *= 0.8, t.axon_branch_um *= 0.7;
  t.bouton_spacing_um *= k == 4 ? 0.85 : 1.15, t.bouton_radius_nm *= 1.12, t.terminal_share *= 1.3;
  t.spine_target *= 0.95, t.soma_target *= 0.8, t.synapse_area_um2 *= 1.2;
  t.mito_dendrite *= 0.85, t.mito_axon *= 1.1, t.mito_radius *= 1.06, t.vesicle_fill *= 0.92;
  t.myelin_share *= 0.7, t.myelin_nm *= 1.2, t.wobble *= 1.3;
}

void require(bool ok, const std::string& what) {
  if (!ok) throw Error(Category::config, "phantom: " + what);
}

}  // namespace

std::string phantom_type_name(PhantomType type) {
  static const std::array<const char*, kPhantomTypes> names{"spiny_exc",    "aspiny_inh",   "gpe_inh",
                                                            "afferent_exc", "afferent_big", "astrocyte"};
  return names.at(static_cast<std::size_t>(type));
}

PhantomParams phantom_params(PhantomPreset preset) {
  PhantomParams p;
  p.preset = preset;
  p.types = {spiny_exc(), aspiny_inh(), gpe_inh(), afferent_exc(), afferent_big(), astrocyte()};
  if (preset == PhantomPreset::shifted)
    for (int k = 0; k < kPhantomTypes; ++k) shift(p.types[static_cast<std::size_t>(k)], k);
  return p;
}

void check_phantom_params(const PhantomParams& p) {
  require(p.box_nm.min_element() >= 500, "box_nm must be at least 500 nm along every axis");
  require(p.box_nm.max_element() <= 2e6, "box_nm must be at most 2 mm along every axis");
  require(p.voxel_size_nm.min_element() >= 1 && p.voxel_size_nm.max_element() <= 200,
          "voxel_size_nm must be 1 to 200 nm");
  require(p.noise_level >= 0 && p.noise_level <= 3, "noise_level must be 0, 1, 2 or 3");
  require(p.types[0].axon_radius_nm > 0, "types are empty: start from phantom_params(preset)");
  require(p.dendrite_um_per_um3 >= 0 && p.axon_um_per_um3 >= 0 && p.astrocyte_um_per_um3 >= 0,
          "densities must not be negative");
  require(p.n_cells >= 0 && p.n_cells <= 100000, "n_cells must be 0 to 100000");
  require(p.reach_nm > 0 && p.reach_nm <= 400, "reach_nm must be above 0 and at most 400");
  require(p.gap_nm >= 0 && p.gap_nm <= 14, "gap_nm must be 0 to 14: a wider cleft would cut necks");
  require(p.corner_nm >= 0 && p.corner_nm <= 100, "corner_nm must be 0 to 100: more would cut necks");
  require(1.5 * 2 * (p.warp_nm / p.warp_length_nm + p.rough_nm / p.rough_length_nm) <= 0.7,
          "warp_nm / warp_length_nm + rough_nm / rough_length_nm is too steep: walls would tear");
  require(!p.mito_shift_nm || !p.dense, "mito_shift_nm is for whole cells without voxels");
  require(p.decoys_per_synapse >= 0 && p.decoys_per_synapse <= 5, "decoys_per_synapse must be 0 to 5");
}

Box3 phantom_box(const PhantomParams& p) {
  const Vec3d n = p.box_nm / p.voxel_size_nm;
  return Box3::of_size({static_cast<std::int64_t>(std::floor(n.x + 1e-6)),
                        static_cast<std::int64_t>(std::floor(n.y + 1e-6)),
                        static_cast<std::int64_t>(std::floor(n.z + 1e-6))});
}

PhantomNoise phantom_noise(int level) {
  static const std::array<PhantomNoise, 4> table{{{0, 0, 0, 0, 0, 0, 0, 0},
                                                  {15, 0.08, 0.2, 0, 0, 100, 20000, 0},
                                                  {30, 0.15, 0.5, 1, 0.05, 100, 10000, 0.002},
                                                  {50, 0.25, 1.0, 2, 0.10, 100, 5000, 0.01}}};
  require(level >= 0 && level <= 3, "noise_level must be 0, 1, 2 or 3");
  return table[static_cast<std::size_t>(level)];
}

}  // namespace syconn
